//! The server's own spans and a page's, in the durable log, one after the other.

use crate::relay::{batch, page, span};
use crate::support::{get, send};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get as on_get;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use server_telemetry::{Config, Relay, RelayConfig, RequestSpanLayer, Telemetry};
use span_log::SpanLog;
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn what_was_answered_for_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let open = || SpanLog::open(span_log::Config::new(folder.path().join("spans.db"))).unwrap();
    let log = open();
    let telemetry = Telemetry::start(Config {
        service_name: "backend".into(),
        service_version: None,
        sink: Arc::new(log.clone()),
        pages: None,
    })
    .unwrap();
    let relay = Relay::new(RelayConfig::new(Arc::new(log.clone()), "frontend"));
    let app = Router::new()
        .route("/", on_get(async || "hello"))
        .merge(relay.router())
        .layer(RequestSpanLayer::with_provider(telemetry.provider().unwrap()));

    let body = batch(vec![span("click")]).encode_to_vec();
    let response = send(&app, page("application/x-protobuf", body)).await;
    assert_eq!(response.status(), StatusCode::OK);
    send(&app, get("/")).await;
    telemetry.shutdown(Duration::from_secs(60)).unwrap();
    log.close();

    let stored = open().reader(0).page(usize::MAX).unwrap().batches;
    let spans: Vec<_> = stored
        .iter()
        .flat_map(|stored| ExportTraceServiceRequest::decode(&*stored.body).unwrap().resource_spans)
        .flat_map(|resource| resource.scope_spans)
        .flat_map(|scope| scope.spans)
        .map(|span| span.name)
        .collect();
    // The relay itself made no span.
    assert_eq!(spans, ["click", "GET /"]);
    assert!(stored.iter().all(|stored| stored.spans == 1));
}

#[tokio::test]
async fn a_log_that_is_closed_is_503() {
    let folder = tempfile::tempdir().unwrap();
    let log = SpanLog::open(span_log::Config::new(folder.path().join("spans.db"))).unwrap();
    let relay = Relay::new(RelayConfig::new(Arc::new(log.clone()), "frontend"));
    log.close();
    let body = batch(vec![span("click")]).encode_to_vec();
    let response = send(&relay.router(), page("application/x-protobuf", body)).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(relay.counts().refused_requests.unavailable, 1);
}
