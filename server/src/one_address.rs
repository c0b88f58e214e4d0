//! Each page has one address. `/signin/` would show the page all the same, but as one that was not found (the server's
//! routes know it without the slash only), and its trace would have no route.

use app::routes;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The middleware: sends those who ask for a page with a slash behind it to the page.
pub(crate) async fn without_slash(request: Request, next: Next) -> Response {
    match moved_to(&request).and_then(|location| HeaderValue::try_from(location).ok()) {
        Some(location) => (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, location)]).into_response(),
        None => next.run(request).await,
    }
}

/// The page's own address. Only for a page of the app: its pattern begins with one slash, so it is never another host's.
fn moved_to(request: &Request) -> Option<String> {
    let path = request.uri().path();
    let trimmed = path.strip_suffix('/').filter(|trimmed| !trimmed.is_empty())?;
    if !matches!(*request.method(), Method::GET | Method::HEAD) || routes::pattern_of(trimmed).is_none() {
        return None;
    }
    let query = request.uri().query().map(|query| format!("?{query}"));
    Some(format!("{trimmed}{}", query.unwrap_or_default()))
}
