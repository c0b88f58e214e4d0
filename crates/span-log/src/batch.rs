//! What goes into the log, and the promise that comes back.

use std::fmt;

use tokio::sync::oneshot;

use crate::LogError;

/// One OTLP export request on its way into the log.
#[derive(Clone, PartialEq, Eq)]
pub struct Batch {
    /// The protobuf bytes of one `ExportTraceServiceRequest`, not compressed. The log does not look inside.
    pub body: Vec<u8>,
    /// How many spans are in it, so that losses can be counted without decoding.
    pub spans: u32,
    /// The caller's own bits, handed back to readers as they are.
    pub flags: u32,
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The body is people's telemetry, and long.
        f.debug_struct("Batch")
            .field("bytes", &self.body.len())
            .field("spans", &self.spans)
            .field("flags", &self.flags)
            .finish()
    }
}

/// A batch that is queued but not yet on disk.
///
/// Dropping it does not take the batch back; it only means that nobody waits for the answer.
#[derive(Debug)]
#[must_use = "a batch is safe only when this says so"]
pub struct Pending(pub(crate) oneshot::Receiver<Result<u64, LogError>>);

impl Pending {
    /// Resolves after the fsync, with the batch's sequence number. Needs no particular runtime.
    ///
    /// # Errors
    ///
    /// [`LogError::Write`] where the disk did not take it, [`LogError::Closed`] where the writer ended before it.
    pub async fn durable(self) -> Result<u64, LogError> {
        self.0.await.unwrap_or(Err(LogError::Closed))
    }

    /// As [`Pending::durable`], for plain threads.
    ///
    /// # Errors
    ///
    /// The same.
    ///
    /// # Panics
    ///
    /// On a thread that runs async tasks of a tokio runtime, which must not be blocked.
    pub fn wait(self) -> Result<u64, LogError> {
        self.0.blocking_recv().unwrap_or(Err(LogError::Closed))
    }
}
