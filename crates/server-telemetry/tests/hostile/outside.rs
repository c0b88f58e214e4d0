//! The relay as a stranger reaches it.

use crate::limits::assert_within_limits;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use prost::Message;
use server_telemetry::{Ack, EncodedBatch, Relay, RelayConfig, RelayRate, SinkError, SpanSink};
use std::sync::{Arc, Mutex};
use tokio::runtime::Runtime;
use tower::ServiceExt;

pub(crate) const KEY: &str = "the key";
pub(crate) const PROTOBUF: &str = "application/x-protobuf";
pub(crate) const JSON: &str = "application/json";
/// What a page may send, decompressed.
pub(crate) const PAGE_LIMIT: usize = 256 * 1024;
/// What a service may.
pub(crate) const SERVICE_LIMIT: usize = 512 * 1024;

/// Keeps the last batch.
#[derive(Default)]
struct Last(Mutex<Option<EncodedBatch>>);

impl SpanSink for Last {
    fn append(&self, batch: EncodedBatch) -> Result<Ack, SinkError> {
        *self.0.lock().unwrap() = Some(batch);
        Ok(Ack::new(async { Ok(()) }))
    }
}

/// A relay with small limits and no rate.
pub(crate) struct Outside {
    runtime: Runtime,
    sink: Arc<Last>,
    relay: Relay,
    app: Router,
}

/// What became of a request, after all that must hold has been seen to hold.
pub(crate) struct Outcome {
    pub(crate) status: StatusCode,
    /// Spans that were taken out, as the answer says.
    pub(crate) refused: i64,
    /// What reached the sink.
    pub(crate) kept: Option<ExportTraceServiceRequest>,
}

impl Default for Outside {
    fn default() -> Self {
        let sink = Arc::new(Last::default());
        let unlimited = RelayRate {
            per_second: u32::MAX,
            burst: u32::MAX,
        };
        let relay = Relay::new(RelayConfig {
            ingest_key: Some(KEY.to_owned()),
            browser_limit: PAGE_LIMIT,
            ingest_limit: SERVICE_LIMIT,
            session_rate: unlimited,
            address_rate: unlimited,
            client_address: server_telemetry::behind_proxy,
            ..RelayConfig::new(sink.clone(), "frontend")
        });
        Self {
            runtime: tokio::runtime::Builder::new_current_thread().build().unwrap(),
            sink,
            app: relay.router(),
            relay,
        }
    }
}

impl Outside {
    /// Posts as a page of this origin.
    pub(crate) fn page(&self, content_type: &str, encoding: &str, body: Vec<u8>) -> Outcome {
        self.post(
            &[
                ("host", b"localhost"),
                ("origin", b"http://localhost"),
                ("content-type", content_type.as_bytes()),
                ("content-encoding", encoding.as_bytes()),
            ],
            body,
        )
    }

    /// Posts as a service.
    pub(crate) fn service(&self, content_type: &str, encoding: &str, body: Vec<u8>) -> Outcome {
        self.post(
            &[
                ("x-honeycomb-team", KEY.as_bytes()),
                ("content-type", content_type.as_bytes()),
                ("content-encoding", encoding.as_bytes()),
            ],
            body,
        )
    }

    /// Posts with these headers; those that HTTP does not allow are left out.
    pub(crate) fn post(&self, headers: &[(&'static str, &[u8])], body: Vec<u8>) -> Outcome {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                map.append(*name, value);
            }
        }
        let is_page = !map.contains_key("x-honeycomb-team");
        let mut request = Request::post("/v1/traces").body(Body::from(body)).unwrap();
        *request.headers_mut() = map;
        *self.sink.0.lock().unwrap() = None;
        let before = self.relay.counts();
        let (head, body) = self.runtime.block_on(async {
            let (head, body) = self.app.clone().oneshot(request).await.unwrap().into_parts();
            (head, axum::body::to_bytes(body, usize::MAX).await.unwrap())
        });
        let counts = self.relay.counts();
        assert!(
            [200, 400, 401, 403, 413, 415].contains(&head.status.as_u16()),
            "{}",
            head.status
        );
        let batch = self.sink.0.lock().unwrap().take();
        if head.status != StatusCode::OK {
            assert!(batch.is_none(), "a refused batch reached the sink");
            assert!(!body.is_empty(), "a refusal without a reason");
            let refused = counts.refused_requests.total() - before.refused_requests.total();
            assert_eq!(refused, 1, "it is counted");
            return Outcome {
                status: head.status,
                refused: 0,
                kept: None,
            };
        }
        let answer = match head.headers["content-type"].to_str().unwrap() {
            PROTOBUF => ExportTraceServiceResponse::decode(body).unwrap(),
            _ => serde_json::from_slice(&body).unwrap(),
        };
        let accepted = counts.accepted_spans - before.accepted_spans;
        let kept = batch.map(|batch| {
            assert_eq!(u64::from(batch.spans), accepted);
            let request = ExportTraceServiceRequest::decode(&*batch.body).expect("OTLP in the sink");
            assert_within_limits(&request, accepted, is_page);
            request
        });
        assert_eq!(kept.is_some(), accepted > 0);
        Outcome {
            status: head.status,
            refused: answer.partial_success.map_or(0, |partial| partial.rejected_spans),
            kept,
        }
    }
}
