//! The JSON API's addresses that are only read.
//!
//! Those with parameters in their path are in the original's style. A server function's address is literal, so each of
//! these is the same function under another address.

use crate::context::AppState;
use crate::forms;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};

/// A server function at its own address.
pub(crate) async fn function(State(state): State<AppState>, request: Request) -> Response {
    forms::call(&state, request).await
}

/// `GET /api/activities/@{handle}`: a person and their cruds.
pub(crate) async fn by_user(
    State(state): State<AppState>,
    Path(handle): Path<String>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    answer_as(&state, request, "/api/activities/user", &[("handle", &handle)], query).await
}

/// `GET /api/activities/@{handle}/status/{id}`: one crud.
pub(crate) async fn show(
    State(state): State<AppState>,
    Path((handle, id)): Path<(String, String)>,
    request: Request,
) -> Response {
    answer_as(
        &state,
        request,
        "/api/activities/show",
        &[("handle", &handle), ("id", &id)],
        None,
    )
    .await
}

async fn answer_as(
    state: &AppState,
    mut request: Request,
    path: &str,
    parameters: &[(&str, &str)],
    query: Option<String>,
) -> Response {
    let parameters = serde_urlencoded::to_string(parameters).unwrap_or_default();
    let query = query.map(|query| format!("&{query}")).unwrap_or_default();
    match Uri::try_from(format!("{path}?{parameters}{query}")) {
        Ok(uri) => {
            *request.uri_mut() = uri;
            forms::call(state, request).await
        }
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}
