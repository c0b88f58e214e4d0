//! What waits for the writer, and the numbers: the one thing that callers and the writer share.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::oneshot;

use crate::{AppendError, Batch, LogError, Pending};

/// The most batches that one transaction (one fsync) takes.
pub const GROUP_BATCHES: usize = 64;
/// The most batches that wait: a few groups, which a healthy disk works off in milliseconds.
pub const QUEUE_BATCHES: usize = 4 * GROUP_BATCHES;
/// The most bytes (not compressed) that wait, so that large batches cannot eat the memory; also the largest batch.
pub const QUEUE_BYTES: usize = 64 << 20;
/// How long cursors wait for a group to be written along with; moving a cursor is then no fsync of its own.
const CURSOR_DELAY: Duration = Duration::from_millis(500);

/// What the log holds, and what happened since it was opened. No batch is in two of the loss counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Batches that reached the disk.
    pub appended_batches: u64,
    /// Spans in them.
    pub appended_spans: u64,
    /// Batches that were not queued (see [`AppendError`]).
    pub refused_batches: u64,
    /// Spans in them.
    pub refused_spans: u64,
    /// Batches that were queued and that the disk did not take.
    pub failed_batches: u64,
    /// Spans in them.
    pub failed_spans: u64,
    /// Batches deleted because the log was at its bound.
    pub evicted_batches: u64,
    /// Spans in them.
    pub evicted_spans: u64,
    /// Batches waiting now.
    pub queued_batches: u64,
    /// Batches stored now.
    pub stored_batches: u64,
    /// Compressed bytes of the bodies stored now.
    pub stored_bytes: u64,
    /// The oldest sequence number there is; `last_seq + 1` in an empty log.
    pub first_seq: u64,
    /// The newest sequence number that is on disk; 0 before the first.
    pub last_seq: u64,
}

/// A batch that waits, with the way back to its caller.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) batch: Batch,
    /// When it was appended; unix microseconds.
    pub(crate) received: u64,
    answer: oneshot::Sender<Result<u64, LogError>>,
}

impl Job {
    /// Tells the caller, who may have gone.
    pub(crate) fn answer(self, result: Result<u64, LogError>) {
        let _ = self.answer.send(result);
    }
}

/// What one transaction writes.
#[derive(Debug, Default)]
pub(crate) struct Group {
    pub(crate) jobs: Vec<Job>,
    /// Cursors that moved.
    pub(crate) cursors: BTreeMap<String, u64>,
    /// Nothing comes after it.
    pub(crate) last: bool,
}

#[derive(Debug, Default)]
struct State {
    jobs: VecDeque<Job>,
    /// Of the bodies in `jobs`.
    bytes: usize,
    /// As last set, on disk or not.
    cursors: BTreeMap<String, u64>,
    /// Those of `cursors` that are not on disk yet.
    moved: BTreeMap<String, u64>,
    closed: bool,
    counts: Counts,
}

#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    wake: Condvar,
}

impl Queue {
    /// An empty queue in front of a file with these contents.
    pub(crate) fn new(counts: Counts, cursors: BTreeMap<String, u64>) -> Self {
        Self {
            state: Mutex::new(State {
                counts,
                cursors,
                ..State::default()
            }),
            wake: Condvar::new(),
        }
    }

    /// No code panics while it holds the lock; and if it did, telemetry is no reason to take others down.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, batch: Batch) -> Result<Pending, AppendError> {
        let mut state = self.state();
        let bytes = batch.body.len();
        let refusal = if state.closed {
            Some(AppendError::Closed)
        } else if bytes > QUEUE_BYTES {
            Some(AppendError::TooLarge { bytes })
        } else if state.jobs.len() >= QUEUE_BATCHES || state.bytes + bytes > QUEUE_BYTES {
            Some(AppendError::Full)
        } else {
            None
        };
        if let Some(refusal) = refusal {
            state.counts.refused_batches += 1;
            state.counts.refused_spans += u64::from(batch.spans);
            return Err(refusal);
        }
        let (answer, pending) = oneshot::channel();
        let received = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let received = u64::try_from(received.as_micros()).unwrap_or(u64::MAX);
        state.bytes += bytes;
        state.jobs.push_back(Job {
            batch,
            received,
            answer,
        });
        drop(state);
        self.wake.notify_one();
        Ok(Pending(pending))
    }

    /// Blocks until there is something to write: batches at once, cursors after a while, everything when closed.
    pub(crate) fn next(&self) -> Group {
        let mut state = self.state();
        let mut cursors_due = None;
        while state.jobs.is_empty() && !state.closed {
            if state.moved.is_empty() {
                state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let now = Instant::now();
            let due = *cursors_due.get_or_insert(now + CURSOR_DELAY);
            if now >= due {
                break;
            }
            state = self
                .wake
                .wait_timeout(state, due - now)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        let take = state.jobs.len().min(GROUP_BATCHES);
        let jobs: Vec<Job> = state.jobs.drain(..take).collect();
        state.bytes -= jobs.iter().map(|job| job.batch.body.len()).sum::<usize>();
        Group {
            jobs,
            cursors: std::mem::take(&mut state.moved),
            last: state.closed && state.jobs.is_empty(),
        }
    }

    /// Cursors that could not be written wait for the next group, unless they have moved on since.
    pub(crate) fn put_back(&self, cursors: BTreeMap<String, u64>) {
        let mut state = self.state();
        for (name, seq) in cursors {
            state.moved.entry(name).or_insert(seq);
        }
    }

    pub(crate) fn cursor(&self, name: &str) -> u64 {
        self.state().cursors.get(name).copied().unwrap_or(0)
    }

    pub(crate) fn set_cursor(&self, name: &str, seq: u64) {
        let mut state = self.state();
        if state.cursors.insert(name.to_owned(), seq) != Some(seq) {
            state.moved.insert(name.to_owned(), seq);
            drop(state);
            self.wake.notify_one();
        }
    }

    pub(crate) fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.state().counts);
    }

    pub(crate) fn counts(&self) -> Counts {
        let state = self.state();
        Counts {
            queued_batches: state.jobs.len() as u64,
            ..state.counts
        }
    }

    /// Takes nothing more. What waits is still written.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.wake.notify_all();
    }

    /// Takes nothing more and lets go of what waits; the callers hear [`LogError::Closed`]. For a writer that ended.
    pub(crate) fn abandon(&self) {
        let mut state = self.state();
        state.closed = true;
        state.bytes = 0;
        state.jobs.clear();
    }
}
