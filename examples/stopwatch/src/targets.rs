//! Addresses that are worth timing: each answers slowly, or otherwise, in a way of its own.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use futures::{StreamExt, stream};
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Milliseconds between two pieces of a stream.
const GAP_MS: u64 = 40;

/// All of them, below `/try`.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/try/slow/{ms}", get(slow))
        .route("/try/uneven", get(uneven))
        .route("/try/stream/{pieces}", get(streamed))
        .route("/try/unchanged", get(unchanged))
        .route("/try/moved", get(async || Redirect::temporary("/try/slow/20")))
}

/// Answers after so many milliseconds, a minute at most.
async fn slow(Path(ms): Path<u64>) -> String {
    tokio::time::sleep(Duration::from_millis(ms.min(60_000))).await;
    format!("This took {ms} ms.\n")
}

/// Answers after 300 ms and after 60 ms in turn.
async fn uneven() -> String {
    static LATE: AtomicBool = AtomicBool::new(false);
    let ms = if LATE.fetch_xor(true, Ordering::Relaxed) {
        60
    } else {
        300
    };
    slow(Path(ms)).await
}

/// Answers at once, and then so many pieces, one by one.
async fn streamed(Path(pieces): Path<u16>) -> Body {
    let pieces = stream::iter(0..pieces).then(async |piece| {
        if piece > 0 {
            tokio::time::sleep(Duration::from_millis(GAP_MS)).await;
        }
        Ok::<_, Infallible>(Bytes::from(format!("piece {piece}\n")))
    });
    Body::from_stream(pieces)
}

/// Is kept by the browser, asked for again each time, and never changed: 304.
async fn unchanged(headers: HeaderMap) -> Response {
    const TAG: &str = "\"the-only-one\"";
    let rules = [(header::ETAG, TAG), (header::CACHE_CONTROL, "private, no-cache")];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|tag| tag == TAG) {
        return (StatusCode::NOT_MODIFIED, rules).into_response();
    }
    (rules, "This never changes.\n".repeat(200)).into_response()
}
