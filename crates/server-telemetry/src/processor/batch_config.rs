//! How spans are batched.
//!
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#batch-span-processor>

use std::time::Duration;

/// How spans are queued and batched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchConfig {
    /// Spans that wait at most; more are dropped and counted. `OTEL_BSP_MAX_QUEUE_SIZE`, 2048.
    pub max_queue_size: usize,
    /// Spans in a batch at most; so many are written without waiting for the delay.
    /// `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`, 512.
    pub max_export_batch_size: usize,
    /// How long the first span of a batch waits for others. `OTEL_BSP_SCHEDULE_DELAY`, 200 ms: the log is local, and
    /// people look at what they have just done. (The specification's default, 5 s, is for a backend far away.)
    pub schedule_delay: Duration,
    /// How long `force_flush` waits at most. `OTEL_BSP_EXPORT_TIMEOUT`, 30 s.
    pub export_timeout: Duration,
}

impl Default for BatchConfig {
    fn default() -> Self {
        Self {
            max_queue_size: 2048,
            max_export_batch_size: 512,
            schedule_delay: Duration::from_millis(200),
            export_timeout: Duration::from_secs(30),
        }
    }
}
