//! A page's batch: bounded, freed of what a page has no say in, and stamped with what the server knows.

use super::counts::SpanRefusals;
use super::{EndUser, ids, limits};
use crate::page::PageTraces;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use trace_wire::attribute;

/// How far from now a span may lie: a page may have been asleep for weeks, and its clock may be wrong by hours, but the
/// year 1970 or 2100 would only spoil every view by time.
const PAST: Duration = Duration::from_secs(30 * 24 * 60 * 60);
const FUTURE: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest `tracestate` that is worth keeping (W3C Trace Context, §3.3.1.5).
const TRACE_STATE: usize = 512;

/// What the server knows of a page's spans.
pub(super) struct Stamp {
    pub(super) service: String,
    pub(super) user: Option<EndUser>,
    pub(super) now: SystemTime,
    pub(super) pages: Option<PageTraces>,
}

/// Cleans and stamps a batch, and says which spans were taken out of it.
pub(super) fn clean(batch: &mut ExportTraceServiceRequest, stamp: &Stamp) -> SpanRefusals {
    let mut refused = SpanRefusals::default();
    let times = Times::around(stamp.now);
    let mut room = limits::SPANS;
    for resource in &mut batch.resource_spans {
        for scope in &mut resource.scope_spans {
            scope.spans.retain_mut(|span| {
                let reason = if !ids::are_valid(span) {
                    &mut refused.invalid_ids
                } else if !times.contain(span) {
                    &mut refused.invalid_times
                } else if stamp
                    .pages
                    .as_ref()
                    .is_some_and(|pages| !pages.admits(&span.trace_id, &span.span_id))
                {
                    &mut refused.late_page_loads
                } else if room == 0 {
                    &mut refused.over_limit
                } else {
                    room -= 1;
                    clean_span(span, stamp.user.as_ref());
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
        resource.scope_spans.retain(|scope| !scope.spans.is_empty());
        if !resource.scope_spans.is_empty() {
            stamp_resource(resource, &stamp.service);
        }
    }
    batch.resource_spans.retain(|resource| !resource.scope_spans.is_empty());
    refused
}

fn stamp_resource(spans: &mut ResourceSpans, service: &str) {
    limits::cut(&mut spans.schema_url);
    let resource = spans.resource.get_or_insert_default();
    resource.entity_refs.clear();
    let dropped = limits::clean(&mut resource.attributes);
    resource.dropped_attributes_count = resource.dropped_attributes_count.saturating_add(dropped);
    resource.attributes.push(text(attribute::SERVICE_NAME, service));
}

fn clean_span(span: &mut Span, user: Option<&EndUser>) {
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
    if let Some(user) = user {
        span.attributes.push(text(attribute::USER_ID, &user.id));
        span.attributes.push(text(attribute::USER_NAME, &user.name));
    }

    let before = span.events.len();
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
    fn around(now: SystemTime) -> Self {
        let nanos = |time: SystemTime| {
            let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
            u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
        };
        Self {
            earliest: nanos(now.checked_sub(PAST).unwrap_or(UNIX_EPOCH)),
            latest: nanos(now + FUTURE),
        }
    }

    fn contain(&self, span: &Span) -> bool {
        let (start, end) = (span.start_time_unix_nano, span.end_time_unix_nano);
        self.earliest <= start && start <= end && end <= self.latest
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            value: Some(Value::StringValue(value.to_owned())),
        }),
        key_strindex: 0,
    }
}
