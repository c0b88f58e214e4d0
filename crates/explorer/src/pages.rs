//! The explorer's pages: what is asked for, what is answered. How it looks is in [`crate::page`].

pub(crate) mod queries;
pub(crate) mod sql;
pub(crate) mod trace;

use crate::Explorer;
use crate::page::{self, list, message};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{Html, IntoResponse, Response};
use honeycomb::Event;
use std::time::SystemTime;
use trace_store::{FilterError, Latency, StoreError, TraceFilter, TracePage, TraceStore};

/// `GET /traces`: a page of traces, newest first, the filter, and how long those take that match it.
pub(crate) async fn traces(State(explorer): State<Explorer>, RawQuery(query): RawQuery) -> Response {
    let given = pairs(query.as_deref());
    let answer = match TraceFilter::parse(given.iter().map(|(name, value)| (name, value))) {
        Ok(filter) => found(&explorer.store, &filter)
            .await
            .map(|(page, latency)| (filter, page, latency)),
        Err(error) => Err(StoreError::Filter(error)),
    };
    let (status, filter, page, latency, problems) = match answer {
        Ok((filter, page, latency)) => (StatusCode::OK, filter, page, latency, Vec::new()),
        Err(StoreError::Filter(error)) => {
            let nothing = TracePage {
                traces: Vec::new(),
                next: None,
            };
            let (filter, latency) = (TraceFilter::default(), Latency::default());
            (StatusCode::BAD_REQUEST, filter, nothing, latency, error.problems)
        }
        Err(error) => return unanswered(&explorer, &error),
    };
    let list = list::List {
        given,
        filter,
        problems,
        page,
        latency,
        stats: explorer.store.stats(),
        now: SystemTime::now(),
    };
    html(status, page::document(&explorer.config, "Traces", || list::view(list)))
}

/// A page of what matches, and how long all of that takes. In the histogram a duration that is asked for is marked and not
/// asked for, so that one sees what lies beside it.
async fn found(store: &TraceStore, filter: &TraceFilter) -> Result<(TracePage, Latency), StoreError> {
    let page = store.traces(filter).await?;
    let any_duration = TraceFilter {
        min_ms: None,
        max_ms: None,
        ..filter.clone()
    };
    Ok((page, store.latency(&any_duration).await?))
}

/// The filter that a query string asks for.
pub(crate) fn filter(query: Option<&str>) -> Result<TraceFilter, FilterError> {
    TraceFilter::parse(pairs(query))
}

/// The rows of a trace. People paste ids in capitals, and with the zeros that Honeycomb leaves out.
pub(crate) async fn events(store: &TraceStore, trace_id: &str) -> Result<Vec<Event>, StoreError> {
    let events = store.trace(trace_id).await?;
    if !events.is_empty() {
        return Ok(events);
    }
    let lower = trace_id.trim().to_ascii_lowercase();
    let short = match lower.strip_prefix("0000000000000000") {
        Some(short) if lower.len() == 32 => short,
        _ => &lower,
    };
    if short == trace_id {
        return Ok(events);
    }
    store.trace(short).await
}

pub(crate) fn pairs(query: Option<&str>) -> Vec<(String, String)> {
    // Reading pairs of texts does not fail: what is not UTF-8 is replaced.
    serde_urlencoded::from_str(query.unwrap_or_default()).unwrap_or_default()
}

fn html(status: StatusCode, document: String) -> Response {
    (status, [(CACHE_CONTROL, "private, no-cache")], Html(document)).into_response()
}

fn unanswered(explorer: &Explorer, error: &StoreError) -> Response {
    if let StoreError::TooLarge(words) = error {
        let document = page::document(&explorer.config, "Too much", || message::too_large(words));
        return html(StatusCode::UNPROCESSABLE_ENTITY, document);
    }
    tracing::error!(
        error = error as &dyn std::error::Error,
        "the trace store did not answer"
    );
    let document = page::document(&explorer.config, "No answer", message::no_answer);
    html(StatusCode::INTERNAL_SERVER_ERROR, document)
}
