//! From the span log to backends: one sender for each [`OtlpTarget`], each at its own place in the log.
//!
//! A sender reads a page, ends its read, and posts the page's batches, a request at a time. When the backend has answered
//! 2xx, and not before, its cursor moves on; the cursor is on disk half a second later at most. So nothing is lost while a
//! backend is down: its cursor lags, until the log's bound drops the oldest batches, which is counted. And nothing is
//! delivered twice but what the backend took without our knowing: an answer that was lost, or a crash right after it. Such
//! spans come again with the same ids.
//!
//! A backend that the log does not know yet is sent all that the log holds. Whoever adds a key to find the trace they have
//! just seen finds it, a trace that was under way at the restart is whole, and a backend that was taken out of the
//! configuration for a day gets that day: it is one rule, and the log's bound is its limit.
//!
//! What fails is tried again for as long as it takes (see `answer` for what is given up), and said once in words. A
//! sender's requests make no spans: they would be sent in their turn.

mod answer;
mod cursor;
mod pace;
mod part;
mod status;
mod task;

#[doc(hidden)]
pub use answer::judged;
pub use pace::Pace;
pub use status::{SenderState, SenderStatus};

use crate::OtlpTarget;
use crate::client::TracedClient;
use opentelemetry::Context;
use opentelemetry::trace::FutureExt;
use span_log::SpanLog;
use status::Board;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use task::Task;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

/// A target, and whether it may be sent to.
#[derive(Debug)]
pub struct SenderConfig {
    /// Where to.
    pub target: OtlpTarget,
    /// Watched for as long as the sender runs; none is [`Permission::Granted`]. Nothing is sent before it is granted.
    pub permission: Option<watch::Receiver<Permission>>,
    /// How fast, and how it waits.
    pub pace: Pace,
}

impl From<OtlpTarget> for SenderConfig {
    fn from(target: OtlpTarget) -> Self {
        Self {
            target,
            permission: None,
            pace: Pace::default(),
        }
    }
}

/// Whether a sender may send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Not (yet), for this reason, which is shown in `/health`.
    Held(String),
    /// It may.
    Granted,
}

/// The senders of a process. Clones are handles of the same ones.
///
/// They end with [`Senders::stop`], when the last handle is dropped, or when the log is closed.
#[derive(Clone)]
pub struct Senders(Arc<Inner>);

struct Inner {
    log: SpanLog,
    boards: Vec<Arc<Board>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    stop: watch::Sender<bool>,
}

impl Senders {
    /// Starts a task for each target, on the current tokio runtime.
    pub fn start(log: &SpanLog, client: &TracedClient, configs: Vec<SenderConfig>) -> Self {
        let stop = watch::Sender::new(false);
        let mut names = BTreeSet::new();
        let (boards, tasks) = configs
            .into_iter()
            .map(|config| {
                let cursor = cursor::name(&config.target, &mut names);
                let (task, reader) = Task::new(log.clone(), client.clone(), config, cursor, stop.subscribe());
                let board = task.board();
                let quiet = Context::current().with_telemetry_suppressed();
                (board, tokio::spawn(task.run(reader).with_context(quiet)))
            })
            .unzip();
        Self(Arc::new(Inner {
            log: log.clone(),
            boards,
            tasks: Mutex::new(tasks),
            stop,
        }))
    }

    /// How they are doing, in the order of their targets.
    pub fn status(&self) -> Vec<SenderStatus> {
        self.0.boards.iter().map(|board| board.read(&self.0.log)).collect()
    }

    /// Sends what the log holds now, and ends. A backend that is in trouble gets one more attempt and no more; who has not
    /// done after `within` is ended as well. What was not delivered is the next start's.
    ///
    /// Call it when the last spans are in the log, and before the log is closed.
    pub async fn stop(&self, within: Duration) {
        self.0.stop.send_replace(true);
        let deadline = Instant::now() + within;
        let tasks = std::mem::take(&mut *self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for mut task in tasks {
            if timeout_at(deadline, &mut task).await.is_err() {
                task.abort();
                // The cursor is set as far as answers have come, and is set no more.
                _ = task.await;
            }
        }
        for board in &self.0.boards {
            board.stopped();
        }
        for status in self.status() {
            if status.lag_batches > 0 {
                tracing::info!(
                    batches = status.lag_batches,
                    "{} has not taken everything: the rest is sent after the next start",
                    status.name
                );
            }
        }
    }
}

impl fmt::Debug for Senders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Senders").field(&self.status()).finish()
    }
}
