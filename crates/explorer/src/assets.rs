//! The pages' JavaScript modules: part of the program, under an address that changes with their content.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

const MODULES: &[(&str, &str)] = &[
    ("query.js", include_str!("../assets/query.js")),
    ("list.js", include_str!("../assets/list.js")),
    ("list-fresh.js", include_str!("../assets/list-fresh.js")),
    ("list-keys.js", include_str!("../assets/list-keys.js")),
    ("list-latency.js", include_str!("../assets/list-latency.js")),
    ("list-live.js", include_str!("../assets/list-live.js")),
    ("list-suggestions.js", include_str!("../assets/list-suggestions.js")),
];

/// One for all, since they import each other by relative names.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = DefaultHasher::new();
    MODULES.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
});

/// Where pages find a module; another text has another address.
pub(crate) fn href(name: &str) -> String {
    format!("/traces/assets/{}/{name}", *VERSION)
}

/// `GET /traces/assets/{version}/{name}`.
pub(crate) async fn serve(Path((version, name)): Path<(String, String)>) -> Response {
    let Some((_, text)) = MODULES.iter().find(|(known, _)| *known == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // A page from before a deployment gets what there is now.
    let keep = match version == *VERSION {
        true => "public, max-age=31536000, immutable",
        false => "private, no-cache",
    };
    let headers = [(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, keep)];
    (headers, *text).into_response()
}
