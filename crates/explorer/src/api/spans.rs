//! Parts of one trace, for the page's program and for scripts.

use super::{failed, fresh, problem, problems, unknown_trace};
use crate::Explorer;
use crate::page::colour;
use crate::pages::{self, trace::work};
use crate::waterfall::{Skeleton, Waterfall, saying};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use honeycomb::{Event, column};
use serde::{Deserialize, Serialize};

/// `GET /api/traces/{trace_id}/skeleton`: [`Skeleton`], and the colours of its services.
pub(crate) async fn skeleton(State(explorer): State<Explorer>, Path(trace_id): Path<String>) -> Response {
    #[derive(Serialize)]
    struct Body<'a> {
        #[serde(flatten)]
        skeleton: Skeleton<'a>,
        /// For each service the class and the style that set its colour.
        colours: Vec<(&'static str, Option<String>)>,
    }
    let events = match rows(&explorer, &trace_id).await {
        Ok(events) => events,
        Err(answer) => return answer,
    };
    let text = work(move || {
        let waterfall = Waterfall::new(events);
        let skeleton = Skeleton::of(&waterfall);
        let colours = skeleton.services.iter().map(|service| colour(service, false)).collect();
        serde_json::to_string(&Body { skeleton, colours })
    })
    .await;
    match text {
        Ok(text) => fresh(([(CONTENT_TYPE, "application/json")], text)),
        // Numbers and texts can be written; this cannot be reached.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// What is searched for.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    q: String,
}

/// `GET /api/traces/{trace_id}/search?q=`: `{"spans": [id, …]}`, those that say so in any name or value of a column.
pub(crate) async fn search(
    State(explorer): State<Explorer>,
    Path(trace_id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Response {
    #[derive(Serialize)]
    struct Body {
        spans: Vec<String>,
    }
    let wanted = wanted.q.trim().to_owned();
    if wanted.is_empty() {
        let message = "Give what to look for, as ?q=…: a part of a name or of a value.";
        return problems(StatusCode::BAD_REQUEST, vec![problem("q", message)]);
    }
    let events = match rows(&explorer, &trace_id).await {
        Ok(events) => events,
        Err(answer) => return answer,
    };
    let found = move || saying(&events, &wanted).into_iter().map(str::to_owned).collect();
    fresh(Json(Body {
        spans: work(found).await,
    }))
}

/// `GET /api/traces/{trace_id}/spans/{span_id}`: the rows of a span, its events and its links, in the shape of the whole
/// trace's.
pub(crate) async fn span(
    State(explorer): State<Explorer>,
    Path((trace_id, span_id)): Path<(String, String)>,
) -> Response {
    let events = match rows(&explorer, &trace_id).await {
        Ok(events) => events,
        Err(answer) => return answer,
    };
    let of_it = |event: &Event| {
        event.str(if event.is_span() {
            column::SPAN_ID
        } else {
            column::PARENT_ID
        }) == Some(&span_id)
    };
    let rows: Vec<Event> = events.into_iter().filter(of_it).collect();
    if !rows.iter().any(Event::is_span) {
        let message = "No span with this id is in the trace (yet).";
        return problems(StatusCode::NOT_FOUND, vec![problem("span_id", message)]);
    }
    fresh(Json(rows))
}

/// The rows of a trace that has some, or the answer that says why there are none.
async fn rows(explorer: &Explorer, trace_id: &str) -> Result<Vec<Event>, Response> {
    match pages::events(&explorer.store, trace_id).await {
        Ok(events) if events.is_empty() => Err(unknown_trace()),
        Ok(events) => Ok(events),
        Err(error) => Err(failed(error)),
    }
}
