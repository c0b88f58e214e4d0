//! A backend for whoever has none: takes OTLP over HTTP with the official protobuf definitions, prints each span on a
//! line, and gives back all that it took, as OTLP's own JSON.
//!
//! `cargo run -p server-telemetry --example receiver` listens where exporters send by default (`127.0.0.1:4318`; another
//! address may follow). `curl localhost:4318/v1/traces` shows the batches.

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::routing::get;
use axum::{Json, Router};
use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use prost::Message;
use std::io::Read;
use std::sync::{Arc, Mutex};

type Batches = Arc<Mutex<Vec<ExportTraceServiceRequest>>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:4318".into());
    let app = Router::new()
        .route("/v1/traces", get(taken).post(take))
        .layer(DefaultBodyLimit::max(32 * 1024 * 1024))
        .with_state(Batches::default());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

async fn taken(State(batches): State<Batches>) -> Json<Vec<ExportTraceServiceRequest>> {
    Json(batches.lock().map(|batches| batches.clone()).unwrap_or_default())
}

async fn take(
    State(batches): State<Batches>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<([(header::HeaderName, HeaderValue); 1], Bytes), StatusCode> {
    if headers.get(header::CONTENT_TYPE) != Some(&HeaderValue::from_static(trace_wire::PROTOBUF)) {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let mut plain = Vec::new();
    match headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None => plain = body.into(),
        Some(b"gzip") => {
            let read = GzDecoder::new(&*body).read_to_end(&mut plain);
            read.map_err(|_| StatusCode::BAD_REQUEST)?;
        }
        Some(_) => return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE),
    }
    let batch = ExportTraceServiceRequest::decode(&*plain).map_err(|_| StatusCode::BAD_REQUEST)?;
    for from in &batch.resource_spans {
        let service = service(from);
        for span in from.scope_spans.iter().flat_map(|scope| &scope.spans) {
            print(service, span);
        }
    }
    if let Ok(mut batches) = batches.lock() {
        batches.push(batch);
    }
    // The answer is a message, too: an empty one says that every span was taken.
    let kind = HeaderValue::from_static(trace_wire::PROTOBUF);
    Ok(([(header::CONTENT_TYPE, kind)], Bytes::new()))
}

fn service(from: &ResourceSpans) -> &str {
    let attributes = from.resource.iter().flat_map(|resource| &resource.attributes);
    let mut named = attributes.filter(|attribute| attribute.key == trace_wire::attribute::SERVICE_NAME);
    match named.next().and_then(|name| name.value.as_ref()?.value.as_ref()) {
        Some(Value::StringValue(name)) => name,
        _ => "?",
    }
}

fn print(service: &str, span: &Span) {
    let id = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let took = span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano) as f64 / 1e6;
    println!(
        "{} {:>16} < {:16} {took:9.3} ms  {service}: {}",
        id(&span.trace_id),
        id(&span.span_id),
        id(&span.parent_span_id),
        span.name
    );
}
