//! `POST /api/traces/query`: Honeycomb's query specification in, the shape of its query results out.

use super::{failed, fresh};
use crate::{Explorer, pages};
use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use honeycomb::Query;
use honeycomb::query::{QueryError, QueryProblem};
use serde::Serialize;
use std::time::SystemTime;
use trace_store::StoreError;

/// An error as Honeycomb's API describes it: RFC 9457, and beside it `error` for older clients.
#[derive(Serialize)]
struct Failure {
    status: u16,
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    error: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    type_detail: Vec<QueryProblem>,
}

/// Answers a query at once: `{"query": {…}, "complete": true, "data": {…}}`.
pub(crate) async fn run(State(explorer): State<Explorer>, headers: HeaderMap, body: String) -> Response {
    // A page of another origin cannot send this type unasked, so it cannot keep the store busy through a browser.
    let json = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !json.is_some_and(|kind| {
        kind.split(';')
            .next()
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
    }) {
        let error = "Send the query as content-type: application/json.".to_owned();
        return failure(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The content type is not supported.",
            error,
            Vec::new(),
        );
    }
    let query = match Query::parse(&body) {
        Ok(query) => query,
        Err(error) => return refused(error),
    };
    match explorer
        .store
        .run(&query, pages::queries::unix_nano(SystemTime::now()))
        .await
    {
        Ok(result) => fresh(Json(result.json(&query))),
        Err(StoreError::TooLarge(words)) => failure(StatusCode::UNPROCESSABLE_ENTITY, REFUSED, words, Vec::new()),
        Err(error) => failed(error),
    }
}

const REFUSED: &str = "The query cannot be answered.";

fn refused(error: QueryError) -> Response {
    let words = error.to_string();
    failure(StatusCode::UNPROCESSABLE_ENTITY, REFUSED, words, error.problems)
}

fn failure(status: StatusCode, title: &'static str, error: String, type_detail: Vec<QueryProblem>) -> Response {
    let body = Failure {
        status: status.as_u16(),
        kind: "about:blank",
        title,
        error,
        type_detail,
    };
    (
        status,
        fresh(([(CONTENT_TYPE, "application/problem+json")], Json(body))),
    )
        .into_response()
}
