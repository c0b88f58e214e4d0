//! The store follows the span log: what is on disk is what the explorer shows, the server's own spans and relayed ones
//! alike.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use span_log::{LogError, Reader, SpanLog};
use trace_store::TraceStore;

/// The store's place in the log: what is up to there is in a segment.
const CURSOR: &str = "store";

/// Uncompressed bytes that are read at once: a few thousand spans.
const PAGE: usize = 2 * 1024 * 1024;

/// Brings the store what it has not sealed yet, and goes on with what is appended. Runs until the log is closed.
pub(crate) async fn follow(log: SpanLog, store: TraceStore) {
    let mut tail = log.tail();
    // The log's own word of what is sealed may be a moment older than the segments: what they have does not come twice.
    let mut reader = log.reader(log.cursor(CURSOR).max(store.sealed_position()));
    loop {
        // Marked before reading: what comes meanwhile wakes the wait below at once.
        tail.borrow_and_update();
        let (log, store) = (log.clone(), store.clone());
        let work = move || {
            let more = page(&mut reader, &store);
            save_place(&log, &store);
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

/// Brings what is left to the disk; the next start need not read it again. Blocks.
pub(crate) fn finish(log: &SpanLog, store: &TraceStore) {
    let mut reader = log.reader(store.position());
    let mut rest = || -> Result<(), LogError> {
        while page(&mut reader, store)? {}
        Ok(())
    };
    if let Err(error) = rest() {
        tracing::warn!(%error, "the last spans are shown after the next start");
    }
    if let Err(error) = store.seal() {
        tracing::warn!(%error, "the newest traces stay in the span log, and are shown after the next start");
    }
    save_place(log, store);
}

fn save_place(log: &SpanLog, store: &TraceStore) {
    let sealed = store.sealed_position();
    if sealed != log.cursor(CURSOR) {
        log.set_cursor(CURSOR, sealed);
    }
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
    let Some(last) = page.batches.last() else {
        return Ok(false);
    };
    let position = last.seq;
    let mut events = Vec::new();
    for batch in &page.batches {
        match ExportTraceServiceRequest::decode(batch.body.as_slice()) {
            Ok(request) => events.extend(honeycomb::events(&request)),
            Err(error) => tracing::error!(seq = batch.seq, %error, "a batch in the span log is no OTLP: left out"),
        }
    }
    store.ingest_to(events, position);
    Ok(true)
}
