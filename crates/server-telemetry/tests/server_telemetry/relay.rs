//! `POST /v1/traces`: what is taken, in every shape, and how it is answered.

use crate::support::{MemorySink, as_text, find, send};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use flate2::Compression;
use flate2::write::GzEncoder;
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use server_telemetry::{Relay, RelayConfig};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) const KEY: &str = "secret-ingest-key";

/// A relay with a key, over a sink in memory.
pub(crate) struct Setup {
    pub(crate) sink: Arc<MemorySink>,
    pub(crate) relay: Relay,
    pub(crate) app: Router,
}

impl Setup {
    pub(crate) fn new() -> Self {
        Self::with(|config| config.ingest_key = Some(KEY.to_owned()))
    }

    pub(crate) fn with(change: impl FnOnce(&mut RelayConfig)) -> Self {
        let sink = Arc::new(MemorySink::default());
        let mut config = RelayConfig::new(sink.clone(), "shop-frontend");
        config.ingest_key_setting = "SHOP_INGEST_KEY".to_owned();
        change(&mut config);
        let relay = Relay::new(config);
        let app = relay.router();
        Self { sink, relay, app }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Response<Vec<u8>> {
        send(&self.app, request).await
    }
}

/// A request as a page of this origin sends it.
pub(crate) fn page(content_type: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post("/v1/traces")
        .header("host", "localhost:3000")
        .header("origin", "http://localhost:3000")
        .header("content-type", content_type)
        .body(body.into())
        .unwrap()
}

/// A request as another service sends it.
pub(crate) fn service(content_type: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post("/v1/traces")
        .header("x-honeycomb-team", KEY)
        .header("content-type", content_type)
        .body(body.into())
        .unwrap()
}

pub(crate) fn attribute(key: &str, value: &str) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            value: Some(Value::StringValue(value.to_owned())),
        }),
        key_strindex: 0,
    }
}

pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_nanos()).unwrap()
}

/// A span of a time just gone, with an id of its own.
pub(crate) fn span(name: &str) -> Span {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let now = now();
    let id = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    Span {
        trace_id: vec![1; 16],
        span_id: id.to_be_bytes().to_vec(),
        parent_span_id: vec![3; 8],
        name: name.to_owned(),
        kind: 3,
        start_time_unix_nano: now - 2_000_000,
        end_time_unix_nano: now - 1_000_000,
        attributes: vec![attribute("http.request.method", "POST")],
        ..Span::default()
    }
}

pub(crate) fn batch(spans: Vec<Span>) -> ExportTraceServiceRequest {
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: vec![attribute("service.name", "billing"), attribute("host.name", "a")],
                ..Resource::default()
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope {
                    name: "lib".to_owned(),
                    ..InstrumentationScope::default()
                }),
                spans,
                schema_url: String::new(),
            }],
            schema_url: String::new(),
        }],
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    ::zstd::encode_all(bytes, 3).unwrap()
}

#[tokio::test]
async fn a_page_sends_protobuf() {
    for content_type in [
        "application/x-protobuf",
        "application/protobuf",
        "Application/X-Protobuf; v=1",
    ] {
        let setup = Setup::new();
        let response = setup
            .send(page(content_type, batch(vec![span("click like")]).encode_to_vec()))
            .await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "application/x-protobuf");
        let answer = ExportTraceServiceResponse::decode(&**response.body()).unwrap();
        assert_eq!(answer.partial_success, None);
        let spans = setup.sink.spans();
        assert_eq!(spans.len(), 1);
        assert_eq!(spans[0].name, "click like");
        assert_eq!(spans[0].scope, "lib");
        assert_eq!(spans[0].service().as_deref(), Some("shop-frontend"));
        assert_eq!(setup.relay.counts().accepted_spans, 1);
    }
}

#[tokio::test]
async fn a_page_sends_json() {
    let setup = Setup::new();
    let (start, end) = (now() - 2000, now() - 1000);
    let json = format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"scope":{{"name":"lib"}},"spans":[{{
            "traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":"click","kind":1,
            "startTimeUnixNano":"{start}","endTimeUnixNano":"{end}",
            "attributes":[{{"key":"n","value":{{"intValue":"5"}}}}]}}]}}]}}]}}"#
    );
    let response = setup.send(page("application/json; charset=utf-8", json)).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.body(), b"{}");
    let spans = setup.sink.spans();
    assert_eq!(
        spans[0].trace_id,
        trace_wire::hex::read::<16>("0af7651916cd43dd8448eb211c80319c").unwrap()
    );
    assert_eq!(spans[0].get("n"), Some(Value::IntValue(5)));
    assert_eq!(spans[0].start_time_unix_nano, start);
}

#[tokio::test]
async fn both_come_compressed_too() {
    let body = batch(vec![span("a")]);
    for (content_type, bytes) in [
        ("application/x-protobuf", body.encode_to_vec()),
        ("application/json", serde_json::to_vec(&body).unwrap()),
    ] {
        for (encoding, packed) in [
            ("gzip", gzip(&bytes)),
            ("GZIP", gzip(&bytes)),
            ("zstd", zstd(&bytes)),
            ("identity", bytes.clone()),
        ] {
            for mut request in [
                page(content_type, packed.clone()),
                service(content_type, packed.clone()),
            ] {
                let setup = Setup::new();
                let headers = request.headers_mut();
                headers.insert("content-encoding", encoding.parse().unwrap());
                assert_eq!(setup.send(request).await.status(), StatusCode::OK, "{encoding}");
                let spans = setup.sink.spans();
                assert_eq!(spans.len(), 1);
                assert!(spans[0].name == "a" && spans[0].kind == 3);
            }
        }
    }
}

#[tokio::test]
async fn a_services_bytes_go_on_as_they_came() {
    let setup = Setup::new();
    let mut sent = batch(vec![span("charge")]);
    sent.resource_spans[0].scope_spans[0].spans[0]
        .attributes
        .push(attribute("user.id", "9"));
    let mut bytes = sent.encode_to_vec();
    // A field of a later version of the protocol: only the original bytes still have it.
    bytes.extend_from_slice(&[0xfa, 0x01, 0x02, b'o', b'k']);
    let response = setup.send(service("application/x-protobuf", bytes.clone())).await;
    assert_eq!(response.status(), StatusCode::OK);
    let batches = setup.sink.batches();
    assert_eq!((batches.len(), batches[0].spans), (1, 1));
    assert_eq!(batches[0].body, bytes);
    let resource = setup.sink.requests()[0].resource_spans[0].resource.clone().unwrap();
    assert_eq!(
        as_text(find(&resource.attributes, "service.name")).as_deref(),
        Some("billing")
    );
}

#[tokio::test]
async fn a_services_spans_without_an_id_are_refused_and_the_others_taken() {
    let setup = Setup::new();
    let nameless = Span {
        span_id: vec![0; 8],
        ..span("nameless")
    };
    let sent = batch(vec![span("charge"), nameless]);
    let response = setup
        .send(service("application/json", serde_json::to_vec(&sent).unwrap()))
        .await;
    assert_eq!(response.status(), StatusCode::OK);
    let answer: ExportTraceServiceResponse = serde_json::from_slice(response.body()).unwrap();
    let partial = answer.partial_success.unwrap();
    assert_eq!(partial.rejected_spans, 1);
    assert!(partial.error_message.contains("ids"), "{}", partial.error_message);
    assert_eq!(setup.sink.spans().len(), 1);
    assert_eq!(setup.relay.counts().refused_spans.invalid_ids, 1);
}

#[tokio::test]
async fn an_empty_batch_is_answered_and_not_written() {
    let setup = Setup::new();
    let response = setup.send(service("application/x-protobuf", Body::empty())).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(setup.sink.batches().is_empty());
}

#[tokio::test]
async fn the_answer_waits_until_the_batch_is_safe() {
    use server_telemetry::{Ack, EncodedBatch, SinkError, SpanSink};
    use std::sync::Mutex;
    use tokio::sync::oneshot;

    struct Disk(Mutex<Option<oneshot::Receiver<()>>>);

    impl SpanSink for Disk {
        fn append(&self, _: EncodedBatch) -> Result<Ack, SinkError> {
            let written = self.0.lock().unwrap().take().unwrap();
            Ok(Ack::new(async move {
                written.await.map_err(|error| SinkError::Failed(error.into()))
            }))
        }
    }

    let (write, written) = oneshot::channel();
    let relay = Relay::new(RelayConfig::new(
        Arc::new(Disk(Mutex::new(Some(written)))),
        "shop-frontend",
    ));
    let app = relay.router();
    let mut answer = Box::pin(send(
        &app,
        page("application/x-protobuf", batch(vec![span("a")]).encode_to_vec()),
    ));
    assert!(futures::poll!(&mut answer).is_pending());
    assert_eq!(relay.counts().accepted_requests, 0);
    write.send(()).unwrap();
    assert_eq!(answer.await.status(), StatusCode::OK);
    assert_eq!(relay.counts().accepted_requests, 1);
}
