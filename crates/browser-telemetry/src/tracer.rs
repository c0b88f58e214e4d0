//! The tracer: implements the API of the `opentelemetry` crate, and keeps the spans that are open.
//!
//! A span is only a handle: what has been recorded so far lies in one list, so that `pagehide` can end and send what
//! is still open. Whatever its handle does afterwards changes nothing.

use crate::interaction::{self, Interaction};
use crate::otlp::{self, SpanRecord};
use crate::{clock, export, ids, page_load};
use opentelemetry::trace::{
    Event, Link, Span, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId,
    TraceState, Tracer, TracerProvider,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;
use std::time::SystemTime;

/// The most spans that may be open at once; further ones are counted and not recorded.
const MAX_OPEN: usize = 1024;
/// The most attributes, and the most events or links, of one span; further ones are dropped
/// (the specification's default for attributes, `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT`).
const MAX_PER_SPAN: usize = 128;

thread_local!(static OPEN: RefCell<Vec<Open>> = const { RefCell::new(Vec::new()) });

struct Open {
    record: SpanRecord,
    interaction: Option<Arc<Interaction>>,
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
        let span = parent.span();
        let parent_context = span.span_context();
        let is_child = parent_context.is_valid();
        let (trace_id, flags, state) = if is_child {
            let state = parent_context.trace_state().clone();
            (parent_context.trace_id(), parent_context.trace_flags(), state)
        } else {
            (ids::trace_id(), TraceFlags::SAMPLED, TraceState::default())
        };
        let context = SpanContext::new(trace_id, ids::span_id(), flags, false, state);
        if !flags.is_sampled() || parent.is_telemetry_suppressed() {
            return BrowserSpan { context };
        }
        let record = SpanRecord {
            context: context.clone(),
            parent: if is_child {
                parent_context.span_id()
            } else {
                SpanId::INVALID
            },
            name: builder.name,
            kind: builder.span_kind.unwrap_or(SpanKind::Internal),
            start: builder.start_time.unwrap_or_else(clock::now),
            end: SystemTime::UNIX_EPOCH,
            attributes: builder.attributes.unwrap_or_default(),
            events: builder.events.unwrap_or_default(),
            links: builder.links.unwrap_or_default(),
            status: Status::Unset,
            scope: self.scope.clone(),
        };
        OPEN.with_borrow_mut(|open| {
            if open.len() >= MAX_OPEN {
                export::count_dropped(1);
                return;
            }
            let interaction = interaction::of(parent);
            if let Some(interaction) = &interaction {
                interaction.opened();
            }
            open.push(Open { record, interaction });
        });
        export::opened();
        BrowserSpan { context }
    }
}

impl BrowserTracer {
    /// This crate's own. Past the global provider: that would be this one, behind 1 KB of dynamic dispatch.
    pub(crate) fn own() -> Self {
        let scope = InstrumentationScope::builder(env!("CARGO_PKG_NAME")).build();
        BrowserTracerProvider::default().tracer_with_scope(scope)
    }
}

/// A span. Dropping it ends it, as the API asks.
#[derive(Debug)]
pub struct BrowserSpan {
    context: SpanContext,
}

impl BrowserSpan {
    /// Changes the record, while the span is open.
    fn with(&self, change: impl FnOnce(&mut SpanRecord)) {
        let id = self.context.span_id();
        OPEN.with_borrow_mut(|open| {
            if let Some(open) = open.iter_mut().rfind(|open| open.record.context.span_id() == id) {
                change(&mut open.record);
            }
        });
    }
}

impl Span for BrowserSpan {
    fn add_event_with_timestamp<T>(&mut self, name: T, timestamp: SystemTime, attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        let timestamp = clock::sharpen(timestamp, clock::now());
        self.with(|record| push(&mut record.events, Event::new(name, timestamp, attributes, 0)));
    }

    fn span_context(&self) -> &SpanContext {
        &self.context
    }

    fn is_recording(&self) -> bool {
        let mut recording = false;
        self.with(|_| recording = true);
        recording
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        self.with(|record| otlp::set(&mut record.attributes, attribute, MAX_PER_SPAN));
    }

    fn set_status(&mut self, status: Status) {
        // Ok is final, and Unset changes nothing (the specification's order of statuses, which `Status` has).
        self.with(|record| {
            if status > record.status {
                record.status = status;
            }
        });
    }

    fn update_name<T>(&mut self, name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        self.with(|record| record.name = name.into());
    }

    fn add_link(&mut self, context: SpanContext, attributes: Vec<KeyValue>) {
        self.with(|record| push(&mut record.links, Link::new(context, attributes, 0)));
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        let id = self.context.span_id();
        let ended = OPEN.with_borrow_mut(|open| {
            let position = open.iter().rposition(|open| open.record.context.span_id() == id)?;
            Some(open.remove(position))
        });
        if let Some(ended) = ended {
            ended.end(clock::sharpen(timestamp, clock::now()));
        }
    }
}

impl Drop for BrowserSpan {
    fn drop(&mut self) {
        if self.is_recording() {
            self.end_with_timestamp(clock::now());
        }
    }
}

impl Open {
    fn end(mut self, end: SystemTime) {
        self.record.end = end.max(self.record.start);
        if let Some(interaction) = &self.interaction {
            interaction.ended(self.record.end);
        }
        export::push(self.record);
    }
}

/// Whether any span of a trace is open.
pub(crate) fn is_open(trace: TraceId) -> bool {
    OPEN.with_borrow(|open| open.iter().any(|open| open.record.context.trace_id() == trace))
}

/// Ends what is open, because the page goes away, and marks it: [`trace_wire::attribute::SPAN_INCOMPLETE`].
pub(crate) fn end_all() {
    if cfg!(feature = "page-load") {
        page_load::end();
    }
    interaction::end_settled();
    let now = clock::now();
    // The newest first, so that children have ended when their interaction does.
    for mut open in OPEN.take().into_iter().rev() {
        let incomplete = KeyValue::new(trace_wire::attribute::SPAN_INCOMPLETE, true);
        otlp::set(&mut open.record.attributes, incomplete, usize::MAX);
        open.end(now);
    }
    interaction::forget_all();
}

fn push<T>(list: &mut Vec<T>, item: T) {
    if list.len() < MAX_PER_SPAN {
        list.push(item);
    }
}
