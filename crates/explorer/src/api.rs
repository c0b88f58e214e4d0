//! The JSON API: the same answers as the pages give, for scripts.

pub(crate) mod query;
pub(crate) mod spans;

use crate::{Explorer, pages};
use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use trace_store::{FilterError, Problem, StoreError, SuggestionField};

/// So many values are suggested at once.
const SUGGESTIONS: usize = 20;

/// `GET /api/traces`: `{"traces": […], "next": cursor or null}`.
pub(crate) async fn traces(State(explorer): State<Explorer>, RawQuery(query): RawQuery) -> Response {
    let filter = match pages::filter(query.as_deref()) {
        Ok(filter) => filter,
        Err(error) => return bad_request(error),
    };
    match explorer.store.traces(&filter).await {
        Ok(page) => fresh(Json(page)),
        Err(error) => failed(error),
    }
}

/// `GET /api/traces/latency`: `{"buckets": […]}`, how long the traces take that match.
pub(crate) async fn latency(State(explorer): State<Explorer>, RawQuery(query): RawQuery) -> Response {
    let filter = match pages::filter(query.as_deref()) {
        Ok(filter) => filter,
        Err(error) => return bad_request(error),
    };
    match explorer.store.latency(&filter).await {
        Ok(latency) => fresh(Json(latency)),
        Err(error) => failed(error),
    }
}

/// `GET /api/traces/suggestions?field=&prefix=`: `{"suggestions": [{"value", "traces"}]}`, at most [`SUGGESTIONS`].
pub(crate) async fn suggestions(State(explorer): State<Explorer>, RawQuery(query): RawQuery) -> Response {
    let given = pages::pairs(query.as_deref());
    let value = |name: &str| {
        given
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    };
    let Some(field) = value("field").and_then(SuggestionField::parse) else {
        let words = "Say what is to be suggested: field=service, field=route or field=user.";
        return problems(StatusCode::BAD_REQUEST, vec![problem("field", words)]);
    };
    let prefix = value("prefix").unwrap_or_default();
    match explorer.store.suggestions(field, prefix.trim(), SUGGESTIONS).await {
        Ok(suggestions) => fresh(Json(serde_json::json!({ "suggestions": suggestions }))),
        Err(error) => failed(error),
    }
}

/// `GET /api/traces/{trace_id}`: an array of `{"time", "samplerate", "data"}`, as Honeycomb's batch endpoint takes it.
pub(crate) async fn trace(State(explorer): State<Explorer>, Path(trace_id): Path<String>) -> Response {
    match pages::events(&explorer.store, &trace_id).await {
        Ok(events) if events.is_empty() => unknown_trace(),
        Ok(events) => fresh(Json(events)),
        Err(error) => failed(error),
    }
}

fn unknown_trace() -> Response {
    let message = "No trace with this id is known. Its spans arrive up to a second after they ended; \
                   the oldest ones are dropped when newer ones need their place.";
    problems(StatusCode::NOT_FOUND, vec![problem("trace_id", message)])
}

fn fresh(body: impl IntoResponse) -> Response {
    ([(CACHE_CONTROL, "private, no-cache")], body).into_response()
}

fn bad_request(error: FilterError) -> Response {
    problems(StatusCode::BAD_REQUEST, error.problems)
}

fn failed(error: StoreError) -> Response {
    match error {
        StoreError::Filter(error) => bad_request(error),
        StoreError::TooLarge(words) => problems(StatusCode::UNPROCESSABLE_ENTITY, vec![problem("store", &words)]),
        error => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the trace store did not answer"
            );
            let message = "The trace store could not answer. The server's log says why.";
            problems(StatusCode::INTERNAL_SERVER_ERROR, vec![problem("store", message)])
        }
    }
}

fn problem(field: &str, message: &str) -> Problem {
    Problem {
        field: field.to_owned(),
        message: message.to_owned(),
    }
}

fn problems(status: StatusCode, errors: Vec<Problem>) -> Response {
    #[derive(Serialize)]
    struct Body {
        errors: Vec<Problem>,
    }
    (status, fresh(Json(Body { errors }))).into_response()
}
