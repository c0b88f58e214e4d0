//! The explorer's JavaScript: plain modules, part of the program. They import each other by relative addresses, so all
//! lie in one folder whose name changes with their content.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

macro_rules! modules {
    ($($name:literal),* $(,)?) => { [$(($name, include_str!(concat!("../assets/", $name)))),*] };
}

const MODULES: &[(&str, &str)] = &modules![
    "asking.js",
    "copy.js",
    "format.js",
    "help.js",
    "list.js",
    "list-fresh.js",
    "list-keys.js",
    "list-latency.js",
    "list-live.js",
    "list-suggestions.js",
    "query.js",
    "trace-keys.js",
    "trace-minimap.js",
    "trace-panel.js",
    "trace-rows.js",
    "trace-search.js",
    "trace-skeleton.js",
    "trace.js",
];

/// What `trace.js` imports, directly or not.
pub(crate) fn of_trace() -> impl Iterator<Item = &'static str> {
    let shared = |name: &&str| name.starts_with("trace-") || ["copy.js", "format.js", "help.js"].contains(name);
    MODULES.iter().map(|(name, _)| *name).filter(shared)
}

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = DefaultHasher::new();
    MODULES.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
});

/// Where pages find a module.
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
