//! Requests that a page of another site makes a browser send: each has the store work for somebody who may not even see
//! the answer.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Whether a page of another site is behind a request. Whoever is no browser does not say.
pub(crate) fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site")
}

/// The middleware: another site may lead here, and embed or fetch nothing.
pub(crate) async fn only_links(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let is_link = headers.get("sec-fetch-dest").is_some_and(|dest| dest == "document");
    if is_from_elsewhere(headers) && !is_link {
        return (
            StatusCode::FORBIDDEN,
            "Other sites may link to traces, and not embed or fetch them.",
        )
            .into_response();
    }
    next.run(request).await
}
