//! `OTEL_TRACES_EXPORTER=console`: spans in a form to be read, as they end.
//!
//! Whoever ends a span never waits for a terminal: a thread of its own writes, from a bounded queue, and says how many
//! spans it had to leave out.

mod line;

use opentelemetry::Context;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use std::fmt;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

/// So many spans wait at most.
const QUEUE: usize = 2048;
/// How long `force_flush` waits.
const FLUSH: Duration = Duration::from_secs(5);
/// How often a flush tries to get into a queue that is full.
const PAUSE: Duration = Duration::from_millis(5);

/// A [`SpanProcessor`] that prints each span when it ends: one line, and one more for each of its events.
///
/// `time  kind  duration  trace/span<parent  name  error  attributes`: the time is the span's start in UTC, of ids the
/// first eight digits are shown (they are random, so these suffice to find the rest), and what is not printable is
/// escaped, as part of it comes from clients.
pub struct ConsoleProcessor {
    queue: SyncSender<Message>,
    missed: Arc<AtomicU64>,
    closed: AtomicBool,
}

enum Message {
    Span(Box<SpanData>),
    /// Answers when all that came before is written.
    Flush(SyncSender<()>),
}

impl ConsoleProcessor {
    /// Prints on standard output.
    ///
    /// # Errors
    ///
    /// The system's, where it gives no thread.
    pub fn stdout() -> std::io::Result<Self> {
        Self::new(std::io::stdout())
    }

    /// Prints to `out`, which may be as slow as it likes. It is left alone after its first error (a pipe that was
    /// closed).
    ///
    /// # Errors
    ///
    /// As [`ConsoleProcessor::stdout`].
    pub fn new(out: impl Write + Send + 'static) -> std::io::Result<Self> {
        let (queue, messages) = sync_channel(QUEUE);
        let missed = Arc::new(AtomicU64::new(0));
        let left_out = missed.clone();
        std::thread::Builder::new()
            .name("span-console".to_owned())
            .spawn(move || _ = print(&messages, &left_out, out))?;
        Ok(Self {
            queue,
            missed,
            closed: AtomicBool::new(false),
        })
    }

    fn flush(&self, timeout: Duration) -> OTelSdkResult {
        let until = Instant::now() + timeout;
        let (done, written) = sync_channel(1);
        let mut message = Message::Flush(done);
        while let Err(refused) = self.queue.try_send(message) {
            match refused {
                TrySendError::Full(again) if Instant::now() < until => message = again,
                TrySendError::Full(_) => return Err(OTelSdkError::Timeout(timeout)),
                // Nobody reads standard output any more.
                TrySendError::Disconnected(_) => return Ok(()),
            }
            std::thread::sleep(PAUSE);
        }
        match written.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Err(RecvTimeoutError::Timeout) => Err(OTelSdkError::Timeout(timeout)),
            Ok(()) | Err(RecvTimeoutError::Disconnected) => Ok(()),
        }
    }
}

/// Writes until the processor is gone, or the output is.
fn print(messages: &Receiver<Message>, missed: &AtomicU64, mut out: impl Write) -> std::io::Result<()> {
    let mut text = String::new();
    while let Ok(message) = messages.recv() {
        match message {
            Message::Span(span) => {
                text.clear();
                line::write(&mut text, &span);
                out.write_all(text.as_bytes())?;
            }
            Message::Flush(done) => {
                out.flush()?;
                _ = done.send(());
            }
        }
        match missed.swap(0, Ordering::Relaxed) {
            0 => {}
            spans => writeln!(
                out,
                "({spans} spans are not shown: they end faster than they can be printed)"
            )?,
        }
    }
    out.flush()
}

impl SpanProcessor for ConsoleProcessor {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if !span.span_context.is_sampled() || self.closed.load(Ordering::Relaxed) {
            return;
        }
        if let Err(TrySendError::Full(_)) = self.queue.try_send(Message::Span(Box::new(span))) {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.flush(FLUSH)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        if self.closed.swap(true, Ordering::Relaxed) {
            return Err(OTelSdkError::AlreadyShutdown);
        }
        self.flush(timeout)
    }
}

impl fmt::Debug for ConsoleProcessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleProcessor").finish_non_exhaustive()
    }
}
