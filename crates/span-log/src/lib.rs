//! The durable path of every span: append OTLP bodies, have them on disk, read them from a cursor, within a bound.
//!
//! A process that takes telemetry has to answer "I have it" long before a backend has it. This log is what makes the
//! answer true: a batch is acknowledged after an fsync, survives `kill -9` and a power cut, and waits there for any
//! number of readers (an embedded store, one sender per backend), each of which keeps its own place. A reader that is
//! slow or dead costs nothing but its own lag, until the log reaches its bound and drops the oldest batches. Whatever
//! is lost, to a full queue, a full disk or the bound, is a number in [`Counts`].
//!
//! # How it works
//!
//! The log is one SQLite file of its own in WAL mode with `synchronous=FULL`, and one thread writes to it. Callers
//! queue their batches ([`SpanLog::append`] never blocks); the thread takes whatever waits, at most
//! [`GROUP_BATCHES`], and writes it in one transaction: **many batches, one fsync**, so that the throughput does not
//! hang on the disk's latency. A lone batch does not wait for company.
//!
//! - Each batch has a sequence number. They start at 1, have no gaps, and are never used twice, not after a restart
//!   either.
//! - Bodies are compressed (zstd level 1, with a checksum). No request headers are kept, so no keys.
//! - The bound is on the compressed bytes. Deleted pages are used again, so the file stays about as large as the
//!   bound plus a few MiB of write-ahead log; it does not shrink.
//! - [`Reader::page`] copies some rows and ends its read before it returns. A read that stayed open while its rows are
//!   worked on or sent would keep SQLite from recycling the write-ahead log, which would then grow without end.
//! - Cursors ([`SpanLog::set_cursor`]) are written along with the next group. After a crash a reader may see the last
//!   batches again: delivery is *at least once*.
//! - A file that is damaged is renamed, with a warning, and a fresh one is begun: telemetry must not keep an app from
//!   starting.
//!
//! # Example
//!
//! ```
//! use span_log::{Batch, Config, SpanLog};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("spans.sqlite");
//! let log = SpanLog::open(Config::new(path))?;
//!
//! // A plain thread waits with `wait`, async code with `durable().await`.
//! let body = vec![1, 2, 3]; // an encoded OTLP ExportTraceServiceRequest
//! let seq = log.append(Batch { body, spans: 1, flags: 0 })?.wait()?;
//!
//! // A reader goes on where it was before the restart.
//! let mut reader = log.reader(log.cursor("store"));
//! let page = reader.page(4 << 20)?;
//! assert_eq!(page.batches[0].seq, seq);
//! assert_eq!(page.batches[0].body, [1, 2, 3]);
//! log.set_cursor("store", reader.position());
//! log.close();
//! # Ok(())
//! # }
//! ```
//!
//! Following the log, without polling:
//!
//! ```
//! # use span_log::{LogError, Reader, SpanLog, Stored};
//! async fn follow(log: SpanLog, mut handle: impl FnMut(Stored)) -> Result<(), LogError> {
//!     let mut tail = log.tail();
//!     let mut reader = log.reader(log.cursor("store"));
//!     loop {
//!         tail.borrow_and_update();
//!         let page = reader.page(4 << 20)?;
//!         if page.batches.is_empty() {
//!             if tail.changed().await.is_err() {
//!                 return Ok(()); // the log was closed
//!             }
//!             continue;
//!         }
//!         page.batches.into_iter().for_each(&mut handle);
//!         log.set_cursor("store", reader.position());
//!     }
//! }
//! ```
//!
//! (In an async program, read pages on a blocking thread: a page is a disk read and some decompression.)

mod batch;
mod contents;
mod error;
mod file;
mod log;
mod queue;
mod reader;
mod writer;

pub use batch::{Batch, Pending};
pub use error::{AppendError, LogError};
pub use log::{Config, SpanLog};
pub use queue::{Counts, GROUP_BATCHES, QUEUE_BATCHES, QUEUE_BYTES};
pub use reader::{Page, Reader, Stored};
