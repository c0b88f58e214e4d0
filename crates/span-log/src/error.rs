//! What can go wrong at the log's boundary.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

/// Why a batch was not even queued. Each of these is counted ([`Counts::refused_batches`](crate::Counts)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AppendError {
    /// The queue is full: the disk is slower than what comes in. The same batch may be taken a moment later.
    #[error("the span log's queue is full; try again in a moment")]
    Full,
    /// The batch alone is larger than the whole queue may be ([`QUEUE_BYTES`](crate::QUEUE_BYTES)).
    #[error("a batch of {bytes} bytes is too large for the span log; send it in smaller batches")]
    TooLarge {
        /// The size of its body, not compressed.
        bytes: usize,
    },
    /// The log has been closed.
    #[error("the span log is closed")]
    Closed,
}

/// Why the log could not be opened, written or read.
#[derive(Debug, Clone, Error)]
pub enum LogError {
    /// The folder, the lock file or the writer's thread could not be made.
    #[error("cannot prepare the span log at {path}")]
    Prepare {
        /// Of the log.
        path: PathBuf,
        /// What the operating system said.
        source: Arc<io::Error>,
    },
    /// Another process, or another [`SpanLog`](crate::SpanLog) of this one, writes to the same file.
    #[error("the span log {path} is in use by another process; stop that one, or choose another data folder")]
    InUse {
        /// Of the log.
        path: PathBuf,
    },
    /// The file is a sound SQLite database, but no span log of this version.
    #[error("{path} is not a span log that this version can read; move it away, or choose another data folder")]
    Foreign {
        /// Of the log.
        path: PathBuf,
    },
    /// SQLite could not open the file.
    #[error("cannot open the span log {path}")]
    Open {
        /// Of the log.
        path: PathBuf,
        /// What SQLite said.
        source: Arc<rusqlite::Error>,
    },
    /// The disk did not take the group that this batch was in. None of the group is kept; later ones may well be.
    #[error("the span log could not be written")]
    Write(#[source] Arc<rusqlite::Error>),
    /// The rows could not be read. The reader stays where it was.
    #[error("the span log could not be read")]
    Read(#[source] Arc<rusqlite::Error>),
    /// The log was closed, or its writer ended, before the answer.
    #[error("the span log was closed before the batch was on disk")]
    Closed,
}

impl LogError {
    pub(crate) fn read(source: rusqlite::Error) -> Self {
        Self::Read(Arc::new(source))
    }
}
