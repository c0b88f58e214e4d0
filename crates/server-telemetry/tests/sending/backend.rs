//! A backend for OTLP over HTTP that answers as the test wants.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use server_telemetry::{OtlpCompression, OtlpProtocol, OtlpTarget};
use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;

/// One request, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    /// The body's bytes, not compressed.
    pub(crate) bytes: usize,
    /// The names of its spans.
    pub(crate) spans: Vec<String>,
    /// Whether it was answered with 200.
    pub(crate) taken: bool,
    pub(crate) at: Instant,
}

/// How a request is answered.
pub(crate) enum Reply {
    /// 200.
    Take,
    /// With this.
    Say(Response<Body>),
    /// Not at all.
    Silence,
}

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self::Say(Response::builder().status(status).body(Body::empty()).unwrap())
    }
}

type Rule = Arc<dyn Fn(&Received) -> Reply + Send + Sync>;

struct Shared {
    received: Mutex<Vec<Received>>,
    rule: Mutex<Rule>,
}

pub(crate) struct Backend {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl Backend {
    /// Takes everything.
    pub(crate) async fn start() -> Self {
        Reserved::new().start()
    }

    /// From now on, answers so.
    pub(crate) fn answer(&self, rule: impl Fn(&Received) -> Reply + Send + Sync + 'static) {
        *self.shared.rule.lock().unwrap() = Arc::new(rule);
    }

    pub(crate) fn take_everything(&self) {
        self.answer(|_| Reply::Take);
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// The names of the spans that were taken, in their order, as often as they were.
    pub(crate) fn taken(&self) -> Vec<String> {
        let received = self.received();
        let taken = received.into_iter().filter(|request| request.taken);
        taken.flat_map(|request| request.spans).collect()
    }

    pub(crate) fn target(&self) -> OtlpTarget {
        target(self.address)
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.server.abort();
    }
}

pub(crate) fn target(address: SocketAddr) -> OtlpTarget {
    OtlpTarget {
        name: "Backend".to_owned(),
        endpoint: format!("http://{address}/v1/traces").parse().unwrap(),
        headers: HeaderMap::from_iter([("x-honeycomb-team".parse().unwrap(), "hcaik_01secret".parse().unwrap())]),
        timeout: Duration::from_secs(60),
        compression: OtlpCompression::Gzip,
        protocol: OtlpProtocol::HttpProtobuf,
    }
}

/// A port that refuses connections, until somebody listens there.
pub(crate) struct Reserved {
    socket: TcpSocket,
    pub(crate) address: SocketAddr,
}

impl Reserved {
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = socket.local_addr().unwrap();
        Self { socket, address }
    }

    pub(crate) fn start(self) -> Backend {
        let listener: TcpListener = self.socket.listen(64).unwrap();
        let shared = Arc::new(Shared {
            received: Mutex::default(),
            rule: Mutex::new(Arc::new(|_| Reply::Take)),
        });
        let app = Router::new().fallback(handle).with_state(shared.clone());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Backend {
            address: self.address,
            shared,
            server,
        }
    }
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let body = match headers
        .get("content-encoding")
        .map(|encoding| encoding.to_str().unwrap())
    {
        None => body.to_vec(),
        Some("gzip") => {
            let mut unpacked = Vec::new();
            GzDecoder::new(&*body).read_to_end(&mut unpacked).unwrap();
            unpacked
        }
        Some(other) => panic!("{other}"),
    };
    let request = match headers.get("content-type").map(|kind| kind.to_str().unwrap()) {
        Some("application/x-protobuf") => ExportTraceServiceRequest::decode(&*body).unwrap(),
        Some("application/json") => serde_json::from_slice(&body).unwrap(),
        _ => ExportTraceServiceRequest::default(),
    };
    let spans = request
        .resource_spans
        .into_iter()
        .flat_map(|resource| resource.scope_spans)
        .flat_map(|scope| scope.spans);
    let mut received = Received {
        method,
        uri,
        headers,
        bytes: body.len(),
        spans: spans.map(|span| span.name).collect(),
        taken: false,
        at: Instant::now(),
    };
    let rule = shared.rule.lock().unwrap().clone();
    let reply = rule(&received);
    received.taken = matches!(reply, Reply::Take);
    shared.received.lock().unwrap().push(received);
    match reply {
        Reply::Take => Response::builder()
            .status(StatusCode::OK)
            .header("content-type", "application/x-protobuf")
            .body(Body::empty())
            .unwrap(),
        Reply::Say(response) => response,
        Reply::Silence => std::future::pending().await,
    }
}
