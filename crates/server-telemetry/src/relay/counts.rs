//! What the relay took and refused, in numbers: losses are to be seen, not guessed.

use super::answer::Refusal;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RelayCounts {
    /// Spans that were answered for with 200, and are safe.
    pub accepted_spans: u64,
    /// Requests that were answered with 200.
    pub accepted_requests: u64,
    /// Spans that were taken out of such requests.
    pub refused_spans: SpanRefusals,
    /// What such requests of pages brought to light.
    pub pages: PageFindings,
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

/// What pages' batches brought to light, in spans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageFindings {
    /// Were here already, because an answer had got lost: left out, and answered for all the same.
    pub duplicates: u64,
    /// Have no user, because somebody else was signed in when the page was rendered, or is now.
    pub generation_mismatches: u64,
    /// Never came: pages say that they had to drop them. Whoever can open a page can say so.
    pub dropped_in_pages: u64,
}

/// Requests that were refused, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestRefusals {
    /// 401: no key or not the right one.
    pub unauthorized: u64,
    /// 403: a page of another origin.
    pub forbidden: u64,
    /// 429: too many batches of one session or address.
    pub rate_limited: u64,
    /// 413.
    pub too_large: u64,
    /// 415: a type or an encoding that is not understood.
    pub unsupported: u64,
    /// 400: no OTLP.
    pub malformed: u64,
    /// 503: the sink was full, or failed, or was writing the same spans just then.
    pub unavailable: u64,
}

impl RequestRefusals {
    /// All refused requests.
    pub fn total(&self) -> u64 {
        self.unauthorized
            + self.forbidden
            + self.rate_limited
            + self.too_large
            + self.unsupported
            + self.malformed
            + self.unavailable
    }
}

/// The counters behind [`RelayCounts`].
#[derive(Default)]
pub(super) struct Counters(Mutex<RelayCounts>);

impl Counters {
    pub(super) fn accepted(&self, spans: u32, refused: &SpanRefusals, pages: &PageFindings) {
        let mut counts = self.counts();
        counts.accepted_requests += 1;
        counts.accepted_spans += u64::from(spans);
        let all = &mut counts.refused_spans;
        all.invalid_ids += refused.invalid_ids;
        all.invalid_times += refused.invalid_times;
        all.over_limit += refused.over_limit;
        all.late_page_loads += refused.late_page_loads;
        let all = &mut counts.pages;
        all.duplicates += pages.duplicates;
        all.generation_mismatches += pages.generation_mismatches;
        all.dropped_in_pages = all.dropped_in_pages.saturating_add(pages.dropped_in_pages);
    }

    pub(super) fn refused(&self, refusal: &Refusal) {
        let mut counts = self.counts();
        let all = &mut counts.refused_requests;
        let counter = match refusal {
            Refusal::MissingKey { .. } | Refusal::NoKey { .. } | Refusal::WrongKey { .. } => &mut all.unauthorized,
            Refusal::NotSameOrigin => &mut all.forbidden,
            Refusal::TooOften => &mut all.rate_limited,
            Refusal::TooLarge { .. } => &mut all.too_large,
            Refusal::UnsupportedType | Refusal::UnsupportedEncoding => &mut all.unsupported,
            Refusal::Malformed(_) => &mut all.malformed,
            Refusal::Unavailable | Refusal::BeingWritten => &mut all.unavailable,
        };
        *counter += 1;
    }

    pub(super) fn read(&self) -> RelayCounts {
        *self.counts()
    }

    fn counts(&self) -> MutexGuard<'_, RelayCounts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
