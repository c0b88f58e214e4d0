//! The store follows the span log: what is on disk is what the explorer shows, the server's own spans and relayed ones
//! alike.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use span_log::{LogError, Reader, SpanLog};
use trace_store::TraceStore;

/// Uncompressed bytes that are read at once: a few thousand spans.
const PAGE: usize = 2 * 1024 * 1024;

/// Only a store that is further behind than this many batches looks whether it should skip some.
const BEHIND: u64 = 1_000;

/// Fills the store with the newest `events` of the log, and goes on with what is appended. Runs until the log is
/// closed.
pub(crate) async fn follow(log: SpanLog, store: TraceStore, events: u64) {
    let mut tail = log.tail();
    let mut reader = match log.seq_before_spans(events) {
        Ok(after) => log.reader(after),
        Err(error) => return tracing::error!(%error, "the span log cannot be read: the explorer stays empty"),
    };
    loop {
        // Marked before reading: what comes meanwhile wakes the wait below at once.
        tail.borrow_and_update();
        let (from, into) = (log.clone(), store.clone());
        let work = move || {
            let more = catch_up(&from, &mut reader, events).and_then(|()| page(&mut reader, &into));
            (reader, more)
        };
        match tokio::task::spawn_blocking(work).await {
            Ok((returned, more)) => {
                reader = returned;
                match more {
                    Ok(true) => continue,
                    Ok(false) => {}
                    Err(error) => {
                        tracing::error!(%error, "the span log could not be read; the next try is with the next batch");
                    }
                }
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

/// Passes over what the store could not keep anyway: where more is appended than it can take in, it would fall behind
/// further and further, to take in rows that make place for newer ones at once. They stay in the log.
fn catch_up(log: &SpanLog, reader: &mut Reader, events: u64) -> Result<(), LogError> {
    let position = reader.position();
    if log.tail().borrow().saturating_sub(position) <= BEHIND {
        return Ok(());
    }
    let after = log.seq_before_spans(events)?;
    if after > position {
        tracing::warn!(
            batches = after - position,
            "spans come faster than the explorer's store takes them in: it goes on with the newest that it can hold"
        );
        *reader = log.reader(after);
    }
    Ok(())
}

/// Takes one page into the store, and says whether there was any.
fn page(reader: &mut Reader, store: &TraceStore) -> Result<bool, LogError> {
    let page = reader.page(PAGE)?;
    if page.skipped > 0 {
        tracing::warn!(
            batches = page.skipped,
            "batches were removed from the span log before the store had read them"
        );
    }
    for batch in &page.batches {
        match ExportTraceServiceRequest::decode(batch.body.as_slice()) {
            Ok(request) => store.ingest(honeycomb::events(&request)),
            Err(error) => tracing::error!(seq = batch.seq, %error, "a batch in the span log is no OTLP: left out"),
        }
    }
    Ok(!page.batches.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use span_log::Batch;

    #[test]
    fn a_store_that_is_far_behind_goes_on_with_what_it_can_hold() {
        let folder = tempfile::tempdir().unwrap();
        let log = SpanLog::open(span_log::Config::new(folder.path().join("log"))).unwrap();
        let batch = || Batch {
            body: vec![0; 8],
            spans: 2,
            flags: 0,
        };
        // Fewer at once than the log's queue takes.
        for _ in 0..12 {
            let pending: Vec<_> = (0..100).map(|_| log.append(batch()).unwrap()).collect();
            for pending in pending {
                pending.wait().unwrap();
            }
        }
        let position_after = |start, events| {
            let mut reader = log.reader(start);
            catch_up(&log, &mut reader, events).unwrap();
            reader.position()
        };
        assert_eq!(
            position_after(0, 100),
            1_150,
            "the last fifty batches are a hundred spans"
        );
        assert_eq!(position_after(0, 5_000), 0, "the store can hold all that there is");
        assert_eq!(position_after(300, 100), 300, "not far behind");
    }
}
