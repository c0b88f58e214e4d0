//! A sink that keeps what it gets, and spans in a shape that is easy to ask.

use axum::body::Body;
use axum::http::{Request, Response};
use opentelemetry::trace::{TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, trace::FutureExt};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use prost::Message;
use server_telemetry::{Ack, Config, EncodedBatch, PageTraces, RequestSpanLayer, SinkError, SpanSink, Telemetry};
use std::ops::Deref;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use tower::ServiceExt;

/// Keeps every batch, or refuses it in the way it is told.
#[derive(Default)]
pub(crate) struct MemorySink {
    batches: Mutex<Vec<EncodedBatch>>,
    mode: AtomicU8,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    Keep = 0,
    Full = 1,
    Refuse = 2,
    Lose = 3,
}

impl MemorySink {
    pub(crate) fn set(&self, mode: Mode) {
        self.mode.store(mode as u8, Ordering::SeqCst);
    }

    pub(crate) fn batches(&self) -> Vec<EncodedBatch> {
        self.batches.lock().unwrap().clone()
    }

    pub(crate) fn requests(&self) -> Vec<ExportTraceServiceRequest> {
        self.batches()
            .iter()
            .map(|batch| ExportTraceServiceRequest::decode(&*batch.body).unwrap())
            .collect()
    }

    pub(crate) fn spans(&self) -> Vec<Flat> {
        let mut spans = Vec::new();
        for resource in self.requests().into_iter().flat_map(|request| request.resource_spans) {
            let attributes = resource.resource.unwrap_or_default().attributes;
            for scope in resource.scope_spans {
                let name = scope.scope.unwrap_or_default().name;
                spans.extend(scope.spans.into_iter().map(|span| Flat {
                    span,
                    scope: name.clone(),
                    resource: attributes.clone(),
                }));
            }
        }
        spans
    }
}

impl SpanSink for MemorySink {
    fn append(&self, batch: EncodedBatch) -> Result<Ack, SinkError> {
        let broken = || SinkError::Failed("the disk is gone".into());
        match self.mode.load(Ordering::SeqCst) {
            mode if mode == Mode::Full as u8 => Err(SinkError::Full),
            mode if mode == Mode::Refuse as u8 => Err(broken()),
            mode if mode == Mode::Lose as u8 => Ok(Ack::new(async move { Err(broken()) })),
            _ => {
                self.batches.lock().unwrap().push(batch);
                Ok(Ack::new(async { Ok(()) }))
            }
        }
    }
}

/// A span with its scope's name and its resource.
#[derive(Clone, Debug)]
pub(crate) struct Flat {
    pub(crate) span: Span,
    pub(crate) scope: String,
    pub(crate) resource: Vec<KeyValue>,
}

impl Deref for Flat {
    type Target = Span;

    fn deref(&self) -> &Span {
        &self.span
    }
}

impl Flat {
    pub(crate) fn get(&self, key: &str) -> Option<Value> {
        find(&self.span.attributes, key)
    }

    pub(crate) fn text(&self, key: &str) -> Option<String> {
        as_text(self.get(key))
    }

    pub(crate) fn service(&self) -> Option<String> {
        as_text(find(&self.resource, "service.name"))
    }

    pub(crate) fn is_error(&self) -> bool {
        self.span.status.as_ref().is_some_and(|status| status.code == 2)
    }

    /// Child of `parent`, in its trace and within its time.
    pub(crate) fn lies_in(&self, parent: &Flat) -> bool {
        self.trace_id == parent.trace_id
            && self.parent_span_id == parent.span_id
            && parent.start_time_unix_nano <= self.start_time_unix_nano
            && self.end_time_unix_nano <= parent.end_time_unix_nano
    }
}

pub(crate) fn find(attributes: &[KeyValue], key: &str) -> Option<Value> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    found.value.clone()?.value
}

pub(crate) fn as_text(value: Option<Value>) -> Option<String> {
    match value {
        Some(Value::StringValue(text)) => Some(text),
        None => None,
        Some(other) => panic!("{other:?} is no text"),
    }
}

/// Telemetry that writes into memory.
pub(crate) struct Traced {
    pub(crate) sink: Arc<MemorySink>,
    pub(crate) telemetry: Telemetry,
}

impl Traced {
    pub(crate) fn start() -> Self {
        Self::start_with(|_| None)
    }

    pub(crate) fn start_with(pages: impl FnOnce(Arc<MemorySink>) -> Option<PageTraces>) -> Self {
        let sink = Arc::new(MemorySink::default());
        let telemetry = Telemetry::start(Config {
            service_name: "backend".into(),
            service_version: None,
            sink: sink.clone(),
            pages: pages(sink.clone()),
        })
        .unwrap();
        Self { sink, telemetry }
    }

    pub(crate) fn provider(&self) -> &SdkTracerProvider {
        self.telemetry.provider().unwrap()
    }

    pub(crate) fn layer(&self) -> RequestSpanLayer {
        RequestSpanLayer::with_provider(self.provider())
    }

    pub(crate) fn child(&self, name: &'static str) -> Child {
        Child::of(self.provider(), name)
    }

    /// All spans that have ended.
    pub(crate) fn spans(&self) -> Vec<Flat> {
        self.provider().force_flush().unwrap();
        self.sink.spans()
    }

    pub(crate) fn span(&self, name: &str) -> Flat {
        let spans = self.spans();
        let mut found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
        let names: Vec<_> = spans.iter().map(|span| &span.name).collect();
        assert_eq!(found.len(), 1, "{name} in {names:?}");
        found.remove(0).clone()
    }
}

/// Makes a child span of whatever is current.
#[derive(Clone)]
pub(crate) struct Child {
    tracer: SdkTracer,
    name: &'static str,
}

impl Child {
    pub(crate) fn of(provider: &SdkTracerProvider, name: &'static str) -> Self {
        Self {
            tracer: provider.tracer("home.activities"),
            name,
        }
    }

    pub(crate) fn make(&self) {
        self.within(|| ());
    }

    pub(crate) fn within<T>(&self, inside: impl FnOnce() -> T) -> T {
        let _attached = self.context().attach();
        inside()
    }

    pub(crate) async fn around<T>(&self, inside: impl Future<Output = T>) -> T {
        inside.with_context(self.context()).await
    }

    fn context(&self) -> Context {
        Context::current_with_span(self.tracer.start(self.name))
    }
}

pub(crate) fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

/// Sends a request and reads the answer to its end.
pub(crate) async fn send(app: &axum::Router, request: Request<Body>) -> Response<Vec<u8>> {
    let response = app.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    Response::from_parts(head, body.into())
}
