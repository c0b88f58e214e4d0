//! The store as everybody else sees it.

use crate::core::Core;
use crate::worker::Worker;
use crate::{FilterError, StoreConfig, TraceFilter, TracePage};
use honeycomb::Event;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;

/// How many rows are kept in memory unless told otherwise, by a store without a folder. Spans with forty columns take
/// about 1.2 kB each (`examples/ingest.rs`).
pub const DEFAULT_LIMIT_EVENTS: usize = 200_000;

/// Takes events in and answers questions; copies are handles to the same store.
#[derive(Clone, Debug)]
pub struct TraceStore {
    pub(crate) core: Arc<Core>,
    /// Seals and merges, where there is a folder. It ends with the last handle.
    worker: Option<Arc<Worker>>,
}

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The question cannot be understood; the asker can mend it.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The folder of the segments cannot be used.
    #[error("the trace store's folder {} cannot be used: {source}", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A segment could not be read now, or rows not written; it may work later.
    #[error("the trace store cannot be read: {0}")]
    Read(String),
    /// The answer would take more time, more memory or more groups than there may be: in words that say what to do.
    #[error("{0}")]
    TooLarge(String),
    /// The statement cannot be understood or is not one that is answered: in words that say why.
    #[error("{0}")]
    Statement(String),
}

/// How much the store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreStats {
    /// Rows: spans, span events and links, in memory and in segments.
    pub events: usize,
    /// Traces of which there is at least one row; one that lies in several places counts in each.
    pub traces: usize,
    /// Rows that were dropped from memory since the start because newer ones took their place.
    pub dropped: u64,
    /// Rows that are in memory only.
    pub memory_events: usize,
    /// Segments on disk.
    pub segments: usize,
    /// Their bytes.
    pub segment_bytes: u64,
    /// Rows that were removed since the start because they were too old or too many.
    pub expired: u64,
    /// Segments that were damaged and set aside since the start.
    pub damaged_segments: u64,
}

impl Default for TraceStore {
    fn default() -> Self {
        Self::new(DEFAULT_LIMIT_EVENTS)
    }
}

impl TraceStore {
    /// A store without a folder that keeps the newest `limit_events` rows (at least one).
    pub fn new(limit_events: usize) -> Self {
        Self {
            core: Arc::new(Core::in_memory(limit_events)),
            worker: None,
        }
    }

    /// Opens a store: reads what its folder holds, sets aside what is damaged, and starts the threads that seal and merge.
    /// One process at a time may do so. Blocks on the disk.
    ///
    /// # Errors
    /// [`StoreError::Folder`].
    pub fn open(config: StoreConfig) -> Result<Self, StoreError> {
        let core = Arc::new(Core::open(config, true)?);
        let worker = core.has_folder().then(|| Worker::start(&core)).transpose()?;
        Ok(Self {
            core,
            worker: worker.map(Arc::new),
        })
    }

    /// Looks at what another process has sealed, and changes nothing. What that process has in memory is not there.
    ///
    /// # Errors
    /// [`StoreError::Folder`].
    pub fn open_to_read(folder: impl Into<PathBuf>) -> Result<Self, StoreError> {
        Ok(Self {
            core: Arc::new(Core::open(StoreConfig::new(folder), false)?),
            worker: None,
        })
    }

    /// Takes rows in, in the order in which they came. In a store without a folder the oldest ones go, one by one and not
    /// whole traces, where there are more than it may hold, and are counted.
    pub fn ingest(&self, events: Vec<Event>) {
        self.ingest_to(events, None);
    }

    /// As [`Self::ingest`], and with these rows all is in the store up to this place in the log they come from
    /// ([`Self::sealed_position`]). Waits where rows come faster than they can be written: call it where blocking is allowed.
    pub fn ingest_to(&self, events: Vec<Event>, position: impl Into<Option<u64>>) {
        self.core.ingest(events, position.into());
        if let Some(worker) = &self.worker {
            worker.make_room(&self.core);
        }
    }

    /// The place in the log up to which everything is on disk; 0 where nothing is.
    pub fn sealed_position(&self) -> u64 {
        self.core.sealed_position()
    }

    /// The place in the log up to which everything is here, in memory or on disk.
    pub fn position(&self) -> u64 {
        self.core.position()
    }

    /// Writes all rows that are only in memory to the disk. Blocks; for the end of a process.
    ///
    /// # Errors
    /// [`StoreError::Read`], with what the system says.
    pub fn seal(&self) -> Result<(), StoreError> {
        self.core.seal()
    }

    /// Merges what is small and removes what is too old or too much. A thread does so after each seal; blocks.
    pub fn tidy(&self) {
        self.core.tidy();
    }

    /// All rows of a trace by time, in the order of their arrival where times are equal; none where the trace is not
    /// known.
    ///
    /// # Errors
    /// [`StoreError::Read`] if a segment cannot be read now. One that is damaged is set aside, and the answer is what the
    /// others hold. [`StoreError::TooLarge`] for more than [`crate::MAX_TRACE_ROWS`] rows.
    pub async fn trace(&self, trace_id: &str) -> Result<Vec<Event>, StoreError> {
        let id = trace_id.to_owned();
        self.off_thread(move |core| core.trace(&id)).await
    }

    /// A page of the traces that match, newest first by their start. A trace of which no span has come yet is none.
    ///
    /// # Errors
    /// [`StoreError::Filter`] if the cursor is not one that a page ended with; otherwise as [`Self::trace`].
    pub async fn traces(&self, filter: &TraceFilter) -> Result<TracePage, StoreError> {
        let filter = filter.clone();
        let cursor = filter.decoded_cursor()?;
        self.off_thread(move |core| core.page(&filter, cursor.as_ref())).await
    }

    /// A counter that goes up whenever rows came in: wait for a change, then ask again.
    pub fn news(&self) -> watch::Receiver<u64> {
        self.core.news()
    }

    /// How much the store holds.
    pub fn stats(&self) -> StoreStats {
        self.core.stats()
    }

    /// Reading files blocks: not on a thread that serves requests. What is in memory is not worth the way.
    pub(crate) async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Core) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        if !self.core.has_segments() {
            return work(&self.core);
        }
        let core = Arc::clone(&self.core);
        let done = tokio::task::spawn_blocking(move || work(&core)).await;
        done.unwrap_or_else(|stopped| Err(StoreError::Read(stopped.to_string())))
    }
}
