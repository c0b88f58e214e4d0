//! Spans on the console: readable, harmless, and never in the way.

use opentelemetry::trace::{
    Link, Span, SpanContext, SpanKind, Status, TraceContextExt, TraceFlags, TraceState, Tracer,
};
use opentelemetry::trace::{SpanId, TraceId, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use server_telemetry::ConsoleProcessor;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

/// What was written, kept.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn provider(out: impl Write + Send + 'static) -> SdkTracerProvider {
    SdkTracerProvider::builder()
        .with_span_processor(ConsoleProcessor::new(out).unwrap())
        .build()
}

/// A caller: trace 0a…, span 0b….
fn caller() -> SpanContext {
    let (trace, span) = (TraceId::from_bytes([0x0a; 16]), SpanId::from_bytes([0x0b; 8]));
    SpanContext::new(trace, span, TraceFlags::SAMPLED, true, TraceState::default())
}

#[test]
fn a_span_is_a_line_and_each_event_one_more() {
    let paper = Paper::default();
    let provider = provider(paper.clone());
    let start = SystemTime::UNIX_EPOCH + Duration::from_millis(1_764_120_031_123);
    let builder = provider
        .tracer("test")
        .span_builder("GET /@{handle}")
        .with_kind(SpanKind::Server)
        .with_start_time(start)
        .with_attributes([
            KeyValue::new("http.route", "/@{handle}"),
            KeyValue::new("url.path", "/@andrew"),
            KeyValue::new("status", 500),
            KeyValue::new("empty", ""),
        ])
        .with_links(vec![Link::with_context(caller())]);
    let cx = Context::new().with_remote_span_context(caller());
    let mut span = provider.tracer("test").build_with_context(builder, &cx);
    let id = span.span_context().span_id().to_string();
    span.add_event_with_timestamp("exception", start, vec![KeyValue::new("exception.type", "Gone")]);
    span.set_status(Status::error("it is \"gone\""));
    span.end_with_timestamp(start + Duration::from_micros(12_345));
    provider.force_flush().unwrap();
    let expected = format!(
        "2025-11-26T01:20:31.123Z  server     12.345 ms  0a0a0a0a/{}<0b0b0b0b  GET /@{{handle}}  error: it is \"gone\"  \
         http.route=\"/@{{handle}}\" url.path=/@andrew status=500 empty=\"\"  link=0a0a0a0a/0b0b0b0b\n\
         2025-11-26T01:20:31.123Z  event     exception  exception.type=Gone\n",
        &id[..8]
    );
    assert_eq!(paper.text(), expected);
}

#[test]
fn what_a_client_sends_cannot_command_the_terminal() {
    let paper = Paper::default();
    let provider = provider(paper.clone());
    let mut span = provider.tracer("test").start("name\n\u{1b}[2J");
    span.set_attribute(KeyValue::new("user_agent.original", "a\r\n\u{1b}]0;x\u{7}\u{202e}é"));
    span.set_attribute(KeyValue::new("key\u{8}", 1));
    span.set_status(Status::error("one\ntwo"));
    span.end();
    provider.force_flush().unwrap();
    let text = paper.text();
    assert_eq!(text.lines().count(), 1, "{text}");
    let harmful = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!text.contains(harmful), "{text:?}");
    assert!(text.contains("é") && text.contains("name\\n"), "{text}");
}

#[test]
fn what_is_not_sampled_is_not_shown() {
    let paper = Paper::default();
    let provider = SdkTracerProvider::builder()
        .with_sampler(Sampler::AlwaysOff)
        .with_span_processor(ConsoleProcessor::new(paper.clone()).unwrap())
        .build();
    drop(provider.tracer("test").start("span"));
    provider.shutdown().unwrap();
    assert_eq!(paper.text(), "");
}

/// A terminal that takes nothing until it is told to.
struct Stuck {
    reached: SyncSender<()>,
    word: Option<Receiver<()>>,
    paper: Paper,
}

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(word) = self.word.take() {
            self.reached.send(()).unwrap();
            word.recv().unwrap();
        }
        self.paper.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_terminal_that_is_stuck_holds_nobody_up_and_losses_are_told() {
    let paper = Paper::default();
    let (reached, is_reached) = sync_channel(1);
    let (give, word) = sync_channel(1);
    let provider = provider(Stuck {
        reached,
        word: Some(word),
        paper: paper.clone(),
    });
    let tracer = provider.tracer("test");
    drop(tracer.start("first"));
    is_reached.recv().unwrap();
    // With the terminal stuck at the first, these come back all the same; the queue takes 2048 of them.
    for _ in 0..2050 {
        drop(tracer.start("span"));
    }
    let error = provider.shutdown_with_timeout(Duration::from_millis(1)).unwrap_err();
    assert!(format!("{error:?}").contains("Timeout"), "{error:?}");
    give.send(()).unwrap();
    drop((tracer, provider));
    // The thread ends by itself, when all is written.
    while Arc::strong_count(&paper.0) > 1 {
        std::thread::yield_now();
    }
    let text = paper.text();
    assert!(text.contains("(2 spans are not shown"), "{text}");
    assert_eq!(text.lines().count(), 1 + 2048 + 1);
}

#[test]
fn an_output_that_is_gone_is_left_alone() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let provider = provider(Closed);
    for _ in 0..3 {
        drop(provider.tracer("test").start("span"));
        provider.force_flush().unwrap();
    }
    provider.shutdown().unwrap();
}
