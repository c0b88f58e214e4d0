//! The forwarder against a backend that takes OTLP with the official definitions.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use server_telemetry::{EncodedBatch, OtlpCompression, OtlpForwarder, OtlpProtocol, OtlpTarget, SinkError, SpanSink};
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const KEY: &str = "a-key-that-nobody-sees";

/// What came, and what is answered.
#[derive(Clone)]
struct Backend {
    taken: Arc<Mutex<Vec<(HeaderMap, ExportTraceServiceRequest)>>>,
    answer: StatusCode,
}

async fn take(State(backend): State<Backend>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut plain = Vec::new();
    if headers.contains_key("content-encoding") {
        GzDecoder::new(&*body).read_to_end(&mut plain).unwrap();
    } else {
        plain = body.to_vec();
    }
    let request = ExportTraceServiceRequest::decode(&*plain).unwrap();
    backend.taken.lock().unwrap().push((headers, request));
    backend.answer
}

/// A backend that gives this answer, and a target that names it.
async fn backend(answer: StatusCode, compression: OtlpCompression) -> (Backend, OtlpTarget) {
    let backend = Backend {
        taken: Arc::default(),
        answer,
    };
    let app = Router::new()
        .route("/v1/traces", post(take))
        .with_state(backend.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, app).into_future());
    let target = OtlpTarget {
        name: "test".into(),
        endpoint: endpoint.parse().unwrap(),
        headers: HeaderMap::from_iter([("x-key".parse().unwrap(), KEY.parse().unwrap())]),
        timeout: Duration::from_secs(20),
        compression,
        protocol: OtlpProtocol::HttpProtobuf,
    };
    (backend, target)
}

fn request() -> ExportTraceServiceRequest {
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            scope_spans: vec![ScopeSpans {
                spans: vec![Span {
                    name: "one".into(),
                    ..Span::default()
                }],
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    }
}

fn batch() -> EncodedBatch {
    EncodedBatch {
        body: request().encode_to_vec(),
        spans: 1,
    }
}

#[tokio::test]
async fn a_batch_arrives_as_it_came_and_then_it_is_safe() {
    for compression in [OtlpCompression::None, OtlpCompression::Gzip] {
        let (backend, target) = backend(StatusCode::OK, compression).await;
        let forwarder = OtlpForwarder::new(target).unwrap();
        forwarder.append(batch()).unwrap().await.unwrap();
        let taken = backend.taken.lock().unwrap();
        let [(headers, arrived)] = &taken[..] else {
            panic!("one batch, not {}", taken.len())
        };
        assert_eq!(arrived, &request());
        assert_eq!(headers["content-type"], "application/x-protobuf");
        assert_eq!(headers["x-key"], KEY);
    }
}

#[tokio::test]
async fn a_plain_thread_may_wait() {
    let (backend, target) = backend(StatusCode::OK, OtlpCompression::None).await;
    let forwarder = OtlpForwarder::new(target).unwrap();
    let waiting = tokio::task::spawn_blocking(move || {
        let thread = std::thread::spawn(move || forwarder.append(batch()).unwrap().wait());
        thread.join().unwrap()
    });
    waiting.await.unwrap().unwrap();
    assert_eq!(backend.taken.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_refusal_and_a_dead_backend_are_told_without_address_or_key() {
    let (refusing, refused) = backend(StatusCode::UNAUTHORIZED, OtlpCompression::None).await;
    let mut dead = refused.clone();
    // Reserved, and never listened on.
    dead.endpoint = "http://127.0.0.1:1/v1/traces".parse().unwrap();
    for (target, words) in [(refused, "401"), (dead, "could not be reached")] {
        let host = target.endpoint.authority().unwrap().to_string();
        let forwarder = OtlpForwarder::new(target).unwrap();
        let error = forwarder.append(batch()).unwrap().await.unwrap_err();
        let SinkError::Failed(cause) = &error else {
            panic!("{error}")
        };
        assert!(cause.to_string().contains(words), "{cause}");
        for said in [
            format!("{error} {cause}"),
            format!("{error:?}"),
            format!("{forwarder:?}"),
        ] {
            assert!(!said.contains(KEY) && !said.contains(&host), "{said}");
        }
    }
    assert_eq!(refusing.taken.lock().unwrap().len(), 1, "it is not sent again");
}

#[tokio::test]
async fn what_is_under_way_is_bounded() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (_, mut target) = backend(StatusCode::OK, OtlpCompression::None).await;
    // It takes connections, and never answers.
    target.endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let forwarder = OtlpForwarder::new(target).unwrap();
    let mut waiting = Vec::new();
    let full = loop {
        match forwarder.append(batch()) {
            Ok(ack) => waiting.push(ack),
            Err(error) => break error,
        }
    };
    assert!(matches!(full, SinkError::Full), "{full}");
    assert_eq!(waiting.len(), 32);
}
