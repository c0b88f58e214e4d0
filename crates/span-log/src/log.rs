//! The handle that everybody holds.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::watch;

use crate::queue::{Counts, Queue};
use crate::writer::Writer;
use crate::{AppendError, Batch, LogError, Pending, Reader, file};

/// Where the log is and how large it may become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The SQLite file. Its folder is created; SQLite puts its `-wal` and `-shm` files beside it, and we a `.lock`.
    pub path: PathBuf,
    /// The most compressed bytes of bodies that are kept. When a group would pass it, the oldest batches go; the group
    /// itself stays. A bound that was lowered takes effect with the next append, and the file does not shrink.
    pub max_bytes: u64,
}

impl Config {
    /// 256 MiB at this path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            max_bytes: 256 << 20,
        }
    }
}

/// The log. Clones are handles of the same one; it is closed when the last goes, or by [`SpanLog::close`].
#[derive(Debug, Clone)]
pub struct SpanLog(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    queue: Arc<Queue>,
    tail: watch::Receiver<u64>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl SpanLog {
    /// Opens the log, recovers what a crash left, and starts the writer's thread.
    ///
    /// The whole file is checked, which takes about 1 ms per MiB where the system has it cached, and as long as reading
    /// it takes where not. A damaged one is renamed to `<name>.damaged-<unix µs>`, with a warning, and a fresh one begun.
    ///
    /// # Errors
    ///
    /// [`LogError::Prepare`], [`LogError::InUse`] (after some seconds, in case the other process is just stopping),
    /// [`LogError::Foreign`] or [`LogError::Open`].
    pub fn open(config: Config) -> Result<Self, LogError> {
        let Config { path, max_bytes } = config;
        let lock = file::lock(&path)?;
        let conn = file::open_or_replace(&path)?;
        let (writer, counts, cursors) = Writer::new(conn, lock, max_bytes).map_err(|source| LogError::Open {
            path: path.clone(),
            source: Arc::new(source),
        })?;
        let tail = writer.tail();
        let queue = Arc::new(Queue::new(counts, cursors));
        let thread = {
            let queue = Arc::clone(&queue);
            thread::Builder::new()
                .name("span-log".to_owned())
                .spawn(move || writer.run(&queue))
                .map_err(|source| LogError::Prepare {
                    path: path.clone(),
                    source: Arc::new(source),
                })?
        };
        Ok(Self(Arc::new(Inner {
            path,
            queue,
            tail,
            thread: Mutex::new(Some(thread)),
        })))
    }

    /// Queues a batch without blocking. It is safe when the [`Pending`] says so, and not before.
    ///
    /// # Errors
    ///
    /// [`AppendError`]: the batch was not taken, and was counted.
    pub fn append(&self, batch: Batch) -> Result<Pending, AppendError> {
        self.0.queue.push(batch)
    }

    /// A reader of what comes after `seq` (0: everything), with a connection of its own.
    ///
    /// A `seq` that this log never reached is from a log that is gone (a caller that keeps its place elsewhere, after
    /// a damaged file was replaced): the reader then starts at the beginning, for it has seen nothing of this one.
    pub fn reader(&self, after: u64) -> Reader {
        let last = self.0.queue.counts().last_seq;
        let position = if after > last {
            tracing::warn!(
                after,
                last,
                "a reader's place lies beyond the span log's end; it starts at the beginning"
            );
            0
        } else {
            after
        };
        Reader::new(self.0.path.clone(), position)
    }

    /// The place that a reader last saved under this name; 0 where it never did.
    pub fn cursor(&self, name: &str) -> u64 {
        self.0.queue.cursor(name)
    }

    /// Saves a reader's place. It is on disk with the next group, or half a second later, whichever comes first.
    pub fn set_cursor(&self, name: &str, seq: u64) {
        self.0.queue.set_cursor(name, seq);
    }

    /// Where a reader has to start (`reader(after)`) to see the newest `spans` spans: the smallest number of whole
    /// batches that hold as many, or all that there are.
    ///
    /// # Errors
    ///
    /// [`LogError::Read`].
    pub fn seq_before_spans(&self, spans: u64) -> Result<u64, LogError> {
        let newest_first = || -> rusqlite::Result<u64> {
            let conn = file::open_to_read(&self.0.path)?;
            let mut select = conn.prepare("SELECT seq, spans FROM batches ORDER BY seq DESC")?;
            let mut rows = select.query([])?;
            let (mut seen, mut before) = (0, None);
            while let Some(row) = rows.next()? {
                let seq = row.get::<_, i64>(0)?.cast_unsigned();
                if seen >= spans {
                    return Ok(seq);
                }
                seen += u64::from(row.get::<_, u32>(1)?);
                before = Some(seq - 1);
            }
            Ok(before.unwrap_or_else(|| *self.0.tail.borrow()))
        };
        newest_first().map_err(LogError::read)
    }

    /// What the log holds, and what was lost since it was opened.
    pub fn counts(&self) -> Counts {
        self.0.queue.counts()
    }

    /// The newest number that is on disk. It changes after each group, so followers wake at once instead of polling;
    /// its sender goes when the log is closed.
    pub fn tail(&self) -> watch::Receiver<u64> {
        self.0.tail.clone()
    }

    /// Takes nothing more, writes what is queued, checkpoints, and ends the thread; for all handles of this log. Blocks
    /// until done.
    pub fn close(self) {
        self.0.close();
    }
}

impl Inner {
    fn close(&self) {
        self.queue.close();
        // Held while joining: whoever closes second waits as well.
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the span log's thread panicked; batches that it had not acknowledged are lost");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}
