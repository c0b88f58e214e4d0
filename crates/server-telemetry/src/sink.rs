//! Where encoded batches go.
//!
//! One trait for the server's own spans and for those that the relay takes, so that an app chooses once: the durable
//! span log (feature `span-log`), or anything else that can say when a batch is safe.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

#[cfg(feature = "span-log")]
mod span_log;

/// One OTLP `ExportTraceServiceRequest`, encoded.
#[derive(Clone, PartialEq, Eq)]
pub struct EncodedBatch {
    /// The protobuf bytes, not compressed.
    pub body: Vec<u8>,
    /// How many spans are in it, so that losses can be counted without decoding.
    pub spans: u32,
}

impl fmt::Debug for EncodedBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodedBatch")
            .field("bytes", &self.body.len())
            .field("spans", &self.spans)
            .finish()
    }
}

/// Why a batch is not safe.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The sink's queue is full; the same batch may be taken a moment later.
    #[error("the span sink is full")]
    Full,
    /// The sink took the batch and could not keep it.
    #[error("the span sink could not keep the batch")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Takes batches, and says when each is safe.
pub trait SpanSink: Send + Sync {
    /// Queues a batch without blocking. The batch is safe when the [`Ack`] says so, and not before.
    ///
    /// # Errors
    ///
    /// [`SinkError::Full`] where the queue has no room. [`SinkError::Failed`] where it is known at once that the batch
    /// cannot be kept.
    fn append(&self, batch: EncodedBatch) -> Result<Ack, SinkError>;
}

/// Resolves when a batch is safe, or with the reason why it is not.
///
/// A future for async code; [`Ack::wait`] is for a plain thread.
pub struct Ack(Pin<Box<dyn Future<Output = Result<(), SinkError>> + Send>>);

impl Ack {
    /// An acknowledgement that follows `durable`, which must need no particular runtime: it may be polled from a
    /// plain thread.
    pub fn new(durable: impl Future<Output = Result<(), SinkError>> + Send + 'static) -> Self {
        Self(Box::pin(durable))
    }

    /// Blocks this thread until the batch is safe. Not for async code.
    ///
    /// # Errors
    ///
    /// The sink's reason why the batch is not safe.
    pub fn wait(mut self) -> Result<(), SinkError> {
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let mut cx = Context::from_waker(&waker);
        loop {
            match self.0.as_mut().poll(&mut cx) {
                Poll::Ready(result) => return result,
                Poll::Pending => std::thread::park(),
            }
        }
    }
}

impl Future for Ack {
    type Output = Result<(), SinkError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for Ack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ack")
    }
}

/// Wakes a thread that waits for an [`Ack`].
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_thread_waits_for_another() {
        let (write, written) = tokio::sync::oneshot::channel();
        let ack = Ack::new(async move { written.await.map_err(|error| SinkError::Failed(Box::new(error))) });
        let waiting = std::thread::spawn(move || ack.wait());
        write.send(()).unwrap();
        assert!(waiting.join().unwrap().is_ok());
    }

    #[test]
    fn a_writer_that_is_gone_is_an_error_with_its_cause() {
        let (write, written) = tokio::sync::oneshot::channel::<()>();
        let ack = Ack::new(async move { written.await.map_err(|error| SinkError::Failed(Box::new(error))) });
        drop(write);
        let error = ack.wait().unwrap_err();
        assert!(std::error::Error::source(&error).is_some());
    }
}
