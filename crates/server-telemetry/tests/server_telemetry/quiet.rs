//! Quiet paths make nothing: no span, none below, no header.

use crate::support::{Traced, get, send};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get as on_get;
use futures::StreamExt;
use server_telemetry::{QuietPaths, set_user};
use std::convert::Infallible;

fn app(traced: &Traced, quiet: Option<QuietPaths>) -> Router {
    let child = traced.child("child");
    let handler = async move || {
        set_user("7", "andrew");
        child.around(tokio::task::yield_now()).await;
        let chunks = futures::stream::iter([child]).map(|child| {
            child.make();
            Ok::<_, Infallible>("chunk")
        });
        Body::from_stream(chunks)
    };
    let layer = match quiet {
        Some(quiet) => traced.layer().quiet(quiet),
        None => traced.layer(),
    };
    Router::new()
        .route("/traces/{id}", on_get(handler.clone()))
        .route("/tracesx", on_get(handler))
        .layer(layer)
}

#[tokio::test]
async fn a_quiet_path_makes_nothing_at_all() {
    let traced = Traced::start();
    let request = Request::get("/traces/abc")
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        .body(Body::empty())
        .unwrap();
    let response = send(&app(&traced, None), request).await;
    assert_eq!(response.body(), b"chunk");
    assert_eq!(response.headers().get("server-timing"), None);
    assert!(traced.spans().is_empty());
}

#[tokio::test]
async fn a_path_that_only_begins_alike_is_not_quiet() {
    let traced = Traced::start();
    send(&app(&traced, None), get("/tracesx")).await;
    let server = traced.span("GET /tracesx");
    assert_eq!(traced.spans().iter().filter(|span| span.lies_in(&server)).count(), 2);
}

#[tokio::test]
async fn one_setting_makes_them_speak() {
    let traced = Traced::start();
    send(&app(&traced, Some(QuietPaths::none())), get("/traces/abc")).await;
    assert_eq!(traced.span("GET /traces/{id}").text("user.id").as_deref(), Some("7"));
}
