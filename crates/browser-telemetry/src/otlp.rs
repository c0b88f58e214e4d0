//! Ended spans as OTLP/protobuf, written by hand: with prost and the generated types the WASM would be 20 KB larger
//! for one message that never changes.
//!
//! Field numbers are those of `opentelemetry/proto/trace/v1/trace.proto` (1.x, stable). A test decodes the output with
//! the official definitions.

mod proto;

use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status};
use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};
use proto::Message;
use std::borrow::Cow;
use std::time::SystemTime;

/// A span as it was recorded.
#[derive(Clone, Debug)]
pub struct SpanRecord {
    /// Its own ids.
    pub context: SpanContext,
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
    pub scope: InstrumentationScope,
}

impl SpanRecord {
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

/// An `ExportTraceServiceRequest` with one resource, whose spans are grouped by scope.
pub fn encode(resource: &[KeyValue], spans: &[SpanRecord]) -> Vec<u8> {
    let mut scopes: Vec<(&InstrumentationScope, Vec<&SpanRecord>)> = Vec::new();
    for span in spans {
        match scopes.iter_mut().find(|(scope, _)| is_same(scope, &span.scope)) {
            Some((_, spans)) => spans.push(span),
            None => scopes.push((&span.scope, vec![span])),
        }
    }
    let mut request = Message::default();
    request.message(1, |resource_spans| {
        resource_spans.message(1, |message| attributes(message, 1, resource));
        for (scope, spans) in &scopes {
            resource_spans.message(2, |scope_spans| {
                scope_spans.message(1, |message| {
                    message.string(1, scope.name());
                    message.string(2, scope.version().unwrap_or_default());
                });
                for record in spans {
                    scope_spans.message(2, |message| span(message, record));
                }
            });
        }
    });
    request.into_bytes()
}

/// Whether two scopes are written alike. Their own `==` sorts attributes, which are not written: 2 KB of the page's WASM.
fn is_same(one: &InstrumentationScope, other: &InstrumentationScope) -> bool {
    one.name() == other.name() && one.version() == other.version()
}

fn span(message: &mut Message, record: &SpanRecord) {
    message.bytes(1, &record.context.trace_id().to_bytes());
    message.bytes(2, &record.context.span_id().to_bytes());
    message.string(3, &record.context.trace_state().header());
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
            message.bytes(1, &link.span_context.trace_id().to_bytes());
            message.bytes(2, &link.span_context.span_id().to_bytes());
            attributes(message, 4, &link.attributes);
        });
    }
    match &record.status {
        Status::Unset => {}
        Status::Ok => message.message(15, |status| status.varint(3, 1)),
        Status::Error { description } => message.message(15, |status| {
            status.string(2, description);
            status.varint(3, 2);
        }),
    }
    // Bits 0–7 are the W3C flags.
    message.fixed32(16, record.context.trace_flags().to_u8().into());
}

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
            Array::Bool(items) => each(message, items.iter().map(|item| Value::Bool(*item))),
            Array::I64(items) => each(message, items.iter().map(|item| Value::I64(*item))),
            Array::F64(items) => each(message, items.iter().map(|item| Value::F64(*item))),
            Array::String(items) => each(message, items.iter().map(|item| Value::String(item.clone()))),
            _ => {}
        }),
        _ => {}
    }
}

fn each(message: &mut Message, items: impl Iterator<Item = Value>) {
    for item in items {
        message.message(1, |message| any_value(message, &item));
    }
}

fn unix_nanos(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_nanos() as u64
}
