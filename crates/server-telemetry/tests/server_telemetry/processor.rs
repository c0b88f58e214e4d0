//! From the end of a span to the sink.

use crate::support::{MemorySink, Mode};
use opentelemetry::trace::{Tracer, TracerProvider};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use server_telemetry::{Ack, BatchConfig, Config, EncodedBatch, SinkError, SinkProcessor, SpanSink, Telemetry};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::oneshot;

/// No timer gets in the way of what is tested.
const NEVER: Duration = Duration::from_secs(3600);

fn config() -> BatchConfig {
    BatchConfig {
        schedule_delay: NEVER,
        ..BatchConfig::default()
    }
}

fn provider(sink: Arc<dyn SpanSink>, config: BatchConfig, service: &'static str) -> SdkTracerProvider {
    SdkTracerProvider::builder()
        .with_resource(Resource::builder_empty().with_service_name(service).build())
        .with_span_processor(SinkProcessor::start(sink, config).unwrap())
        .build()
}

fn make(provider: &SdkTracerProvider, spans: usize) {
    let tracer = provider.tracer("test");
    for _ in 0..spans {
        drop(tracer.start("span"));
    }
}

/// A sink whose disk is as slow as the test wants: each batch waits for a word.
struct SlowSink {
    taken: SyncSender<u32>,
    word: Mutex<Option<Receiver<()>>>,
}

impl SpanSink for SlowSink {
    fn append(&self, batch: EncodedBatch) -> Result<Ack, SinkError> {
        self.taken.send(batch.spans).unwrap();
        let word = self.word.lock().unwrap().take();
        if let Some(word) = word {
            word.recv().unwrap();
        }
        Ok(Ack::new(async { Ok(()) }))
    }
}

#[test]
fn each_provider_keeps_its_own_resource() {
    let sink = Arc::new(MemorySink::default());
    let (one, two) = (
        provider(sink.clone(), config(), "one"),
        provider(sink.clone(), config(), "two"),
    );
    make(&one, 1);
    make(&two, 1);
    one.force_flush().unwrap();
    two.force_flush().unwrap();
    let mut services: Vec<_> = sink.spans().iter().map(|span| span.service().unwrap()).collect();
    services.sort();
    assert_eq!(services, ["one", "two"]);
}

#[test]
fn a_full_batch_does_not_wait_for_the_delay() {
    let (taken, batches) = sync_channel(8);
    let sink = SlowSink {
        taken,
        word: Mutex::new(None),
    };
    let config = BatchConfig {
        max_export_batch_size: 3,
        ..config()
    };
    let provider = provider(Arc::new(sink), config, "test");
    make(&provider, 3);
    assert_eq!(batches.recv().unwrap(), 3);
    make(&provider, 2);
    provider.shutdown().unwrap();
    assert_eq!(batches.recv().unwrap(), 2, "what is left is written at the end");
}

#[test]
fn the_delay_ends_by_itself() {
    let (taken, batches) = sync_channel(8);
    let sink = SlowSink {
        taken,
        word: Mutex::new(None),
    };
    let config = BatchConfig {
        schedule_delay: Duration::from_millis(1),
        ..config()
    };
    let provider = provider(Arc::new(sink), config, "test");
    make(&provider, 1);
    assert_eq!(batches.recv().unwrap(), 1);
    provider.shutdown().unwrap();
}

/// A sink that takes batches at once, from the second on, and acknowledges none before it is told to.
struct LateSink {
    slow: SlowSink,
    acknowledge: Mutex<Vec<oneshot::Sender<()>>>,
}

impl SpanSink for LateSink {
    fn append(&self, batch: EncodedBatch) -> Result<Ack, SinkError> {
        let (acknowledge, acknowledged) = oneshot::channel();
        self.acknowledge.lock().unwrap().push(acknowledge);
        self.slow.append(batch)?;
        Ok(Ack::new(async move {
            acknowledged.await.map_err(|error| SinkError::Failed(Box::new(error)))
        }))
    }
}

#[test]
fn full_batches_do_not_wait_for_the_one_before() {
    let (taken, takes) = sync_channel(3);
    let (word, wait) = sync_channel(0);
    let sink = Arc::new(LateSink {
        slow: SlowSink {
            taken,
            word: Mutex::new(Some(wait)),
        },
        acknowledge: Mutex::default(),
    });
    let config = BatchConfig {
        max_export_batch_size: 2,
        ..config()
    };
    let provider = provider(sink.clone(), config, "test");
    make(&provider, 6);
    word.send(()).unwrap();
    assert_eq!(takes.iter().take(3).collect::<Vec<_>>(), [2, 2, 2]);
    for acknowledge in sink.acknowledge.lock().unwrap().drain(..) {
        acknowledge.send(()).unwrap();
    }
    provider.force_flush().unwrap();
}

#[test]
fn a_full_queue_drops_and_counts_and_never_waits() {
    let (taken, batches) = sync_channel(8);
    let (give, word) = sync_channel(1);
    let sink = Arc::new(SlowSink {
        taken,
        word: Mutex::new(Some(word)),
    });
    let config = BatchConfig {
        max_queue_size: 4,
        max_export_batch_size: 1,
        ..config()
    };
    let processor = SinkProcessor::start(sink, config).unwrap();
    let processor = Arc::new(processor);
    let provider = SdkTracerProvider::builder()
        .with_span_processor(Shared(processor.clone()))
        .build();
    make(&provider, 1);
    assert_eq!(batches.recv().unwrap(), 1, "the thread is busy with the first");
    make(&provider, 10);
    assert_eq!(processor.counts().dropped_full, 6, "four wait");
    give.send(()).unwrap();
    provider.force_flush().unwrap();
    let counts = processor.counts();
    assert_eq!((counts.exported, counts.dropped()), (5, 6));
    provider.shutdown().unwrap();
    make(&provider, 1);
    assert_eq!(processor.counts().exported, 5, "after the end nothing is taken");
}

/// The provider takes its processor away; the test wants to read its counts.
#[derive(Debug)]
struct Shared(Arc<SinkProcessor>);

impl opentelemetry_sdk::trace::SpanProcessor for Shared {
    fn on_start(&self, span: &mut opentelemetry_sdk::trace::Span, cx: &opentelemetry::Context) {
        self.0.on_start(span, cx);
    }

    fn on_end(&self, span: opentelemetry_sdk::trace::SpanData) {
        self.0.on_end(span);
    }

    fn force_flush(&self) -> opentelemetry_sdk::error::OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> opentelemetry_sdk::error::OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }
}

#[test]
fn a_flush_says_so_where_spans_are_lost() {
    for mode in [Mode::Refuse, Mode::Lose] {
        let sink = Arc::new(MemorySink::default());
        let processor = Arc::new(SinkProcessor::start(sink.clone(), config()).unwrap());
        let provider = SdkTracerProvider::builder()
            .with_span_processor(Shared(processor.clone()))
            .build();
        sink.set(mode);
        make(&provider, 2);
        let error = provider.force_flush().unwrap_err().to_string();
        assert!(error.contains("2 spans"), "{error}");
        assert_eq!(processor.counts().dropped_failed, 2);

        sink.set(Mode::Keep);
        make(&provider, 1);
        provider.force_flush().unwrap();
        assert_eq!(processor.counts().exported, 1, "the thread lives on");
    }
}

#[test]
fn a_full_sink_is_asked_again() {
    /// Full the first two times.
    struct Busy(MemorySink, Mutex<u32>);

    impl SpanSink for Busy {
        fn append(&self, batch: EncodedBatch) -> Result<Ack, SinkError> {
            let mut refusals = self.1.lock().unwrap();
            if *refusals > 0 {
                *refusals -= 1;
                return Err(SinkError::Full);
            }
            self.0.append(batch)
        }
    }

    let sink = Arc::new(Busy(MemorySink::default(), Mutex::new(2)));
    let provider = provider(sink.clone(), config(), "test");
    make(&provider, 1);
    provider.force_flush().unwrap();
    assert_eq!(sink.0.spans().len(), 1);
}

#[test]
fn a_sink_that_hangs_does_not_hang_the_shutdown() {
    let (taken, batches) = sync_channel(8);
    let (give, word) = sync_channel(1);
    let sink = SlowSink {
        taken,
        word: Mutex::new(Some(word)),
    };
    let provider = provider(Arc::new(sink), config(), "test");
    make(&provider, 1);
    let error = provider.shutdown_with_timeout(Duration::from_millis(1)).unwrap_err();
    assert!(
        error.to_string().contains("Timeout") || matches!(error, OTelSdkError::Timeout(_)),
        "{error}"
    );
    assert_eq!(batches.recv().unwrap(), 1);
    give.send(()).unwrap();
}

#[test]
fn spans_that_are_not_sampled_go_nowhere() {
    let sink = Arc::new(MemorySink::default());
    let provider = SdkTracerProvider::builder()
        .with_sampler(Sampler::AlwaysOff)
        .with_span_processor(SinkProcessor::start(sink.clone(), config()).unwrap())
        .build();
    make(&provider, 1);
    provider.force_flush().unwrap();
    assert!(sink.batches().is_empty());
}

#[test]
fn shutting_down_writes_what_is_there() {
    let sink = Arc::new(MemorySink::default());
    let telemetry = Telemetry::start(Config {
        service_name: "shop".into(),
        service_version: Some("1.2.3".into()),
        sink: sink.clone(),
        pages: None,
    })
    .unwrap();
    make(telemetry.provider().unwrap(), 3);
    telemetry.shutdown(Duration::from_secs(60)).unwrap();
    assert_eq!(sink.batches().len(), 1);
    assert_eq!(sink.batches()[0].spans, 3);
    let spans = sink.spans();
    assert_eq!(spans.len(), 3);
    assert_eq!(spans[0].service().as_deref(), Some("shop"));
}
