//! The span lasts as long as the body.

use crate::support::{Traced, get, send};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::get as on_get;
use futures::StreamExt;
use http_body_util::BodyExt;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use std::convert::Infallible;
use std::io;
use tower::ServiceExt;

fn text(text: &str) -> Option<Value> {
    Some(Value::StringValue(text.to_owned()))
}

#[tokio::test]
async fn spans_made_while_the_body_streams_lie_in_the_requests() {
    let traced = Traced::start();
    let child = traced.child("chunk");
    let app = Router::new()
        .route(
            "/",
            on_get(async move || {
                let chunks = futures::stream::iter(["a", "b"]).then(move |chunk| {
                    let child = child.clone();
                    async move {
                        child.around(tokio::task::yield_now()).await;
                        Ok::<_, Infallible>(chunk)
                    }
                });
                Body::from_stream(chunks)
            }),
        )
        .layer(traced.layer());
    let response = app.oneshot(get("/")).await.unwrap();
    assert!(response.headers().contains_key("server-timing"));
    assert!(traced.spans().is_empty(), "the head alone ends nothing");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "ab");

    let server = traced.span("GET /");
    let chunks = traced
        .spans()
        .into_iter()
        .filter(|span| span.name == "chunk" && span.lies_in(&server));
    assert_eq!(chunks.count(), 2);
    assert_eq!(server.get("error.type"), None);
}

#[tokio::test]
async fn a_body_that_is_dropped_half_way_was_given_up() {
    let traced = Traced::start();
    let app = Router::new()
        .route(
            "/",
            on_get(async || {
                let first = futures::stream::iter([Ok::<_, Infallible>("a")]);
                Body::from_stream(first.chain(futures::stream::pending()))
            }),
        )
        .layer(traced.layer());
    let mut body = app.oneshot(get("/")).await.unwrap().into_body();
    body.frame().await.unwrap().unwrap();
    assert!(traced.spans().is_empty());
    drop(body);
    let span = traced.span("GET /");
    assert_eq!(span.get("error.type"), text("cancelled"));
    assert_eq!(span.get("http.response.status_code"), Some(Value::IntValue(200)));
    assert!(!span.is_error());
}

#[tokio::test]
async fn a_body_that_fails_is_an_error() {
    let traced = Traced::start();
    let app = Router::new()
        .route(
            "/",
            on_get(async || Body::from_stream(futures::stream::iter([Ok("a"), Err(io::Error::other("lost"))]))),
        )
        .layer(traced.layer());
    let body = app.oneshot(get("/")).await.unwrap().into_body();
    assert!(body.collect().await.is_err());
    let span = traced.span("GET /");
    assert_eq!(span.get("error.type"), text("response_body_error"));
    assert!(span.is_error());
}

#[tokio::test]
async fn a_body_that_nobody_polls_to_its_end_is_complete_all_the_same() {
    let traced = Traced::start();
    let sized = async || {
        let chunks = futures::stream::iter([Ok::<_, Infallible>("abc")]).chain(futures::stream::pending());
        ([("content-length", "3")], Body::from_stream(chunks))
    };
    let app = Router::new()
        .route("/whole", on_get(async || "abc"))
        .route("/sized", on_get(sized))
        .route("/none", on_get(async || StatusCode::NO_CONTENT))
        .route(
            "/unchanged",
            on_get(async || (StatusCode::NOT_MODIFIED, Body::from("ignored"))),
        )
        .layer(traced.layer());
    for path in ["/whole", "/sized"] {
        let mut body = app.clone().oneshot(get(path)).await.unwrap().into_body();
        body.frame().await.unwrap().unwrap();
    }
    for path in ["/none", "/unchanged"] {
        drop(app.clone().oneshot(get(path)).await.unwrap());
    }
    let head = Request::head("/whole").body(Body::empty()).unwrap();
    drop(app.oneshot(head).await.unwrap());
    for name in ["GET /whole", "GET /sized", "GET /none", "GET /unchanged", "HEAD /whole"] {
        assert_eq!(traced.span(name).get("error.type"), None, "{name}");
    }
}

#[tokio::test]
async fn over_a_real_connection_a_read_response_is_complete() {
    let traced = Traced::start();
    let chunked = async || Body::from_stream(futures::stream::iter([Ok::<_, Infallible>("a"), Ok("b")]));
    let app = Router::new()
        .route("/whole", on_get(async || "abc"))
        .route("/chunked", on_get(chunked))
        .layer(traced.layer());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = axum::serve(listener, app).with_graceful_shutdown(async {
        let _ = stopped.await;
    });
    let server = tokio::spawn(server.into_future());
    for path in ["/whole", "/chunked"] {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        connection.read_to_string(&mut response).await.unwrap();
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    }
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    for name in ["GET /whole", "GET /chunked"] {
        assert_eq!(traced.span(name).get("error.type"), None, "{name}");
    }
}

#[tokio::test]
async fn an_empty_body_ends_the_span_with_the_head() {
    let traced = Traced::start();
    let app = Router::new()
        .route("/", on_get(async || Body::empty()))
        .layer(traced.layer());
    let response = send(&app, get("/")).await;
    assert!(response.body().is_empty());
    assert_eq!(traced.span("GET /").get("error.type"), None);
}
