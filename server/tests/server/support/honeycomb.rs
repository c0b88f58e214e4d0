//! Honeycomb, as far as a server talks to it: `GET /1/auth` and `POST /v1/traces`, on a port of its own.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use std::io::Read;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::net::TcpSocket;
use tokio::runtime::Runtime;

use super::site::PATIENCE;

/// The keys that it knows.
pub(crate) const CONFIGURATION: &str = "hcalk_configuration";
pub(crate) const INGEST: &str = "hcaik_ingest";
pub(crate) const CLASSIC: &str = "0123456789abcdef0123456789abcdef";

/// A span that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Came {
    pub(crate) trace_id: String,
    pub(crate) name: String,
}

#[derive(Default)]
struct Inbox {
    spans: Mutex<Vec<Came>>,
    asked: Mutex<Vec<HeaderMap>>,
    /// Said in place of taking spans.
    answer: Mutex<Option<StatusCode>>,
    /// Takes no spans and says nothing.
    hangs: AtomicBool,
}

/// A port, and from some time on Honeycomb behind it.
pub(crate) struct Honeycomb {
    runtime: Runtime,
    socket: Option<TcpSocket>,
    address: SocketAddr,
    inbox: Arc<Inbox>,
}

impl Honeycomb {
    pub(crate) fn start() -> Self {
        let mut honeycomb = Self::down();
        honeycomb.rise();
        honeycomb
    }

    /// Connections are refused.
    pub(crate) fn down() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        Self {
            runtime: Runtime::new().unwrap(),
            address: socket.local_addr().unwrap(),
            socket: Some(socket),
            inbox: Arc::default(),
        }
    }

    pub(crate) fn rise(&mut self) {
        let app = Router::new()
            .route("/1/auth", get(auth))
            .route("/v1/traces", post(traces))
            .with_state(self.inbox.clone());
        let socket = self.socket.take().expect("it is down");
        self.runtime.spawn(async move {
            let listener = socket.listen(64).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
    }

    /// As `HONEYCOMB_API_ENDPOINT`.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What must be seen nowhere.
    pub(crate) fn port(&self) -> String {
        format!(":{}", self.address.port())
    }

    /// From now on it takes no spans and says nothing.
    pub(crate) fn hang(&self) {
        self.inbox.hangs.store(true, Ordering::SeqCst);
    }

    pub(crate) fn answer(&self, status: Option<StatusCode>) {
        *self.inbox.answer.lock().unwrap() = status;
    }

    pub(crate) fn spans(&self) -> Vec<Came> {
        self.inbox.spans.lock().unwrap().clone()
    }

    /// The names of a trace's spans, in the order in which they came.
    pub(crate) fn names(&self, trace_id: &str) -> Vec<String> {
        let spans = self.spans().into_iter();
        spans
            .filter(|span| span.trace_id == trace_id)
            .map(|span| span.name)
            .collect()
    }

    /// Waits until there is one of this name in the trace.
    pub(crate) fn wait_for(&self, trace_id: &str, name: &str) {
        let begun = Instant::now();
        while !self.names(trace_id).iter().any(|came| came == name) {
            assert!(
                begun.elapsed() < PATIENCE,
                "{name} has not come: {:?}",
                self.names(trace_id)
            );
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// The headers of the questions for a key.
    pub(crate) fn asked(&self) -> Vec<HeaderMap> {
        self.inbox.asked.lock().unwrap().clone()
    }
}

fn key(headers: &HeaderMap) -> &str {
    let key = headers.get("x-honeycomb-team").map(|key| key.to_str().unwrap());
    key.unwrap_or_default()
}

async fn auth(State(inbox): State<Arc<Inbox>>, headers: HeaderMap) -> Response {
    inbox.asked.lock().unwrap().push(headers.clone());
    let (kind, environment, access) = match key(&headers) {
        CONFIGURATION => (
            "configuration",
            r#"{"name":"Production","slug":"production"}"#,
            r#"{"events":true,"queries":true,"createDatasets":true}"#,
        ),
        INGEST => (
            "ingest",
            r#"{"name":"Test","slug":"test"}"#,
            r#"{"createDatasets":true}"#,
        ),
        CLASSIC => ("configuration", r#"{"name":"","slug":""}"#, r#"{"events":true}"#),
        other => {
            let words = format!(r#"{{"error":"unknown API key {other} - check your credentials"}}"#);
            return (StatusCode::UNAUTHORIZED, words).into_response();
        }
    };
    let team = r#"{"name":"Honeycomb Docs","slug":"honeycomb-docs"}"#;
    format!(r#"{{"id":"FL_x","type":"{kind}","api_key_access":{access},"environment":{environment},"team":{team}}}"#)
        .into_response()
}

async fn traces(State(inbox): State<Arc<Inbox>>, headers: HeaderMap, body: Bytes) -> Response {
    if inbox.hangs.load(Ordering::SeqCst) {
        return std::future::pending().await;
    }
    if let Some(status) = *inbox.answer.lock().unwrap() {
        return status.into_response();
    }
    if ![CONFIGURATION, INGEST, CLASSIC].contains(&key(&headers)) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    assert!(!headers.contains_key("traceparent"), "sending is no part of a trace");
    let mut unpacked = Vec::new();
    match headers
        .get("content-encoding")
        .map(|encoding| encoding.to_str().unwrap())
    {
        Some("gzip") => GzDecoder::new(&*body).read_to_end(&mut unpacked).unwrap(),
        other => {
            assert_eq!(other, None);
            unpacked.extend_from_slice(&body);
            body.len()
        }
    };
    let request = ExportTraceServiceRequest::decode(&*unpacked).unwrap();
    let spans = request
        .resource_spans
        .into_iter()
        .flat_map(|resource| resource.scope_spans)
        .flat_map(|scope| scope.spans);
    inbox.spans.lock().unwrap().extend(spans.map(|span| Came {
        trace_id: span.trace_id.iter().map(|byte| format!("{byte:02x}")).collect(),
        name: span.name,
    }));
    StatusCode::OK.into_response()
}
