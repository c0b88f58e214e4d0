//! The traced client.

use crate::backend::{Backend, Reply, Reserved};
use axum::body::{Body, Bytes};
use axum::http::{Request, Response};
use opentelemetry::trace::{FutureExt, SpanKind, Status, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, global};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use server_telemetry::{Call, ClientError, MAX_ANSWER, TracedClient};
use std::time::Duration;

struct Traced {
    provider: SdkTracerProvider,
    exporter: InMemorySpanExporter,
    client: TracedClient,
}

impl Traced {
    fn new() -> Self {
        // The same for every test, so it does not matter who sets it.
        global::set_text_map_propagator(TraceContextPropagator::new());
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(exporter.clone())
            .build();
        let client = TracedClient::with_provider(&provider).unwrap();
        Self {
            provider,
            exporter,
            client,
        }
    }

    fn spans(&self) -> Vec<SpanData> {
        self.exporter.get_finished_spans().unwrap()
    }

    fn only(&self) -> SpanData {
        let mut spans = self.spans();
        assert_eq!(spans.len(), 1, "{spans:?}");
        spans.remove(0)
    }
}

fn get(url: impl AsRef<str>) -> Call {
    Call::new(Request::get(url.as_ref()).body(Bytes::new()).unwrap())
}

fn attribute(span: &SpanData, name: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key.as_str() == name);
    found.map(|attribute| attribute.value.to_string())
}

#[tokio::test]
async fn a_call_is_a_client_span_that_goes_on_in_the_callee() {
    let (traced, backend) = (Traced::new(), Backend::start().await);
    let tracer = traced.provider.tracer("test");
    let cx = Context::current_with_span(tracer.start("parent"));
    let url = format!("http://{}/users/7?token=hunter2&x=1", backend.address);
    let call = get(url).template("/users/{id}");
    let answer = traced.client.send(call).with_context(cx.clone()).await.unwrap();
    assert_eq!(answer.status(), 200);

    let span = traced.only();
    assert_eq!(span.name, "GET /users/{id}");
    assert_eq!(span.span_kind, SpanKind::Client);
    assert_eq!(span.parent_span_id, cx.span().span_context().span_id());
    assert_eq!(span.status, Status::Unset);
    let port = backend.address.port();
    let url = format!("http://127.0.0.1:{port}/users/7?token=REDACTED&x=1");
    for (name, value) in [
        ("http.request.method", "GET"),
        ("url.template", "/users/{id}"),
        ("server.address", "127.0.0.1"),
        ("server.port", &port.to_string()),
        ("url.full", &url),
        ("http.response.status_code", "200"),
        ("network.protocol.version", "1.1"),
    ] {
        assert_eq!(attribute(&span, name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(attribute(&span, "error.type"), None);

    let request = backend.received().remove(0);
    let (trace, id) = (span.span_context.trace_id(), span.span_context.span_id());
    assert_eq!(request.headers["traceparent"], format!("00-{trace}-{id}-01"));
    assert_eq!(
        request.uri.to_string(),
        "/users/7?token=hunter2&x=1",
        "only the span is redacted"
    );
}

#[tokio::test]
async fn under_a_suppressed_context_there_is_no_span_and_no_header() {
    let (traced, backend) = (Traced::new(), Backend::start().await);
    let quiet = Context::current().with_telemetry_suppressed();
    let call = get(format!("http://{}/", backend.address));
    traced.client.send(call).with_context(quiet).await.unwrap();
    assert!(traced.spans().is_empty());
    assert!(!backend.received()[0].headers.contains_key("traceparent"));
}

#[tokio::test]
async fn a_peer_with_a_name_has_no_address_in_the_span() {
    let (traced, backend) = (Traced::new(), Backend::start().await);
    let call = get(format!("http://{}/1/auth", backend.address)).peer("Honeycomb");
    traced.client.send(call).await.unwrap();
    let span = traced.only();
    assert_eq!(span.name, "GET");
    assert_eq!(attribute(&span, "service.peer.name").as_deref(), Some("Honeycomb"));
    assert!(!format!("{:?}", span.attributes).contains("127.0.0.1"));
}

#[tokio::test]
async fn errors_have_a_type_and_words_without_an_address() {
    let (traced, backend) = (Traced::new(), Backend::start().await);
    backend.answer(|request| match request.uri.path() {
        "/missing" => Reply::status(404),
        "/long" => Reply::Say(Response::new(Body::from(vec![0; MAX_ANSWER + 1]))),
        _ => Reply::Silence,
    });
    let here = format!("http://{}", backend.address);
    let answer = traced.client.send(get(format!("{here}/missing"))).await.unwrap();
    assert_eq!(answer.status(), 404);
    let refused = format!("http://{}/", Reserved::new().address);
    for (call, error) in [
        (
            get(format!("{here}/slow")).timeout(Duration::from_millis(30)),
            ClientError::Timeout,
        ),
        (get(format!("{here}/long")), ClientError::TooLong),
        (get(&refused), ClientError::Refused),
        (get("http://no-such-host.invalid/"), ClientError::Name),
        (get("ftp://127.0.0.1/"), ClientError::Request),
    ] {
        let got = traced.client.send(call).await.unwrap_err();
        assert_eq!(got, error);
        assert!(!got.to_string().contains("127.0.0.1") && !got.to_string().contains("no-such-host"));
    }
    let types: Vec<_> = traced
        .spans()
        .iter()
        .map(|span| {
            assert!(matches!(span.status, Status::Error { .. }), "{span:?}");
            attribute(span, "error.type").unwrap()
        })
        .collect();
    let expected = [
        "404",
        "timeout",
        "response_too_long",
        "connection_refused",
        "name_resolution",
        "request",
    ];
    assert_eq!(types, expected);
}

#[tokio::test]
async fn a_call_that_is_given_up_ends_its_span() {
    let (traced, backend) = (Traced::new(), Backend::start().await);
    backend.answer(|_| Reply::Silence);
    let client = traced.client.clone();
    let call = get(format!("http://{}/", backend.address));
    let task = tokio::spawn(async move { client.send(call).await });
    crate::support::asked(&backend, 1).await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    let span = traced.only();
    assert_eq!(attribute(&span, "error.type").as_deref(), Some("cancelled"));
    assert_eq!(attribute(&span, "span.aborted").as_deref(), Some("true"));
}

#[tokio::test]
async fn a_password_in_the_url_goes_into_a_header_and_into_no_span() {
    let (traced, backend) = (Traced::new(), Backend::start().await);
    let call = get(format!("http://me:hunter2@{}/", backend.address));
    traced.client.send(call).await.unwrap();
    // base64 of `me:hunter2`.
    assert_eq!(backend.received()[0].headers["authorization"], "Basic bWU6aHVudGVyMg==");
    assert!(!format!("{:?}", traced.only()).contains("hunter2"));
}
