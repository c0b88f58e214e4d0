//! The store follows the span log: what is on disk is what the explorer shows, the server's own spans and relayed ones
//! alike.

use honeycomb::Event;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::{DecodeError, Message};
use span_log::{LogError, Reader, SpanLog, Stored};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use trace_store::TraceStore;

/// The store's place in the log: what is up to there is in a segment.
const CURSOR: &str = "store";
/// What the store said when this log was new: a place in another one, which is gone.
const OF_ANOTHER_LOG: &str = "store.of-another-log";

/// Uncompressed bytes that are read at once: a few thousand spans.
const PAGE: usize = 2 * 1024 * 1024;

/// Brings a store what the log has. Clones share their place.
#[derive(Clone)]
pub struct Follower(Arc<Inner>);

struct Inner {
    log: SpanLog,
    store: TraceStore,
    decode: fn(&[u8]) -> Result<Vec<Event>, DecodeError>,
    /// Held while a page is read and taken: the store is fed from one side, also when the server stops.
    reader: Mutex<Reader>,
    unreadable: AtomicU64,
}

impl Follower {
    /// It begins after what the store has sealed.
    pub(crate) fn new(log: SpanLog, store: TraceStore) -> Self {
        Self::decoding(log, store, decode)
    }

    fn decoding(log: SpanLog, store: TraceStore, decode: fn(&[u8]) -> Result<Vec<Event>, DecodeError>) -> Self {
        let sealed = store.sealed_position();
        if sealed > log.counts().last_seq {
            log.set_cursor(OF_ANOTHER_LOG, sealed);
        }
        // The log's own word of what is sealed may be a moment older than the segments: what they have does not come twice.
        let reader = log.reader(log.cursor(CURSOR).max(sealed_of(&log, &store)));
        Self(Arc::new(Inner {
            log,
            store,
            decode,
            reader: Mutex::new(reader),
            unreadable: AtomicU64::new(0),
        }))
    }

    /// Batches of the log, since the start, that are not in the store, because they are damaged or no OTLP.
    pub(crate) fn unreadable(&self) -> u64 {
        self.0.unreadable.load(Ordering::Relaxed)
    }

    /// Goes on with what is appended. Runs until the log is closed.
    pub(crate) async fn run(self) {
        let mut tail = self.0.log.tail();
        loop {
            // Marked before reading: what comes meanwhile wakes the wait below at once.
            tail.borrow_and_update();
            let follower = self.clone();
            let work = move || {
                let more = follower.page();
                follower.save_place();
                more
            };
            match tokio::task::spawn_blocking(work).await {
                Ok(Ok(true)) => continue,
                Ok(Ok(false)) => {}
                Ok(Err(error)) => {
                    tracing::error!(%error, "the span log could not be read; the next try is with the next batch");
                }
                Err(error) => {
                    return tracing::error!(%error, "the explorer's store has stopped: new traces will not be shown");
                }
            }
            if tail.changed().await.is_err() {
                return;
            }
        }
    }

    /// Brings what is left to the disk; the next start need not read it again. Blocks.
    pub(crate) fn finish(&self) {
        let rest = || -> Result<(), LogError> {
            while self.page()? {}
            Ok(())
        };
        if let Err(error) = rest() {
            tracing::warn!(%error, "the last spans are shown after the next start");
        }
        if let Err(error) = self.0.store.seal() {
            tracing::warn!(%error, "the newest traces stay in the span log, and are shown after the next start");
        }
        self.save_place();
    }

    fn save_place(&self) {
        let sealed = sealed_of(&self.0.log, &self.0.store);
        if sealed > 0 && sealed != self.0.log.cursor(CURSOR) {
            self.0.log.set_cursor(CURSOR, sealed);
        }
    }

    /// Takes one page into the store, and says whether there was any. None once the store has stopped.
    fn page(&self) -> Result<bool, LogError> {
        let Ok(mut reader) = self.0.reader.lock() else {
            return Ok(false);
        };
        let page = reader.page(PAGE)?;
        if page.skipped > 0 {
            tracing::warn!(
                batches = page.skipped,
                "batches were removed from the span log before the store had read them"
            );
        }
        self.0.unreadable.fetch_add(page.unreadable, Ordering::Relaxed);
        if page.batches.is_empty() && page.unreadable == 0 {
            return Ok(false);
        }
        let mut events = Vec::new();
        for batch in &page.batches {
            match self.events(batch) {
                Ok(rows) => events.extend(rows),
                Err(why) => {
                    self.0.unreadable.fetch_add(1, Ordering::Relaxed);
                    tracing::error!(
                        seq = batch.seq,
                        "a batch in the span log is left out of the store: {why}"
                    );
                }
            }
        }
        self.0.store.ingest_to(events, reader.position());
        Ok(true)
    }

    /// A batch that cannot be read, whatever the reason, costs its own spans and no others: it would be met again at each
    /// start.
    fn events(&self, batch: &Stored) -> Result<Vec<Event>, String> {
        match catch_unwind(AssertUnwindSafe(|| (self.0.decode)(&batch.body))) {
            Ok(Ok(events)) => Ok(events),
            Ok(Err(error)) => Err(format!("it is no OTLP ({error})")),
            Err(_) => Err("reading it failed, which is a fault of this server".to_owned()),
        }
    }
}

/// What of this log the store has sealed.
fn sealed_of(log: &SpanLog, store: &TraceStore) -> u64 {
    match store.sealed_position() {
        other if other == log.cursor(OF_ANOTHER_LOG) => 0,
        sealed => sealed,
    }
}

fn decode(body: &[u8]) -> Result<Vec<Event>, DecodeError> {
    Ok(honeycomb::events(&ExportTraceServiceRequest::decode(body)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
    use span_log::Batch;
    use trace_store::StoreConfig;

    fn body(name: &str) -> Vec<u8> {
        let span = Span {
            trace_id: vec![1; 16],
            span_id: vec![2; 8],
            name: name.to_owned(),
            ..Span::default()
        };
        let scope_spans = vec![ScopeSpans {
            spans: vec![span],
            ..ScopeSpans::default()
        }];
        let resource_spans = vec![ResourceSpans {
            scope_spans,
            ..ResourceSpans::default()
        }];
        ExportTraceServiceRequest { resource_spans }.encode_to_vec()
    }

    fn fragile(body: &[u8]) -> Result<Vec<Event>, DecodeError> {
        assert!(!body.ends_with(b"poison"), "a fault of the decoder");
        decode(body)
    }

    async fn append<const N: usize>(log: &SpanLog, bodies: [Vec<u8>; N]) {
        for body in bodies {
            let batch = Batch {
                body,
                spans: 1,
                flags: 0,
            };
            log.append(batch).unwrap().durable().await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_new_log_is_read_from_its_beginning_whatever_was_sealed_of_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let log = |name: &str| {
            SpanLog::open(span_log::Config {
                path: folder.path().join(name),
                max_bytes: 1 << 20,
            })
        };
        let store = TraceStore::open(StoreConfig::new(folder.path().join("traces"))).unwrap();
        let finish = async |log: &SpanLog| {
            let follower = Follower::new(log.clone(), store.clone());
            tokio::task::spawn_blocking(move || follower.finish()).await.unwrap();
            store.stats().events
        };
        let old = log("old").unwrap();
        append(&old, ["a", "b", "c", "d"].map(body)).await;
        assert_eq!(finish(&old).await, 4);

        let new = log("new").unwrap();
        append(&new, ["e", "f"].map(body)).await;
        // This one ends without having sealed anything, as where the machine dies.
        drop(Follower::new(new.clone(), store.clone()));
        append(&new, ["g", "h", "i"].map(body)).await;
        assert_eq!(finish(&new).await, 4 + 5);
        assert_eq!(new.cursor(CURSOR), 5);
        append(&new, ["j"].map(body)).await;
        assert_eq!(finish(&new).await, 4 + 5 + 1, "and what it has does not come twice");
    }

    #[tokio::test]
    async fn a_batch_that_cannot_be_read_costs_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let log = SpanLog::open(span_log::Config {
            path: folder.path().join("log"),
            max_bytes: 1 << 20,
        });
        let log = log.unwrap();
        let store = TraceStore::open(StoreConfig::new(folder.path().join("traces"))).unwrap();
        append(&log, [body("first"), vec![0xff; 9], b"poison".to_vec(), body("last")]).await;
        let follower = Follower::decoding(log.clone(), store.clone(), fragile);
        let finishing = follower.clone();
        tokio::task::spawn_blocking(move || finishing.finish()).await.unwrap();
        assert_eq!(follower.unreadable(), 2);
        assert_eq!(store.stats().events, 2);
        assert_eq!(log.cursor(CURSOR), 4, "they are not read again");
    }
}
