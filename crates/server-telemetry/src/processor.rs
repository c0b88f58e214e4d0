//! The way of the server's own spans: from `Span::end` into a [`SpanSink`].
//!
//! A processor of ours, because the SDK's batch processor hides what it drops and its OTLP exporter sleeps through
//! retries on the processor's thread. Here a queue is bounded, every loss is counted, and one plain thread groups,
//! encodes, appends and waits for the disk. No tokio: spans are exported while a runtime is shutting down, too.

mod batch_config;
mod value_length;
mod worker;

pub use batch_config::BatchConfig;
pub(crate) use value_length::ValueLength;

use crate::page::PageTraces;
use crate::request::RequestScope;
use crate::sink::SpanSink;
use opentelemetry::Context;
use opentelemetry::trace::Span as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use worker::{Flushed, Shared};

/// What became of the spans that ended, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Spans that the sink has acknowledged.
    pub exported: u64,
    /// Spans that found the queue full, or came after the shutdown.
    pub dropped_full: u64,
    /// Spans that the sink did not take or could not keep.
    pub dropped_failed: u64,
}

impl Counts {
    /// All spans that were lost.
    pub fn dropped(&self) -> u64 {
        self.dropped_full + self.dropped_failed
    }
}

/// The counters behind [`Counts`].
#[derive(Debug, Default)]
struct Counters {
    exported: AtomicU64,
    dropped_full: AtomicU64,
    dropped_failed: AtomicU64,
}

impl Counters {
    fn read(&self) -> Counts {
        Counts {
            exported: self.exported.load(Ordering::Relaxed),
            dropped_full: self.dropped_full.load(Ordering::Relaxed),
            dropped_failed: self.dropped_failed.load(Ordering::Relaxed),
        }
    }
}

/// Reads the counts of a [`SinkProcessor`], which itself disappears into the provider.
#[derive(Clone)]
pub(crate) struct CountsReader(Arc<Shared>);

impl CountsReader {
    pub(crate) fn read(&self) -> Counts {
        self.0.counters.read()
    }
}

/// A [`SpanProcessor`] that encodes batches as OTLP and appends them to a [`SpanSink`].
///
/// `on_start` copies `session.id`, and `user.id` and `user.name` once they are known ([`crate::set_user`]), onto spans that
/// are made under a request. `on_end` never waits: a full queue drops the span and counts it. `force_flush` and `shutdown`
/// answer `Ok` only where every span that was waiting is safe now, and give up after a while.
///
/// The resource is the provider's own: two providers with a processor each keep their service names apart.
pub struct SinkProcessor {
    shared: Arc<Shared>,
    pages: Option<PageTraces>,
}

impl SinkProcessor {
    /// Starts the thread that feeds `sink`.
    ///
    /// # Errors
    ///
    /// The system's, where it gives no thread.
    pub fn start(sink: Arc<dyn SpanSink>, config: BatchConfig) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::new(config));
        let worker = shared.clone();
        std::thread::Builder::new()
            .name("span-export".to_owned())
            .spawn(move || worker.run(&*sink))?;
        Ok(Self { shared, pages: None })
    }

    /// Tells page loads of the SERVER spans that end, so that [`PageTraces`] need not be a processor beside this one: where
    /// there are several, the SDK gives each a copy of every span.
    #[must_use]
    pub fn pages(mut self, pages: PageTraces) -> Self {
        self.pages = Some(pages);
        self
    }

    /// What became of the spans so far.
    pub fn counts(&self) -> Counts {
        self.shared.counters.read()
    }

    pub(crate) fn counts_reader(&self) -> CountsReader {
        CountsReader(self.shared.clone())
    }
}

impl SpanProcessor for SinkProcessor {
    fn on_start(&self, span: &mut Span, cx: &Context) {
        if let Some(request) = cx.get::<RequestScope>() {
            span.set_attributes(request.shared());
        }
    }

    fn on_end(&self, span: SpanData) {
        if let Some(pages) = &self.pages {
            pages.ended(&span);
        }
        if span.span_context.is_sampled() && !self.shared.push(span) {
            self.shared.counters.dropped_full.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        let timeout = self.shared.config.export_timeout;
        outcome(self.shared.flush(Instant::now() + timeout), timeout)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        if !self.shared.close() {
            return Err(OTelSdkError::AlreadyShutdown);
        }
        outcome(self.shared.flush(Instant::now() + timeout), timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.shared.set_resource(resource);
    }
}

fn outcome(flushed: Flushed, timeout: Duration) -> OTelSdkResult {
    match flushed {
        Flushed::All => Ok(()),
        Flushed::Lost(spans) => Err(OTelSdkError::InternalFailure(format!(
            "{spans} spans could not be written to the span sink"
        ))),
        Flushed::TimedOut => Err(OTelSdkError::Timeout(timeout)),
    }
}

impl Drop for SinkProcessor {
    /// Lets the thread write what is queued, and end.
    fn drop(&mut self) {
        self.shared.close();
    }
}

impl fmt::Debug for SinkProcessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SinkProcessor")
            .field("config", &self.shared.config)
            .field("counts", &self.counts())
            .finish()
    }
}
