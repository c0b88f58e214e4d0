//! A page's batch: bounded, freed of what a page has no say in, moved onto the server's clock, and stamped with what the
//! server knows.

use super::answer::Refusal;
use super::attribute::text;
use super::clock::Clock;
use super::counts::{PageFindings, SpanRefusals};
use super::resource::Statement;
use super::seen::{Reservation, Seen};
use super::{EndUser, ids, limits, resource};
use crate::page::{Arrivals, PageTraces};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use trace_wire::attribute;

/// How far from now a span may lie: a page may have been asleep for weeks, and its clock may be wrong by hours, but the
/// year 1970 or 2100 would only spoil every view by time.
const PAST: Duration = Duration::from_secs(30 * 24 * 60 * 60);
const FUTURE: Duration = Duration::from_secs(24 * 60 * 60);
/// How far in the future a span may end whose page knows how its clock is off, beyond the error that it states: it has
/// ended before it was sent. Clocks drift between two fetches, and are set.
const FUTURE_OF_MOVED: Duration = Duration::from_secs(60);
/// The longest `tracestate` that is worth keeping (W3C Trace Context, §3.3.1.5).
const TRACE_STATE: usize = 512;

/// What the server knows of a page's spans.
pub(super) struct Stamp {
    pub(super) service: String,
    pub(super) user: Option<EndUser>,
    pub(super) now: SystemTime,
    pub(super) pages: Option<PageTraces>,
    pub(super) seen: Arc<Seen>,
}

/// What came out of a page's batch, beside the batch.
pub(super) struct Cleaned {
    pub(super) refused: SpanRefusals,
    pub(super) findings: PageFindings,
    /// Holds the ids of the spans until it is known whether they were kept.
    pub(super) reservation: Reservation,
    /// The same for the page loads that are waited for.
    pub(super) arrivals: Option<Arrivals>,
}

/// Cleans and stamps a batch, and takes out of it what is refused, and what is here already.
pub(super) fn clean(batch: &mut ExportTraceServiceRequest, stamp: &Stamp) -> Result<Cleaned, Refusal> {
    let mut refused = SpanRefusals::default();
    let mut findings = PageFindings::default();
    let mut room = limits::SPANS;
    let mut arrivals = stamp.pages.as_ref().map(PageTraces::arrivals);
    for spans in &mut batch.resource_spans {
        let said = resource::clean(spans, &stamp.service);
        // One number of the page, though it may be on each of its resources.
        findings.dropped_in_pages = findings.dropped_in_pages.max(said.dropped);
        let user = stamp.user.as_ref().filter(|user| is_of(&said, user));
        let without_user = user.is_none() && (stamp.user.is_some() || said.generation.is_some());
        let times = Times::around(stamp.now, said.clock.as_ref());
        for scope in &mut spans.scope_spans {
            scope.spans.retain_mut(|span| {
                if let Some(clock) = &said.clock {
                    clock.shift(span);
                }
                let reason = if !ids::are_valid(span) {
                    &mut refused.invalid_ids
                } else if !times.contain(span) {
                    &mut refused.invalid_times
                } else if room == 0 {
                    &mut refused.over_limit
                } else if arrivals
                    .as_mut()
                    .is_some_and(|arrivals| !arrivals.admit(&span.trace_id, &span.span_id))
                {
                    &mut refused.late_page_loads
                } else {
                    room -= 1;
                    clean_span(span, &times);
                    if let Some(clock) = &said.clock {
                        span.attributes.extend(clock.attributes());
                    }
                    if let Some(user) = user {
                        span.attributes.push(text(attribute::USER_ID, &user.id));
                        span.attributes.push(text(attribute::USER_NAME, &user.name));
                    }
                    findings.generation_mismatches += u64::from(without_user);
                    return true;
                };
                *reason += 1;
                false
            });
            limits::cut(&mut scope.schema_url);
            if let Some(scope) = &mut scope.scope {
                limits::cut(&mut scope.name);
                limits::cut(&mut scope.version);
                let dropped = limits::clean(&mut scope.attributes);
                scope.dropped_attributes_count = scope.dropped_attributes_count.saturating_add(dropped);
            }
        }
    }
    let (reservation, duplicates) = stamp.seen.reserve(batch)?;
    findings.duplicates = duplicates;
    for spans in &mut batch.resource_spans {
        spans.scope_spans.retain(|scope| !scope.spans.is_empty());
    }
    batch.resource_spans.retain(|spans| !spans.scope_spans.is_empty());
    Ok(Cleaned {
        refused,
        findings,
        reservation,
        arrivals,
    })
}

/// Whether the page was rendered for the sign-in that its cookie names now.
fn is_of(said: &Statement, user: &EndUser) -> bool {
    !user.generation.is_empty() && said.generation.as_deref() == Some(user.generation.as_str())
}

fn clean_span(span: &mut Span, times: &Times) {
    limits::cut(&mut span.name);
    if span.trace_state.len() > TRACE_STATE {
        span.trace_state.clear();
    }
    if !ids::is_id(&span.parent_span_id, 8) {
        span.parent_span_id.clear();
    }
    if let Some(status) = &mut span.status {
        limits::cut(&mut status.message);
    }
    let dropped = limits::clean(&mut span.attributes);
    span.dropped_attributes_count = span.dropped_attributes_count.saturating_add(dropped);

    let before = span.events.len();
    span.events.retain(|event| times.contains(event.time_unix_nano));
    span.events.truncate(limits::PARTS);
    let dropped = u32::try_from(before - span.events.len()).unwrap_or(u32::MAX);
    span.dropped_events_count = span.dropped_events_count.saturating_add(dropped);
    for event in &mut span.events {
        limits::cut(&mut event.name);
        let dropped = limits::clean(&mut event.attributes);
        event.dropped_attributes_count = event.dropped_attributes_count.saturating_add(dropped);
    }

    let before = span.links.len();
    span.links
        .retain(|link| ids::is_id(&link.trace_id, 16) && ids::is_id(&link.span_id, 8));
    span.links.truncate(limits::PARTS);
    let dropped = u32::try_from(before - span.links.len()).unwrap_or(u32::MAX);
    span.dropped_links_count = span.dropped_links_count.saturating_add(dropped);
    for link in &mut span.links {
        if link.trace_state.len() > TRACE_STATE {
            link.trace_state.clear();
        }
        let dropped = limits::clean(&mut link.attributes);
        link.dropped_attributes_count = link.dropped_attributes_count.saturating_add(dropped);
    }
}

/// The times that a span may have, in nanoseconds since 1970.
struct Times {
    earliest: u64,
    latest: u64,
}

impl Times {
    /// After spans were moved by `clock`, if there is one.
    fn around(now: SystemTime, clock: Option<&Clock>) -> Self {
        let nanos = |time: SystemTime| {
            let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
            u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
        };
        let future = clock.map_or(FUTURE, |clock| FUTURE_OF_MOVED + clock.error());
        Self {
            earliest: nanos(now.checked_sub(PAST).unwrap_or(UNIX_EPOCH)),
            latest: nanos(now + future),
        }
    }

    fn contain(&self, span: &Span) -> bool {
        let (start, end) = (span.start_time_unix_nano, span.end_time_unix_nano);
        start <= end && self.contains(start) && self.contains(end)
    }

    fn contains(&self, time: u64) -> bool {
        (self.earliest..=self.latest).contains(&time)
    }
}
