//! An app of its own: axum, one route, and spans that are printed instead of being kept.
//!
//! `cargo run -p server-telemetry --example notes`, then `curl -i localhost:3200/notes/7`: the answer's `Server-Timing`
//! names the span that is printed a moment later, with its child.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use opentelemetry::trace::{FutureExt, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use server_telemetry::{
    Ack, Config, EncodedBatch, Relay, RelayConfig, RequestSpanLayer, SinkError, SpanSink, Telemetry, set_user,
};
use std::sync::Arc;
use std::time::Duration;

/// Prints what a log would keep. (With the feature `span-log`, `span_log::SpanLog` is a sink that keeps it.)
struct Print;

impl SpanSink for Print {
    fn append(&self, batch: EncodedBatch) -> Result<Ack, SinkError> {
        let request =
            ExportTraceServiceRequest::decode(&*batch.body).map_err(|error| SinkError::Failed(error.into()))?;
        println!("{request:#?}");
        Ok(Ack::new(async { Ok(()) }))
    }
}

async fn note(Path(id): Path<u32>) -> String {
    set_user("user-1", "andrew");
    let span = global::tracer("notes").start("note.read");
    let cx = Context::current_with_span(span);
    cx.span().set_attribute(KeyValue::new("app.note_id", i64::from(id)));
    async { format!("note {id}\n") }.with_context(cx).await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sink = Arc::new(Print);
    let telemetry = Telemetry::start(Config {
        service_name: "notes".into(),
        service_version: Some(env!("CARGO_PKG_VERSION").into()),
        sink: sink.clone(),
        pages: None,
    })?;
    let relay = Relay::new(RelayConfig::new(sink, "notes-frontend"));
    let app = Router::new()
        .route("/notes/{id}", get(note))
        .merge(relay.router())
        .layer(RequestSpanLayer::new().propagators(telemetry.propagators().clone()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3200").await?;
    axum::serve(listener, app)
        .with_graceful_shutdown(async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
    tokio::task::spawn_blocking(move || telemetry.shutdown(Duration::from_secs(5))).await??;
    Ok(())
}
