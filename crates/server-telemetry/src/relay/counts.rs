//! What the relay took and refused, in numbers: losses are to be seen, not guessed.

use super::answer::Refusal;
use std::sync::atomic::{AtomicU64, Ordering};

/// Since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RelayCounts {
    /// Spans that were answered for with 200, and are safe.
    pub accepted_spans: u64,
    /// Requests that were answered with 200.
    pub accepted_requests: u64,
    /// Spans that were taken out of such requests.
    pub refused_spans: SpanRefusals,
    /// Requests that were refused as a whole.
    pub refused_requests: RequestRefusals,
}

/// Spans that were refused, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpanRefusals {
    /// The trace id, the span id or the parent's is no id.
    pub invalid_ids: u64,
    /// The span ends before it starts, or lies weeks away from now.
    pub invalid_times: u64,
    /// The batch had more spans than a page may send at once.
    pub over_limit: u64,
    /// The spans of a page load that the server had given up and made itself.
    pub late_page_loads: u64,
}

impl SpanRefusals {
    /// All refused spans.
    pub fn total(&self) -> u64 {
        self.invalid_ids + self.invalid_times + self.over_limit + self.late_page_loads
    }
}

/// Requests that were refused, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestRefusals {
    /// 401: a key, and not the right one.
    pub unauthorized: u64,
    /// 403: neither a page of this origin nor a key.
    pub forbidden: u64,
    /// 413.
    pub too_large: u64,
    /// 415: a type or an encoding that is not understood.
    pub unsupported: u64,
    /// 400: no OTLP.
    pub malformed: u64,
    /// 503: the sink was full, or failed.
    pub unavailable: u64,
}

/// The counters behind [`RelayCounts`].
#[derive(Default)]
pub(super) struct Counters {
    accepted_spans: AtomicU64,
    accepted_requests: AtomicU64,
    invalid_ids: AtomicU64,
    invalid_times: AtomicU64,
    over_limit: AtomicU64,
    late_page_loads: AtomicU64,
    unauthorized: AtomicU64,
    forbidden: AtomicU64,
    too_large: AtomicU64,
    unsupported: AtomicU64,
    malformed: AtomicU64,
    unavailable: AtomicU64,
}

impl Counters {
    pub(super) fn accepted(&self, spans: u32, refused: &SpanRefusals) {
        add(&self.accepted_requests, 1);
        add(&self.accepted_spans, u64::from(spans));
        add(&self.invalid_ids, refused.invalid_ids);
        add(&self.invalid_times, refused.invalid_times);
        add(&self.over_limit, refused.over_limit);
        add(&self.late_page_loads, refused.late_page_loads);
    }

    pub(super) fn refused(&self, refusal: &Refusal) {
        let counter = match refusal {
            Refusal::NoKey { .. } | Refusal::WrongKey { .. } => &self.unauthorized,
            Refusal::NotSameOrigin => &self.forbidden,
            Refusal::TooLarge { .. } => &self.too_large,
            Refusal::UnsupportedType | Refusal::UnsupportedEncoding => &self.unsupported,
            Refusal::Malformed(_) => &self.malformed,
            Refusal::Unavailable => &self.unavailable,
        };
        add(counter, 1);
    }

    pub(super) fn read(&self) -> RelayCounts {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        RelayCounts {
            accepted_spans: get(&self.accepted_spans),
            accepted_requests: get(&self.accepted_requests),
            refused_spans: SpanRefusals {
                invalid_ids: get(&self.invalid_ids),
                invalid_times: get(&self.invalid_times),
                over_limit: get(&self.over_limit),
                late_page_loads: get(&self.late_page_loads),
            },
            refused_requests: RequestRefusals {
                unauthorized: get(&self.unauthorized),
                forbidden: get(&self.forbidden),
                too_large: get(&self.too_large),
                unsupported: get(&self.unsupported),
                malformed: get(&self.malformed),
                unavailable: get(&self.unavailable),
            },
        }
    }
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}
