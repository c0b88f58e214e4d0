//! The explorer's stylesheet: part of the program, under a name that changes with its content.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

const CSS: &str = concat!(
    include_str!("../../../style/explorer.css"),
    include_str!("../../../style/explorer-list.css"),
    include_str!("../../../style/explorer-queries.css"),
    include_str!("../../../style/explorer-trace.css"),
);

static HREF: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = DefaultHasher::new();
    CSS.hash(&mut hasher);
    format!("/traces/style.css?v={:016x}", hasher.finish())
});

/// Where pages find the stylesheet; another text has another address.
pub(crate) fn href() -> &'static str {
    &HREF
}

pub(crate) async fn serve() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, CSS)
}
