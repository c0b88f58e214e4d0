//! A span log, batches, and what senders say.

use crate::backend::Backend;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use opentelemetry_sdk::trace::SdkTracerProvider;
use prost::Message;
use server_telemetry::{OtlpTarget, Pace, SenderConfig, SenderState, SenderStatus, Senders, TracedClient};
use span_log::{Batch, SpanLog};
use std::cell::RefCell;
use std::io::Write;
use std::sync::{Arc, Mutex, Once};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tracing_subscriber::EnvFilter;

/// How long the tests wait for what should come at once.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A log that can be closed and opened again.
pub(crate) struct Folder {
    folder: TempDir,
    max_bytes: u64,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self::bounded(64 << 20)
    }

    pub(crate) fn bounded(max_bytes: u64) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            max_bytes,
        }
    }

    pub(crate) fn open(&self) -> SpanLog {
        let path = self.folder.path().join("spans.sqlite");
        SpanLog::open(span_log::Config {
            path,
            max_bytes: self.max_bytes,
        })
        .unwrap()
    }
}

/// Appends a batch of spans with these names, and waits until it is on disk.
pub(crate) async fn append(log: &SpanLog, names: &[&str]) {
    append_padded(log, names, 0).await;
}

/// The same with so many bytes of noise in each span.
pub(crate) async fn append_padded(log: &SpanLog, names: &[&str], padding: usize) {
    let spans = names.iter().map(|name| Span {
        name: (*name).to_owned(),
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        trace_state: noise(padding),
        ..Span::default()
    });
    let request = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            scope_spans: vec![ScopeSpans {
                spans: spans.collect(),
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    };
    let batch = Batch {
        body: request.encode_to_vec(),
        spans: u32::try_from(names.len()).unwrap(),
        flags: 0,
    };
    log.append(batch).unwrap().durable().await.unwrap();
}

/// Text that hardly compresses.
fn noise(length: usize) -> String {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'0' + (state >> 33) as u8 % 64)
    })
    .take(length)
    .collect()
}

pub(crate) fn quick() -> Pace {
    Pace {
        gather: Duration::from_millis(2),
        first: Duration::from_millis(2),
        longest: Duration::from_millis(10),
        refused: Duration::from_millis(10),
        longest_retry_after: Duration::from_millis(20),
    }
}

/// A client whose spans, if there are any, are nobody's.
pub(crate) fn client() -> TracedClient {
    TracedClient::with_provider(&SdkTracerProvider::builder().build()).unwrap()
}

pub(crate) fn start(log: &SpanLog, targets: Vec<OtlpTarget>) -> Senders {
    let configs = targets.into_iter().map(|target| SenderConfig {
        target,
        permission: None,
        pace: quick(),
    });
    Senders::start(log, &client(), configs.collect())
}

pub(crate) fn status(senders: &Senders) -> SenderStatus {
    senders.status().remove(0)
}

/// Waits until it is as demanded.
pub(crate) async fn until(what: &str, mut as_demanded: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !as_demanded() {
        assert!(begun.elapsed() < PATIENCE, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

pub(crate) async fn up_to_date(senders: &Senders) {
    let done = |status: &SenderStatus| status.state == SenderState::UpToDate && status.lag_batches == 0;
    until("up to date", || senders.status().iter().all(done)).await;
}

pub(crate) async fn in_state(senders: &Senders, state: SenderState) {
    until(&format!("{state}"), || status(senders).state == state).await;
}

/// Until so many requests have come.
pub(crate) async fn asked(backend: &Backend, times: usize) {
    until("requests", || backend.received().len() >= times).await;
}

pub(crate) async fn stop(senders: Senders, log: SpanLog) {
    senders.stop(PATIENCE).await;
    tokio::task::spawn_blocking(move || log.close()).await.unwrap();
}

/// What is said in the log by this thread, and so by the tasks of a test's runtime.
///
/// The subscriber is one for all threads: with one for each, `tracing` remembers now and then that nobody listens.
#[derive(Clone, Default)]
pub(crate) struct Said(Arc<Mutex<Vec<u8>>>);

thread_local! {
    static HERE: RefCell<Said> = RefCell::default();
}

impl Said {
    pub(crate) fn listen() -> Self {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            tracing_subscriber::fmt()
                .with_env_filter(EnvFilter::new("server_telemetry=trace,span_log=trace"))
                .with_ansi(false)
                .with_writer(|| HERE.with_borrow(Self::clone))
                .init();
        });
        let said = Self::default();
        HERE.set(said.clone());
        said
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    pub(crate) fn times(&self, words: &str) -> usize {
        self.text().matches(words).count()
    }
}

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
