//! DataFusion, kept in bounds.
//!
//! Questions run on threads of their own, so that a heavy one takes nothing from those that serve requests; two at a time,
//! the others wait. Together they have [`MEMORY`], and each has [`TIME`]: what needs more is refused, in words that say so.

mod functions;
mod histogram;
mod reader;
mod services;
mod table;
pub(crate) mod text;

pub(crate) use functions::{bucket, bucket_ms, heatmap_bucket, hex, percentile};
pub(crate) use histogram::{histogram, values as histogram_values};
pub(crate) use table::{Spans, is_id};

use crate::StoreError;
use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// What all questions together may keep in memory.
const MEMORY: usize = 128 << 20;
/// How long a question may take, from the moment when it is asked.
const TIME: Duration = Duration::from_secs(10);
/// How many are worked on at a time.
const AT_ONCE: usize = 2;
/// What is known of the ends of Parquet files is kept up to this.
const METADATA: usize = 16 << 20;
/// What the rows of a batch may take, about.
const BATCH_BYTES: usize = 8 << 20;
/// An expression of a stranger's may be as deep as its text is long.
const STACK: usize = 32 << 20;

/// The threads and the memory of questions.
pub(crate) struct Engine {
    /// There until it is dropped.
    runtime: Option<Runtime>,
    environment: Arc<RuntimeEnv>,
    turns: Arc<Semaphore>,
    threads: usize,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    pub(crate) fn start() -> Result<Self, StoreError> {
        let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(1, 4);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name("trace-query")
            .thread_stack_size(STACK)
            .enable_time()
            .build()
            .map_err(|error| StoreError::Read(format!("no thread can be started: {error}")))?;
        let environment = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(GreedyMemoryPool::new(MEMORY)))
            .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled))
            .with_metadata_cache_limit(METADATA)
            .build_arc()?;
        Ok(Self {
            runtime: Some(runtime),
            environment,
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            threads,
        })
    }

    /// A session for one question over rows that are at most so large.
    pub(crate) fn session(&self, row_bytes: usize) -> SessionContext {
        let batch = (BATCH_BYTES / row_bytes.max(1)).clamp(64, 8192);
        let mut config = SessionConfig::new()
            .with_target_partitions(self.threads)
            .with_batch_size(batch)
            .with_information_schema(false)
            .with_collect_statistics(false);
        let parquet = &mut config.options_mut().execution.parquet;
        parquet.pushdown_filters = true;
        parquet.reorder_filters = true;
        // It would keep what a filter has read for the answer, whole batches of it in place of the rows that are wanted, and
        // outside of the bounds of memory.
        parquet.max_predicate_cache_size = Some(0);
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(Arc::clone(&self.environment))
            .with_default_features()
            .build();
        SessionContext::new_with_state(state)
    }

    /// Works on a question, in its turn and its time. It ends when nobody waits for the answer any more.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        question: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let Some(runtime) = &self.runtime else {
            return Err(StoreError::Read("the store is closed".to_owned()));
        };
        let turns = Arc::clone(&self.turns);
        let within = async move {
            // Closed with the engine only.
            let _turn = turns.acquire().await;
            question.await
        };
        let work = async move {
            let seconds = TIME.as_secs();
            tokio::time::timeout(TIME, within).await.unwrap_or_else(|_| {
                Err(StoreError::TooLarge(format!(
                    "The answer takes longer than {seconds} seconds. Ask for a shorter time, or for fewer columns."
                )))
            })
        };
        let mut task = Task(runtime.spawn(work));
        (&mut task.0)
            .await
            .unwrap_or_else(|stopped| Err(StoreError::Read(stopped.to_string())))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Its own way to be dropped waits for the threads, which a thread that serves must not.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Work that ends when nobody waits for it.
struct Task<T>(JoinHandle<T>);

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl From<DataFusionError> for StoreError {
    fn from(error: DataFusionError) -> Self {
        match error.find_root() {
            DataFusionError::ResourcesExhausted(_) => Self::TooLarge(format!(
                "The answer takes more memory than the {} MB that questions have. Ask for a shorter time, fewer groups or \
                 fewer columns.",
                MEMORY >> 20
            )),
            DataFusionError::ParquetError(_) | DataFusionError::IoError(_) | DataFusionError::ObjectStore(_) => {
                Self::Read(error.strip_backtrace())
            }
            // Others come of the statement: a division by zero, a text that is no number.
            DataFusionError::ArrowError(cause, _)
                if matches!(
                    **cause,
                    ArrowError::ParquetError(_) | ArrowError::IoError(..) | ArrowError::ExternalError(_)
                ) =>
            {
                Self::Read(error.strip_backtrace())
            }
            _ => Self::Statement(error.strip_backtrace()),
        }
    }
}
