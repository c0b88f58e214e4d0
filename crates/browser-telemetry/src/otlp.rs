//! Ended spans as OTLP/protobuf, written by hand: with prost and the generated types the WASM would be 20 KB larger
//! for one message that never changes.
//!
//! Field numbers are those of `opentelemetry/proto/trace/v1/trace.proto` (1.x, stable). A test decodes the output with
//! the official definitions.

mod proto;

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};
use proto::Message;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

/// A span as it was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanRecord {
    /// Its trace.
    pub trace_id: TraceId,
    /// Its own id.
    pub span_id: SpanId,
    /// The parent's id; [`SpanId::INVALID`] at a root.
    pub parent: SpanId,
    /// Its low-cardinality name.
    pub name: Cow<'static, str>,
    /// Its kind.
    pub kind: SpanKind,
    /// When it began.
    pub start: SystemTime,
    /// When it ended; never before `start`.
    pub end: SystemTime,
    /// Its attributes, each key once.
    pub attributes: Vec<KeyValue>,
    /// What happened in it.
    pub events: Vec<Event>,
    /// Other spans that it has to do with.
    pub links: Vec<Link>,
    /// How it went.
    pub status: Status,
    /// Who made it.
    pub scope: Arc<InstrumentationScope>,
    /// The epoch of the page's clock in which it ended: how often the clock had been anchored anew by then.
    pub epoch: usize,
}

impl SpanRecord {
    /// A span without a parent, attributes and the rest, that ends when it begins.
    #[inline(never)]
    pub fn new(
        trace_id: TraceId,
        span_id: SpanId,
        name: Cow<'static, str>,
        kind: SpanKind,
        start: SystemTime,
        scope: Arc<InstrumentationScope>,
    ) -> Self {
        Self {
            trace_id,
            span_id,
            parent: SpanId::INVALID,
            name,
            kind,
            start,
            end: start,
            attributes: Vec::new(),
            events: Vec::new(),
            links: Vec::new(),
            status: Status::Unset,
            scope,
            epoch: 0,
        }
    }

    /// The value of an attribute.
    pub fn attribute(&self, key: &str) -> Option<&Value> {
        self.attributes
            .iter()
            .find(|attribute| attribute.key.as_str() == key)
            .map(|attribute| &attribute.value)
    }
}

/// Sets an attribute: the last value of a key counts, and a new key beyond `limit` is dropped.
pub(crate) fn set(attributes: &mut Vec<KeyValue>, attribute: KeyValue, limit: usize) {
    if let Some(old) = attributes.iter_mut().find(|old| old.key == attribute.key) {
        old.value = attribute.value;
    } else if attributes.len() < limit {
        attributes.push(attribute);
    }
}

/// Adds a text. (Not inlined, here and below: an attribute that is written out in place weighs sixty bytes.)
#[inline(never)]
pub(crate) fn text(attributes: &mut Vec<KeyValue>, key: &'static str, value: String) {
    attributes.push(KeyValue::new(key, value));
}

/// Adds a text that is part of the program.
#[inline(never)]
pub(crate) fn literal(attributes: &mut Vec<KeyValue>, key: &'static str, value: &'static str) {
    attributes.push(KeyValue::new(key, value));
}

/// Adds that something is so.
#[inline(never)]
pub(crate) fn truth(attributes: &mut Vec<KeyValue>, key: &'static str) {
    attributes.push(KeyValue::new(key, true));
}

/// Adds a whole number.
#[inline(never)]
pub(crate) fn integer(attributes: &mut Vec<KeyValue>, key: &'static str, value: i64) {
    attributes.push(KeyValue::new(key, value));
}

/// Adds a number, where it is known.
#[inline(never)]
pub(crate) fn number(attributes: &mut Vec<KeyValue>, key: &'static str, value: Option<f64>) {
    if let Some(value) = value {
        attributes.push(KeyValue::new(key, value));
    }
}

/// A link to a span that this page or the server made.
pub(crate) fn link(trace: TraceId, span: SpanId) -> Link {
    Link::with_context(SpanContext::new(
        trace,
        span,
        TraceFlags::SAMPLED,
        false,
        TraceState::NONE,
    ))
}

/// A number as text. By hand: a formatter would weigh three times as much.
pub(crate) fn decimal(number: u32) -> String {
    let mut text = if number < 10 {
        String::new()
    } else {
        decimal(number / 10)
    };
    text.push(char::from(b'0' + (number % 10) as u8));
    text
}

/// Writes a `ResourceSpans` of an `ExportTraceServiceRequest`: the resource's attributes (in two lists, so that nobody has
/// to join them) and spans, which are grouped by scope. What is written one after the other is one request.
pub fn encode(resource: [&[KeyValue]; 2], spans: &[SpanRecord], request: &mut Vec<u8>) {
    let mut message = Message::to(std::mem::take(request));
    message.message(1, |message| resource_spans(message, resource, spans));
    *request = message.into_bytes();
}

fn resource_spans(message: &mut Message, resource: [&[KeyValue]; 2], spans: &[SpanRecord]) {
    message.message(1, |message| {
        for part in resource {
            attributes(message, 1, part);
        }
    });
    for (index, first) in spans.iter().enumerate() {
        let scope = &first.scope;
        if spans.iter().take(index).any(|span| is_same(&span.scope, scope)) {
            continue;
        }
        message.message(2, |scope_spans| {
            scope_spans.message(1, |message| {
                message.string(1, scope.name());
                message.string(2, scope.version().unwrap_or_default());
            });
            for record in spans.iter().filter(|span| is_same(&span.scope, scope)) {
                scope_spans.message(2, |message| span(message, record));
            }
        });
    }
}

/// Whether two scopes are written alike. Their own `==` sorts attributes, which are not written: 2 KB of the page's WASM.
fn is_same(one: &InstrumentationScope, other: &InstrumentationScope) -> bool {
    one.name() == other.name() && one.version() == other.version()
}

fn span(message: &mut Message, record: &SpanRecord) {
    ids(message, record.trace_id, record.span_id);
    if record.parent != SpanId::INVALID {
        message.bytes(4, &record.parent.to_bytes());
    }
    message.string(5, &record.name);
    message.varint(
        6,
        match record.kind {
            SpanKind::Internal => 1,
            SpanKind::Server => 2,
            SpanKind::Client => 3,
            SpanKind::Producer => 4,
            SpanKind::Consumer => 5,
        },
    );
    message.fixed64(7, unix_nanos(record.start));
    message.fixed64(8, unix_nanos(record.end));
    attributes(message, 9, &record.attributes);
    for event in &record.events {
        message.message(11, |message| {
            message.fixed64(1, unix_nanos(event.timestamp));
            message.string(2, &event.name);
            attributes(message, 3, &event.attributes);
        });
    }
    for link in &record.links {
        message.message(13, |message| {
            ids(message, link.span_context.trace_id(), link.span_context.span_id());
            attributes(message, 4, &link.attributes);
        });
    }
    let (code, description) = match &record.status {
        Status::Unset => (0, ""),
        Status::Ok => (1, ""),
        Status::Error { description } => (2, &**description),
    };
    if code > 0 {
        message.message(15, |status| {
            status.string(2, description);
            status.varint(3, code);
        });
    }
    // Bits 0–7 are the W3C flags: only what is sampled is recorded.
    message.fixed32(16, TraceFlags::SAMPLED.to_u8().into());
}

/// A span's, or those of the span that a link leads to.
#[inline(never)]
fn ids(message: &mut Message, trace: TraceId, span: SpanId) {
    message.bytes(1, &trace.to_bytes());
    message.bytes(2, &span.to_bytes());
}

#[inline(never)]
fn attributes(message: &mut Message, field: u32, attributes: &[KeyValue]) {
    for attribute in attributes {
        message.message(field, |message| {
            message.string(1, attribute.key.as_str());
            message.message(2, |message| any_value(message, &attribute.value));
        });
    }
}

fn any_value(message: &mut Message, value: &Value) {
    match value {
        Value::String(text) => message.oneof_string(1, text.as_str()),
        Value::Bool(truth) => message.oneof_varint(2, u64::from(*truth)),
        Value::I64(number) => message.oneof_varint(3, *number as u64),
        Value::F64(number) => message.oneof_fixed64(4, number.to_bits()),
        Value::Array(array) => message.message(5, |message| match array {
            Array::Bool(items) => each(message, items, |item, to| to.oneof_varint(2, u64::from(*item))),
            Array::I64(items) => each(message, items, |item, to| to.oneof_varint(3, *item as u64)),
            Array::F64(items) => each(message, items, |item, to| to.oneof_fixed64(4, item.to_bits())),
            Array::String(items) => each(message, items, |item, to| to.oneof_string(1, item.as_str())),
            _ => {}
        }),
        _ => {}
    }
}

fn each<T>(message: &mut Message, items: &[T], write: fn(&T, &mut Message)) {
    for item in items {
        message.message(1, |message| write(item, message));
    }
}

fn unix_nanos(time: SystemTime) -> u64 {
    let unix = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    unix.as_secs() * 1_000_000_000 + u64::from(unix.subsec_nanos())
}
