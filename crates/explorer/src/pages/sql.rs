//! `GET /traces/sql`: a statement and what it answers.

use super::{html, pairs, unanswered};
use crate::Explorer;
use crate::elsewhere::is_from_elsewhere;
use crate::page::sql::{Page, view};
use crate::page::{Section, document_in};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use trace_store::StoreError;

/// The form, and below it the answer to the statement that the address holds.
pub(crate) async fn sql(State(explorer): State<Explorer>, headers: HeaderMap, RawQuery(given): RawQuery) -> Response {
    let statement = pairs(given.as_deref())
        .into_iter()
        .find(|(name, _)| name == "statement");
    let statement = statement.map(|(_, text)| text).unwrap_or_default();
    // A page of somebody else may lead here, but not have the store work: the person presses Run.
    let (status, answer, problem) = if statement.trim().is_empty() || is_from_elsewhere(&headers) {
        (StatusCode::OK, None, None)
    } else {
        match explorer.store.sql(&statement).await {
            Ok(table) => (StatusCode::OK, Some(table), None),
            Err(StoreError::Statement(words)) => (StatusCode::BAD_REQUEST, None, Some(words)),
            Err(StoreError::TooLarge(words)) => (StatusCode::UNPROCESSABLE_ENTITY, None, Some(words)),
            Err(error) => return unanswered(&explorer, &error),
        }
    };
    let page = Page {
        statement,
        answer,
        problem,
    };
    html(
        status,
        document_in(Section::Sql, &explorer.config, "SQL", || view(&page)),
    )
}
