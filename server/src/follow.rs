//! The store follows the span log: what is on disk is what the explorer shows, the server's own spans and relayed ones
//! alike.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use span_log::{LogError, Reader, SpanLog};
use trace_store::TraceStore;

/// Uncompressed bytes that are read at once: a few thousand spans.
const PAGE: usize = 2 * 1024 * 1024;

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
        let into = store.clone();
        let work = move || {
            let more = page(&mut reader, &into);
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
