//! The pages of saved queries.

use super::{html, pairs, unanswered};
use crate::page::queries as list_page;
use crate::page::query::{self as query_page, Page};
use crate::page::{Section, document_in, message};
use crate::{Explorer, saved};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use honeycomb::Query;
use honeycomb::query::{ProblemCode, QueryProblem};
use serde_json::{Value as Json, json};
use std::time::{SystemTime, UNIX_EPOCH};
use trace_store::StoreError;

/// `GET /traces/queries`: the list.
pub(crate) async fn list(State(explorer): State<Explorer>, headers: HeaderMap) -> Response {
    let said = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = said("x-forwarded-proto")
        .filter(|scheme| *scheme == "https")
        .unwrap_or("http");
    let origin = format!("{scheme}://{}", said("host").unwrap_or("127.0.0.1:3000"));
    let body = || list_page::view(saved::queries(), &origin);
    html(
        StatusCode::OK,
        document_in(Section::Queries, &explorer.config, "Queries", body),
    )
}

/// `GET /traces/queries/{name}`: a saved query and its answer, now or in the time that the address says.
pub(crate) async fn query(
    State(explorer): State<Explorer>,
    Path(name): Path<String>,
    RawQuery(given): RawQuery,
) -> Response {
    let Some(saved) = saved::find(&name) else {
        let document = document_in(Section::Queries, &explorer.config, "Unknown query", || {
            message::unknown_query(&name)
        });
        return html(StatusCode::NOT_FOUND, document);
    };
    let asked = pairs(given.as_deref());
    let (query, mut problems) = match in_time(&saved.query, &asked) {
        Ok(query) => (query, Vec::new()),
        Err(problems) => (saved.query.clone(), problems),
    };
    let now = SystemTime::now();
    let (status, result) = match problems.is_empty() {
        false => (StatusCode::BAD_REQUEST, None),
        true => match explorer.store.run(&query, unix_nano(now)).await {
            Ok(result) => (StatusCode::OK, Some(result)),
            Err(StoreError::TooLarge(words)) => {
                problems.push(QueryProblem {
                    field: String::new(),
                    code: ProblemCode::Invalid,
                    description: words,
                });
                (StatusCode::UNPROCESSABLE_ENTITY, None)
            }
            Err(error) => return unanswered(&explorer, &error),
        },
    };
    let log = asked.iter().any(|(name, value)| name == "scale" && value == "log");
    let elsewhere = explorer.config.honeycomb.get().and_then(|place| place.query(&query));
    let page = Page {
        elsewhere,
        saved,
        query,
        result,
        problems,
        log,
        now,
    };
    html(
        status,
        document_in(Section::Queries, &explorer.config, &saved.name, || {
            query_page::view(&page)
        }),
    )
}

/// The query with the times that an address asks for, or else its own.
fn in_time(saved: &Query, asked: &[(String, String)]) -> Result<Query, Vec<QueryProblem>> {
    let times: Vec<_> = asked
        .iter()
        .filter(|(name, value)| ["time_range", "start_time", "end_time"].contains(&name.as_str()) && !value.is_empty())
        .collect();
    if times.is_empty() {
        return Ok(saved.clone());
    }
    let mut specification = serde_json::to_value(saved).unwrap_or_else(|_| json!({}));
    if let Some(fields) = specification.as_object_mut() {
        // A step that fits the saved range need not fit another.
        fields.retain(|name, _| !["time_range", "start_time", "end_time", "granularity"].contains(&name.as_str()));
        for (name, value) in times {
            let value = value
                .parse::<u64>()
                .map_or_else(|_| Json::from(value.as_str()), Json::from);
            fields.insert(name.clone(), value);
        }
    }
    Query::from_json(&specification).map_err(|error| error.problems)
}

/// A time as the store takes it.
pub(crate) fn unix_nano(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}
