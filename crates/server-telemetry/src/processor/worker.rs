//! The queue, and the thread that empties it.
//!
//! One mutex holds the queue and what the thread is asked to do; it is held for the few moments that moving spans
//! takes, never while anything is encoded or written.

use super::{BatchConfig, Counters};
use crate::sink::{Ack, EncodedBatch, SinkError, SpanSink};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use prost::Message;
use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often a batch is offered to a sink that is full, and the pause between: together a second, in which the queue
/// goes on filling up.
const OFFERS: u32 = 50;
const PAUSE: Duration = Duration::from_millis(20);

/// Batches that the sink has and has not acknowledged.
const MOST_UNDER_WAY: usize = 16;

/// What a flush came to.
pub(super) enum Flushed {
    All,
    /// So many spans were given up since the flush began.
    Lost(u64),
    TimedOut,
}

pub(super) struct Shared {
    pub(super) config: BatchConfig,
    pub(super) counters: Counters,
    state: Mutex<State>,
    /// Wakes the thread: a first span, a full batch, a flush, the end.
    wake: Condvar,
    /// Wakes those who flush: a batch is done.
    done: Condvar,
}

struct State {
    queue: VecDeque<SpanData>,
    /// Spans ever queued.
    queued: u64,
    /// Spans ever written, or given up.
    settled: u64,
    /// No delay until `settled` is here.
    flush_to: u64,
    closed: bool,
    resource: Arc<ResourceAttributesWithSchema>,
}

impl Shared {
    pub(super) fn new(config: BatchConfig) -> Self {
        Self {
            config,
            counters: Counters::default(),
            state: Mutex::new(State {
                queue: VecDeque::new(),
                queued: 0,
                settled: 0,
                flush_to: 0,
                closed: false,
                resource: Arc::default(),
            }),
            wake: Condvar::new(),
            done: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_resource(&self, resource: &Resource) {
        self.lock().resource = Arc::new(resource.into());
    }

    /// Queues a span; `false` where there is no room.
    pub(super) fn push(&self, span: SpanData) -> bool {
        let mut state = self.lock();
        if state.closed || state.queue.len() >= self.config.max_queue_size {
            return false;
        }
        state.queue.push_back(span);
        state.queued += 1;
        let waiting = state.queue.len();
        drop(state);
        if waiting == 1 || waiting == self.config.max_export_batch_size {
            self.wake.notify_one();
        }
        true
    }

    /// Takes no more spans; `false` where that was so already.
    pub(super) fn close(&self) -> bool {
        let mut state = self.lock();
        let was_open = !state.closed;
        state.closed = true;
        drop(state);
        self.wake.notify_one();
        was_open
    }

    /// Waits until all that is queued now has been written, or given up.
    pub(super) fn flush(&self, deadline: Instant) -> Flushed {
        let mut state = self.lock();
        let target = state.queued;
        let lost_before = self.counters.dropped_failed.load(Ordering::Relaxed);
        state.flush_to = state.flush_to.max(target);
        self.wake.notify_one();
        while state.settled < target {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else {
                return Flushed::TimedOut;
            };
            state = self
                .done
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        match self.counters.dropped_failed.load(Ordering::Relaxed) - lost_before {
            0 => Flushed::All,
            lost => Flushed::Lost(lost),
        }
    }

    /// The thread: until the processor is closed and the queue is empty.
    ///
    /// While another full batch is there, it does not wait for the sink: a log brings many batches to the disk at once, and
    /// one at a time would let the queue overflow on a slow disk. Before it waits for spans, all that was handed in is settled.
    pub(super) fn run(&self, sink: &dyn SpanSink) {
        let mut under_way = VecDeque::new();
        while let Some((spans, resource)) = self.next_batch() {
            let count = spans.len();
            under_way.push_back((count, append(sink, spans, &resource)));
            while under_way.len() == MOST_UNDER_WAY || !self.is_behind() {
                let Some((count, appended)) = under_way.pop_front() else {
                    break;
                };
                self.settle(count, appended.and_then(Ack::wait));
            }
        }
    }

    /// Whether a full batch waits.
    fn is_behind(&self) -> bool {
        self.lock().queue.len() >= self.config.max_export_batch_size
    }

    fn settle(&self, count: usize, written: Result<(), SinkError>) {
        let counter = match &written {
            Ok(()) => &self.counters.exported,
            Err(error) => {
                let cause = std::error::Error::source(error).map(ToString::to_string);
                tracing::warn!(spans = count, cause, "spans are lost: {error}");
                &self.counters.dropped_failed
            }
        };
        counter.fetch_add(count as u64, Ordering::Relaxed);
        self.lock().settled += count as u64;
        self.done.notify_all();
    }

    /// Waits for a batch: a full one, or what has come within the delay after its first span.
    fn next_batch(&self) -> Option<(Vec<SpanData>, Arc<ResourceAttributesWithSchema>)> {
        let mut state = self.lock();
        let mut due = None;
        loop {
            let waiting = state.queue.len();
            if waiting == 0 {
                if state.closed {
                    return None;
                }
                state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let due = *due.get_or_insert_with(|| Instant::now() + self.config.schedule_delay);
            let now = Instant::now();
            let hurry = state.closed || state.settled < state.flush_to;
            if hurry || waiting >= self.config.max_export_batch_size || now >= due {
                let size = waiting.min(self.config.max_export_batch_size);
                let spans = state.queue.drain(..size).collect();
                return Some((spans, state.resource.clone()));
            }
            state = self
                .wake
                .wait_timeout(state, due - now)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

/// Encodes a batch and appends it.
fn append(
    sink: &dyn SpanSink,
    spans: Vec<SpanData>,
    resource: &ResourceAttributesWithSchema,
) -> Result<Ack, SinkError> {
    let count = u32::try_from(spans.len()).unwrap_or(u32::MAX);
    let body = ExportTraceServiceRequest {
        resource_spans: group_spans_by_resource_and_scope(spans, resource),
    }
    .encode_to_vec();
    let mut offers = OFFERS;
    loop {
        let batch = EncodedBatch {
            body: body.clone(),
            spans: count,
        };
        match sink.append(batch) {
            Err(SinkError::Full) if offers > 1 => {
                offers -= 1;
                std::thread::sleep(PAUSE);
            }
            appended => return appended,
        }
    }
}
