//! How long a response may be kept, and what a page may be combined with.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// The middleware. `hashed` says whether the names under `/pkg/` change with their content.
pub(crate) async fn set_headers(State(hashed): State<bool>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_built = path.starts_with("/pkg/");
    // wasm-bindgen names these after the crate that they belong to, not after their content.
    let is_snippet = path.starts_with("/pkg/snippets/");
    let mut response = next.run(request).await;
    let is_html = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let ok = response.status().is_success() || response.status().as_u16() == 304;
    let cache = if is_built && !is_snippet && hashed && ok && !is_html {
        "public, max-age=31536000, immutable"
    } else {
        // Not `no-store`, which would forbid the back-forward cache.
        "private, no-cache"
    };
    let headers = response.headers_mut();
    // Files lie there compressed, too, and which one is sent depends on the request. Only files have a date.
    if is_built || headers.contains_key(header::LAST_MODIFIED) {
        headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static(cache));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if is_html {
        // Cross-origin isolated: Chromium's clock is then 5 µs fine instead of 100 µs.
        for (name, value) in [
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("referrer-policy", "strict-origin-when-cross-origin"),
            ("x-frame-options", "DENY"),
        ] {
            headers
                .entry(HeaderName::from_static(name))
                .or_insert(HeaderValue::from_static(value));
        }
    }
    response
}
