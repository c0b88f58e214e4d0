//! The page of one trace, and the fields of one of its spans.

use super::{events, html, pairs, unanswered};
use crate::page::{self, fields, message, trace};
use crate::waterfall::{Detail, Waterfall, saying};
use crate::{Explorer, href};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use leptos::prelude::{Owner, RenderHtml};
use std::time::SystemTime;

/// `GET /traces/{trace_id}`: the waterfall. `?span=` chooses a span, and with it the page of spans; `?q=` finds some;
/// `?page=` is for those without JavaScript.
pub(crate) async fn page(
    State(explorer): State<Explorer>,
    Path(trace_id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let rows = match events(&explorer.store, &trace_id).await {
        Ok(rows) => rows,
        Err(error) => return unanswered(&explorer, &error),
    };
    work(move || answer(&explorer, trace_id, rows, query.as_deref())).await
}

fn answer(explorer: &Explorer, trace_id: String, rows: Vec<honeycomb::Event>, query: Option<&str>) -> Response {
    let given = pairs(query);
    let asked = |wanted: &str| {
        let found = given.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    };
    let selected = asked("span").map(|id| (id.to_owned(), Detail::find(&rows, id)));
    let search = asked("q").map(|text| trace::Search {
        text: text.to_owned(),
        found: saying(&rows, text).into_iter().map(str::to_owned).collect(),
    });
    let waterfall = Waterfall::new(rows);
    if waterfall.rows.is_empty() {
        let body = || message::unknown_trace(&trace_id, !waterfall.loose.is_empty());
        let document = page::document(&explorer.config, "Unknown trace", body);
        return html(StatusCode::NOT_FOUND, document);
    }
    let pages = waterfall.rows.len().div_ceil(trace::ROWS_PER_PAGE);
    let number = match asked("page").map(str::parse) {
        None => {
            let place = |id: &str| waterfall.rows.iter().position(|row| row.id() == id);
            let index = selected.as_ref().and_then(|(id, _)| place(id)).unwrap_or_default();
            index / trace::ROWS_PER_PAGE + 1
        }
        Some(Ok(number)) if (1..=pages).contains(&number) => number,
        Some(_) => {
            let words = format!("The spans of this trace fill pages 1 to {pages}.");
            let body = || message::no_such_page(&words, href::trace(&trace_id));
            let document = page::document(&explorer.config, "No such page", body);
            return html(StatusCode::BAD_REQUEST, document);
        }
    };
    let title = waterfall.rows[0].name().to_owned();
    let shown = trace::Trace {
        trace_id,
        waterfall,
        number,
        selected,
        search,
        honeycomb: explorer.config.honeycomb.get().cloned(),
        now: SystemTime::now(),
    };
    html(
        StatusCode::OK,
        page::document(&explorer.config, &title, || trace::view(&shown)),
    )
}

/// `GET /traces/{trace_id}/spans/{span_id}`: the fields of a span as a piece of its trace's page.
pub(crate) async fn span(
    State(explorer): State<Explorer>,
    Path((trace_id, span_id)): Path<(String, String)>,
) -> Response {
    let rows = match events(&explorer.store, &trace_id).await {
        Ok(rows) => rows,
        Err(error) => return unanswered(&explorer, &error),
    };
    let honeycomb = explorer.config.honeycomb.get().cloned();
    work(move || {
        let found = Detail::find(&rows, &span_id);
        let status = if found.is_some() {
            StatusCode::OK
        } else {
            StatusCode::NOT_FOUND
        };
        let selected = (span_id, found);
        let piece = Owner::new().with(|| fields::view(&trace_id, &selected, honeycomb.as_ref()).to_html());
        html(status, piece)
    })
    .await
}

/// Does what takes long for big traces where it keeps no request of the app waiting.
pub(crate) async fn work<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(job).await {
        Ok(done) => done,
        // It panicked, and so does this request; or the server is stopping.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
