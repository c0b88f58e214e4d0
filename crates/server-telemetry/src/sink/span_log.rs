//! The durable span log as a sink.

use super::{Ack, EncodedBatch, SinkError, SpanSink};
use span_log::{AppendError, Batch, SpanLog};

impl SpanSink for SpanLog {
    fn append(&self, batch: EncodedBatch) -> Result<Ack, SinkError> {
        let EncodedBatch { body, spans } = batch;
        // The log's own `append`, not this one.
        let pending = SpanLog::append(self, Batch { body, spans, flags: 0 }).map_err(|error| match error {
            AppendError::Full => SinkError::Full,
            other => SinkError::Failed(Box::new(other)),
        })?;
        Ok(Ack::new(async move {
            match pending.durable().await {
                Ok(_) => Ok(()),
                Err(error) => Err(SinkError::Failed(Box::new(error))),
            }
        }))
    }
}
