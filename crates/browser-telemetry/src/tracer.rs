//! The tracer: implements the API of the `opentelemetry` crate, and keeps the spans that are open.
//!
//! A span is only a handle: what has been recorded so far lies in one list, so that `pagehide` can end and send what
//! is still open. Whatever its handle does afterwards changes nothing.

use crate::interaction;
use crate::otlp::{self, SpanRecord};
use crate::state::{part, state};
use crate::{clock, export, fetch, ids, page_load};
use opentelemetry::trace::{
    Event, Link, Span, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId,
    TraceState, Tracer, TracerProvider,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use std::borrow::Cow;
use std::cell::RefMut;
use std::sync::Arc;
use std::time::SystemTime;

/// The most spans that may be open at once; further ones are counted and not recorded.
const MAX_OPEN: usize = 1024;
/// The most attributes, and the most events or links, of one span; further ones are dropped
/// (the specification's default for attributes, `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT`).
const MAX_PER_SPAN: usize = 128;

/// A span that is open.
pub(crate) struct Open {
    record: SpanRecord,
    /// The interaction that it is a part of; 0 for none.
    interaction: u32,
}

#[inline(never)]
fn open() -> RefMut<'static, Vec<Open>> {
    part(&state().open)
}

/// Makes [`BrowserTracer`]s. [`crate::start`] sets it as the global provider.
#[derive(Clone, Debug, Default)]
pub struct BrowserTracerProvider(());

impl TracerProvider for BrowserTracerProvider {
    type Tracer = BrowserTracer;

    fn tracer_with_scope(&self, scope: InstrumentationScope) -> BrowserTracer {
        BrowserTracer { scope: Arc::new(scope) }
    }
}

/// Makes spans of one instrumentation scope.
#[derive(Clone, Debug)]
pub struct BrowserTracer {
    scope: Arc<InstrumentationScope>,
}

impl Tracer for BrowserTracer {
    type Span = BrowserSpan;

    fn build_with_context(&self, builder: SpanBuilder, parent: &Context) -> BrowserSpan {
        let now = clock::now();
        let start = builder.start_time.unwrap_or(now);
        let kind = builder.span_kind.unwrap_or(SpanKind::Internal);
        let attributes = builder.attributes.unwrap_or_default();
        let begun = self.begin(parent, builder.name, kind, start, attributes);
        if let Some(mut record) = record(begun.span) {
            record.events = builder.events.unwrap_or_default();
            record.links = builder.links.unwrap_or_default();
        }
        begun.into()
    }
}

impl BrowserTracer {
    /// This crate's own. Past the global provider: that would be this one, behind 1 KB of dynamic dispatch.
    pub(crate) fn own() -> Self {
        BrowserTracerProvider::default()
            .tracer_with_scope(InstrumentationScope::builder(env!("CARGO_PKG_NAME")).build())
    }

    pub(crate) fn scope(&self) -> Arc<InstrumentationScope> {
        self.scope.clone()
    }

    /// Opens a span below the one in `parent`, or a root.
    pub(crate) fn begin(
        &self,
        parent: &Context,
        name: Cow<'static, str>,
        kind: SpanKind,
        start: SystemTime,
        attributes: Vec<KeyValue>,
    ) -> Begun {
        let span = parent.span();
        let above = span.span_context();
        let is_child = above.is_valid();
        let (trace, flags) = if is_child {
            (above.trace_id(), above.trace_flags())
        } else {
            let flags = if state().is_sampled.get() {
                TraceFlags::SAMPLED
            } else {
                TraceFlags::default()
            };
            (ids::trace_id(), flags)
        };
        let begun = Begun {
            trace,
            span: ids::span_id(),
            flags,
        };
        if !flags.is_sampled() || parent.is_telemetry_suppressed() {
            return begun;
        }
        let interaction = interaction::of(above.span_id(), trace);
        let mut open = open();
        if open.len() < MAX_OPEN {
            let mut record = SpanRecord::new(trace, begun.span, name, kind, start, self.scope.clone());
            record.parent = above.span_id();
            record.attributes = attributes;
            open.push(Open { record, interaction });
            drop(open);
            interaction::opened(interaction);
            export::opened();
        } else {
            export::count_dropped(1);
        }
        begun
    }
}

/// A span that has been begun, and that nobody ends by dropping it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begun {
    pub(crate) trace: TraceId,
    pub(crate) span: SpanId,
    pub(crate) flags: TraceFlags,
}

impl From<Begun> for BrowserSpan {
    fn from(Begun { trace, span, flags }: Begun) -> Self {
        Self {
            context: SpanContext::new(trace, span, flags, false, TraceState::NONE),
        }
    }
}

/// A span. Dropping it ends it, as the API asks.
#[derive(Debug)]
pub struct BrowserSpan {
    context: SpanContext,
}

impl BrowserSpan {
    fn id(&self) -> SpanId {
        self.context.span_id()
    }
}

/// The record of a span, while it is open.
#[inline(never)]
pub(crate) fn record(id: SpanId) -> Option<RefMut<'static, SpanRecord>> {
    RefMut::filter_map(open(), |open| {
        open.iter_mut()
            .rev()
            .map(|open| &mut open.record)
            .find(|record| record.span_id == id)
    })
    .ok()
}

/// Whether a span is open.
pub(crate) fn is_recording(id: SpanId) -> bool {
    record(id).is_some()
}

/// Sets an attribute of a span.
pub(crate) fn set(record: &mut SpanRecord, attribute: KeyValue) {
    otlp::set(&mut record.attributes, attribute, MAX_PER_SPAN);
}

/// Ends a span.
pub(crate) fn end(id: SpanId, at: SystemTime) {
    let ended = {
        let mut open = open();
        let position = open.iter().rposition(|open| open.record.span_id == id);
        remove(&mut open, position)
    };
    if let Some(ended) = ended {
        ended.end(at);
    }
}

impl Span for BrowserSpan {
    fn add_event_with_timestamp<T>(&mut self, name: T, timestamp: SystemTime, attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        let event = Event::new(name, clock::sharpen(timestamp), attributes, 0);
        if let Some(mut record) = record(self.id()) {
            push(&mut record.events, event);
        }
    }

    fn span_context(&self) -> &SpanContext {
        &self.context
    }

    fn is_recording(&self) -> bool {
        is_recording(self.id())
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        if let Some(mut record) = record(self.id()) {
            set(&mut record, attribute);
        }
    }

    fn set_status(&mut self, status: Status) {
        // Ok is final, and Unset changes nothing (the specification's order of statuses, which `Status` has).
        if let Some(mut record) = record(self.id())
            && record.status != Status::Ok
            && status != Status::Unset
        {
            record.status = status;
        }
    }

    fn update_name<T>(&mut self, name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        let name = name.into();
        if let Some(mut record) = record(self.id()) {
            record.name = name;
        }
    }

    fn add_link(&mut self, context: SpanContext, attributes: Vec<KeyValue>) {
        if let Some(mut record) = record(self.id()) {
            push(&mut record.links, Link::new(context, attributes, 0));
        }
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        end(self.id(), clock::sharpen(timestamp));
    }
}

impl Drop for BrowserSpan {
    fn drop(&mut self) {
        end(self.id(), clock::now());
    }
}

impl Open {
    fn end(mut self, end: SystemTime) {
        self.record.end = end.max(self.record.start);
        self.record.epoch = clock::epoch();
        interaction::ended(self.interaction, self.record.end);
        export::push(self.record);
    }
}

/// Whether any span of a trace is open.
pub(crate) fn is_open(trace: TraceId) -> bool {
    open().iter().any(|open| open.record.trace_id == trace)
}

/// Moves what is open, because the clock was anchored anew.
pub(crate) fn move_open(ahead_ms: f64) {
    for open in open().iter_mut() {
        clock::shift(&mut open.record.start, ahead_ms);
        for event in &mut open.record.events {
            clock::shift(&mut event.timestamp, ahead_ms);
        }
    }
    interaction::move_live(ahead_ms);
}

/// Ends what is open, because the page goes away, and marks it: [`trace_wire::attribute::SPAN_INCOMPLETE`].
pub(crate) fn end_all() {
    fetch::end_read();
    page_load::emit();
    interaction::end_settled();
    let now = clock::now();
    // The newest first, so that children have ended when their interaction does.
    while let Some(id) = mark_last() {
        end(id, now);
    }
    interaction::forget_all();
}

fn mark_last() -> Option<SpanId> {
    let mut open = open();
    let record = &mut open.last_mut()?.record;
    otlp::truth(&mut record.attributes, trace_wire::attribute::SPAN_INCOMPLETE);
    Some(record.span_id)
}

/// Takes what is at a place that was found. (By what cannot fail: `Vec::remove` has its message in the page's WASM.)
pub(crate) fn remove<T>(list: &mut Vec<T>, place: Option<usize>) -> Option<T> {
    let place = place?;
    let mut taken = list.pop()?;
    for item in list.get_mut(place..).unwrap_or_default().iter_mut().rev() {
        std::mem::swap(item, &mut taken);
    }
    Some(taken)
}

pub(crate) fn push<T>(list: &mut Vec<T>, item: T) {
    if list.len() < MAX_PER_SPAN {
        list.push(item);
    }
}

#[cfg(test)]
mod tests {
    use super::remove;

    #[test]
    fn what_is_taken_leaves_the_others_in_their_order() {
        for (place, taken, left) in [
            (Some(0), Some('a'), "bcd"),
            (Some(2), Some('c'), "abd"),
            (Some(3), Some('d'), "abc"),
            (None, None, "abcd"),
        ] {
            let mut list = vec!['a', 'b', 'c', 'd'];
            assert_eq!(remove(&mut list, place), taken);
            assert_eq!(list.into_iter().collect::<String>(), left);
        }
        assert_eq!(remove::<char>(&mut Vec::new(), Some(0)), None);
    }
}
