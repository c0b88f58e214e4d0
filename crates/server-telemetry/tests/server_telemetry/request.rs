//! The SERVER span: name, attributes, parent, status, and the context in the handler.

use crate::support::{Traced, get, send};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use axum::routing::{get as on_get, post};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use server_telemetry::{RequestSpanLayer, record_route};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::Barrier;
use tower::{Layer, ServiceExt};
use trace_wire::TraceParent;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn text(text: &str) -> Option<Value> {
    Some(Value::StringValue(text.to_owned()))
}

#[tokio::test]
async fn a_request_is_described_by_the_stable_conventions() {
    let traced = Traced::start();
    let app = Router::new()
        .route("/api/activities/{id}", on_get(async || "hello"))
        .layer(traced.layer());
    let mut request = get("/api/activities/7?before=1&Token=abc");
    let headers = request.headers_mut();
    headers.insert("host", "localhost:3000".parse().unwrap());
    headers.insert("user-agent", "Firefox/1".parse().unwrap());
    let peer: SocketAddr = "[::1]:5555".parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    assert_eq!(send(&app, request).await.status(), StatusCode::OK);

    let span = traced.span("GET /api/activities/{id}");
    assert_eq!(span.kind, 2, "server");
    assert_eq!(span.scope, "server-telemetry");
    assert_eq!(span.service().as_deref(), Some("backend"));
    assert_eq!(span.get("http.request.method"), text("GET"));
    assert_eq!(span.get("http.route"), text("/api/activities/{id}"));
    assert_eq!(span.get("url.path"), text("/api/activities/7"));
    assert_eq!(span.get("url.query"), text("before=1&Token=REDACTED"));
    assert_eq!(span.get("url.scheme"), text("http"));
    assert_eq!(span.get("server.address"), text("localhost"));
    assert_eq!(span.get("server.port"), Some(Value::IntValue(3000)));
    assert_eq!(span.get("client.address"), text("::1"));
    assert_eq!(span.get("network.protocol.version"), text("1.1"));
    assert_eq!(span.get("user_agent.original"), text("Firefox/1"));
    assert_eq!(span.get("http.response.status_code"), Some(Value::IntValue(200)));
    assert_eq!(span.get("error.type"), None);
    assert!(span.parent_span_id.is_empty());
}

#[tokio::test]
async fn it_joins_the_callers_trace() {
    let traced = Traced::start();
    let app = Router::new().route("/", on_get(async || "")).layer(traced.layer());
    let request = Request::get("/")
        .header("traceparent", PARENT)
        .header("tracestate", "vendor=1")
        .body(Body::empty())
        .unwrap();
    send(&app, request).await;
    let span = traced.span("GET /");
    let parent = TraceParent::parse(PARENT).unwrap();
    assert_eq!(span.trace_id, parent.trace_id);
    assert_eq!(span.parent_span_id, parent.span_id);
    assert_eq!(span.trace_state, "vendor=1");
    assert_eq!(span.get("url.query"), None, "an empty query is none");
}

#[tokio::test]
async fn a_caller_cannot_switch_the_trace_off() {
    let traced = Traced::start();
    let child = traced.child("child");
    let app = Router::new()
        .route("/", on_get(async move || child.make()))
        .layer(traced.layer());
    let unsampled = PARENT.replace("-01", "-00");
    let request = Request::get("/")
        .header("traceparent", unsampled)
        .body(Body::empty())
        .unwrap();
    let response = send(&app, request).await;
    assert!(traced.span("child").lies_in(&traced.span("GET /")));
    let timing = response.headers()["server-timing"].to_str().unwrap();
    assert!(timing.contains("-01\""), "the server records: {timing}");
}

#[tokio::test]
async fn what_is_not_found_or_not_allowed_is_the_clients_error() {
    let traced = Traced::start();
    let app = Router::new().route("/here", post(async || "")).layer(traced.layer());
    assert_eq!(send(&app, get("/nowhere/42")).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(send(&app, get("/here")).await.status(), StatusCode::METHOD_NOT_ALLOWED);
    for (name, status) in [("GET", 404), ("GET /here", 405)] {
        let span = traced.span(name);
        assert_eq!(span.get("http.response.status_code"), Some(Value::IntValue(status)));
        assert_eq!(span.get("error.type"), None);
        assert!(!span.is_error());
    }
}

#[tokio::test]
async fn an_answer_of_5xx_is_the_servers_error() {
    let traced = Traced::start();
    let app = Router::new()
        .route("/", on_get(async || (StatusCode::BAD_GATEWAY, "sorry")))
        .layer(traced.layer());
    send(&app, get("/")).await;
    let span = traced.span("GET /");
    assert!(span.is_error());
    assert_eq!(span.get("error.type"), text("502"));
}

#[tokio::test]
async fn an_unknown_method_makes_no_new_name() {
    let traced = Traced::start();
    let app = Router::new().route("/pot", on_get(async || "")).layer(traced.layer());
    let request = Request::builder()
        .method("BREW")
        .uri("/pot")
        .body(Body::empty())
        .unwrap();
    send(&app, request).await;
    let span = traced.span("HTTP /pot");
    assert_eq!(span.get("http.request.method"), text("_OTHER"));
    assert_eq!(span.get("http.request.method_original"), text("BREW"));
}

#[tokio::test]
async fn the_context_lasts_over_awaits_and_requests_do_not_mix() {
    let traced = Traced::start();
    let (before, after) = (traced.child("before"), traced.child("after"));
    let barrier = Arc::new(Barrier::new(2));
    let handler = async move || {
        before.around(tokio::task::yield_now()).await;
        barrier.wait().await;
        tokio::task::yield_now().await;
        after.make();
        barrier.wait().await;
    };
    let app = Router::new()
        .route("/a", on_get(handler.clone()))
        .route("/b", on_get(handler))
        .layer(traced.layer());
    tokio::join!(send(&app, get("/a")), send(&app, get("/b")));

    let spans = traced.spans();
    for name in ["GET /a", "GET /b"] {
        let server = traced.span(name);
        let mut children: Vec<_> = spans.iter().filter(|span| span.lies_in(&server)).collect();
        children.sort_by_key(|span| span.start_time_unix_nano);
        let names: Vec<_> = children.iter().map(|span| &*span.name).collect();
        assert_eq!(names, ["before", "after"]);
        assert_eq!(children[0].scope, "home.activities");
    }
    assert_ne!(traced.span("GET /a").trace_id, traced.span("GET /b").trace_id);
}

#[tokio::test]
async fn server_timing_tells_the_span_its_duration_and_the_callers_span() {
    let traced = Traced::start();
    let app = Router::new()
        .route("/", on_get(async || ([("server-timing", "db;dur=1")], "")))
        .layer(traced.layer());
    let request = Request::get("/")
        .header("traceparent", PARENT)
        .body(Body::empty())
        .unwrap();
    let response = send(&app, request).await;
    let values: Vec<_> = response.headers().get_all("server-timing").iter().collect();
    assert_eq!(values.len(), 2, "the app's own stays");
    assert_eq!(values[0], "db;dur=1");

    let entries: Vec<_> = values[1].to_str().unwrap().split(", ").collect();
    let server = entries[0]
        .strip_prefix("traceparent;desc=\"")
        .unwrap()
        .trim_end_matches('"');
    let server = TraceParent::parse(server).unwrap();
    let span = traced.span("GET /");
    assert_eq!(span.trace_id, server.trace_id);
    assert_eq!(span.span_id, server.span_id);
    assert!(entries[1].starts_with("server;dur="), "what it says: `timing`");
    assert_eq!(entries[2], "client;desc=\"b7ad6b7169203331\"");

    let alone = send(&app, get("/")).await;
    let timing = alone.headers().get_all("server-timing").iter().next_back().unwrap();
    assert!(!timing.to_str().unwrap().contains("client"), "{timing:?}");
}

#[tokio::test]
async fn a_request_that_is_given_up_ends_its_span() {
    let traced = Traced::start();
    let child = traced.child("child");
    let app = Router::new()
        .route(
            "/",
            on_get(async move || child.around(std::future::pending::<()>()).await),
        )
        .layer(traced.layer());
    let mut response = Box::pin(app.oneshot(get("/")));
    assert!(futures::poll!(&mut response).is_pending());
    assert!(traced.spans().is_empty(), "it is open");
    drop(response);

    let span = traced.span("GET /");
    assert_eq!(span.get("error.type"), text("cancelled"));
    assert_eq!(span.get("span.aborted"), Some(Value::BoolValue(true)));
    assert_eq!(span.get("http.response.status_code"), None);
    assert!(!span.is_error(), "the status stays unset");
    assert!(traced.span("child").lies_in(&span));
}

#[tokio::test]
async fn a_handler_that_panics_is_the_servers_error() {
    let traced = Traced::start();
    let app = Router::new()
        .route(
            "/",
            on_get(async || {
                tokio::task::yield_now().await;
                assert!(std::hint::black_box(false), "on purpose");
            }),
        )
        .layer(traced.layer());
    let gone = tokio::spawn(async move { app.oneshot(get("/")).await.map(|_| ()) }).await;
    assert!(gone.unwrap_err().is_panic());
    let span = traced.span("GET /");
    assert!(span.is_error());
    assert_eq!(span.get("error.type"), text("panic"));
}

#[tokio::test]
async fn around_a_whole_router_the_route_is_told_from_inside() {
    let traced = Traced::start();
    let child = traced.child("child");
    let app = Router::new()
        .route("/users/{id}", on_get(async move || child.make()))
        .layer(axum::middleware::from_fn(record_route));
    let app = Router::new().fallback_service(traced.layer().layer(app));
    send(&app, get("/users/7")).await;
    send(&app, get("/elsewhere")).await;
    let span = traced.span("GET /users/{id}");
    assert_eq!(span.get("http.route"), text("/users/{id}"));
    assert!(traced.span("child").lies_in(&span));
    assert_eq!(traced.span("GET").get("http.route"), None);
}

#[tokio::test]
async fn a_nested_router_keeps_the_path_that_was_asked_for() {
    let traced = Traced::start();
    let inner = Router::new().route("/list", on_get(async || "")).layer(traced.layer());
    let app = Router::new().nest("/api", inner);
    send(&app, get("/api/list")).await;
    assert_eq!(traced.span("GET /api/list").get("url.path"), text("/api/list"));
}

#[tokio::test]
async fn without_a_provider_nothing_is_told() {
    let nothing = opentelemetry::trace::noop::NoopTracerProvider::new();
    let app = Router::new()
        .route("/", on_get(async || "hello"))
        .layer(RequestSpanLayer::with_provider(&nothing));
    let request = Request::get("/")
        .header("traceparent", PARENT)
        .body(Body::empty())
        .unwrap();
    let response = send(&app, request).await;
    assert_eq!(response.body(), b"hello");
    assert_eq!(response.headers().get("server-timing"), None);
}
