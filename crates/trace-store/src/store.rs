//! The store as everybody else sees it.

use crate::memory::Memory;
use crate::{FilterError, TraceFilter, TracePage};
use honeycomb::{Event, Query, QueryResult, query};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// How many rows are kept unless told otherwise. Spans with forty columns take about 1.2 kB each (`examples/ingest.rs`).
pub const DEFAULT_LIMIT_EVENTS: usize = 200_000;

/// Takes events in and answers questions; copies are handles to the same store.
#[derive(Clone, Debug)]
pub struct TraceStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    // Held for microseconds by ingest and for a walk over the index by a list of traces, never across an await.
    memory: Mutex<Memory>,
    generation: watch::Sender<u64>,
}

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The question cannot be understood; the asker can mend it.
    #[error(transparent)]
    Filter(#[from] FilterError),
}

/// How much the store holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreStats {
    /// Rows: spans, span events and links.
    pub events: usize,
    /// Traces of which there is at least one row.
    pub traces: usize,
    /// Rows that were dropped since the start because newer ones took their place.
    pub dropped: u64,
}

impl Default for TraceStore {
    fn default() -> Self {
        Self::new(DEFAULT_LIMIT_EVENTS)
    }
}

impl TraceStore {
    /// A store that keeps the newest `limit_events` rows (at least one).
    pub fn new(limit_events: usize) -> Self {
        Self {
            shared: Arc::new(Shared {
                memory: Mutex::new(Memory::new(limit_events.max(1))),
                generation: watch::Sender::new(0),
            }),
        }
    }

    /// Takes rows in, in the order in which they came. Where there are more than the store may hold, the oldest ones
    /// go, one by one and not whole traces, and are counted.
    pub fn ingest(&self, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        self.memory().ingest(events);
        self.shared.generation.send_modify(|generation| *generation += 1);
    }

    /// All rows of a trace by time, in the order of their arrival where times are equal; none where the trace is not
    /// known.
    ///
    /// # Errors
    /// None from this engine; one that reads files has some.
    pub async fn trace(&self, trace_id: &str) -> Result<Vec<Event>, StoreError> {
        let mut events = self.memory().trace(trace_id);
        events.sort_by_key(|event| event.time_unix_nano);
        Ok(events)
    }

    /// A page of the traces that match, newest first by their start. A trace of which no span has come yet is none.
    ///
    /// # Errors
    /// [`StoreError::Filter`] if the cursor is not one that a page ended with.
    pub async fn traces(&self, filter: &TraceFilter) -> Result<TracePage, StoreError> {
        let cursor = filter.decoded_cursor()?;
        Ok(self.memory().traces(filter, cursor))
    }

    /// Answers a query that is asked at `now_unix_nano`.
    ///
    /// # Errors
    /// None from this engine; one that reads files has some.
    pub async fn run(&self, query: &Query, now_unix_nano: i64) -> Result<QueryResult, StoreError> {
        // Rows are shared slices: to copy those of the window is cheap, and nobody waits for the calculations.
        let rows = self.memory().within(&query.window(now_unix_nano));
        Ok(query::oracle::evaluate(query, &rows, now_unix_nano))
    }

    /// A counter that goes up whenever rows came in: wait for a change, then ask again.
    pub fn news(&self) -> watch::Receiver<u64> {
        self.shared.generation.subscribe()
    }

    /// How much the store holds.
    pub fn stats(&self) -> StoreStats {
        self.memory().stats()
    }

    /// A panic while the lock was held would be a bug of this crate; the rows are still better than none.
    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.shared.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
