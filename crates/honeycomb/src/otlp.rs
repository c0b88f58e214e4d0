//! Rows from OTLP, by the rules of Honeycomb's ingest.
//!
//! Of several columns of one name the more particular one counts: what is derived from the span's own fields gives way
//! to resource attributes, these to scope attributes, these to the attributes of the span, event or link.

mod attributes;
mod sampling;

pub use attributes::MAX_STRING_BYTES;
pub(crate) use attributes::SAMPLE_RATE;

use crate::layout::{Laid, lay};
use crate::{Column, Event, Value, column};
use attributes::Attributes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::span::{Event as SpanEvent, Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use std::sync::Arc;
use trace_wire::hex;

/// Scopes whose name starts with one of these are instrumentation libraries, as Honeycomb knows them.
const INSTRUMENTATION_LIBRARIES: [&str; 9] = [
    "io.opentelemetry",
    "opentelemetry.instrumentation",
    "OpenTelemetry.Instrumentation",
    "OpenTelemetry::Instrumentation",
    "go.opentelemetry.io/contrib/instrumentation",
    "@opentelemetry/instrumentation",
    "io.opentelemetry.contrib.php",
    "github.com/open-telemetry/opentelemetry-collector",
    "@honeycombio/",
];

/// The rows of a request, in its order: each span, then its events, then its links.
pub fn events(request: &ExportTraceServiceRequest) -> Vec<Event> {
    let spans = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
    let mut rows = Vec::with_capacity(spans.map(|scope| scope.spans.len()).sum());
    for resource in &request.resource_spans {
        for scope in &resource.scope_spans {
            let batch = Batch::new(resource, scope);
            for span in &scope.spans {
                batch.span(span, &mut rows);
            }
        }
    }
    rows
}

/// What all rows of one scope share.
struct Batch {
    columns: Arc<[Column]>,
    sample_rate: Option<u32>,
}

impl Batch {
    fn new(resource: &ResourceSpans, scope: &ScopeSpans) -> Self {
        let mut row = Attributes::default();
        row.text_if_any(column::RESOURCE_SCHEMA_URL, &resource.schema_url);
        row.all(resource.resource.iter().flat_map(|resource| &resource.attributes));
        row.text_if_any(column::SCOPE_SCHEMA_URL, &scope.schema_url);
        if let Some(scope) = &scope.scope {
            row.text_if_any(column::LIBRARY_NAME, &scope.name);
            row.text_if_any(column::LIBRARY_VERSION, &scope.version);
            if INSTRUMENTATION_LIBRARIES
                .iter()
                .any(|prefix| scope.name.starts_with(prefix))
            {
                row.push(column::INSTRUMENTATION_LIBRARY, Value::Boolean(true));
            }
            row.all(&scope.attributes);
        }
        let laid = lay(row.0, 0, &[]);
        let columns = laid.names.iter().zip(&*laid.values).map(|(name, value)| Column {
            name: Arc::clone(name),
            value: value.clone(),
        });
        Self {
            columns: columns.collect(),
            sample_rate: laid.sample_rate.as_ref().map(sampling::rate),
        }
    }

    /// Adds the rows of a span, its events and its links.
    fn span(&self, span: &Span, rows: &mut Vec<Event>) {
        let start = nanoseconds(span.start_time_unix_nano);
        let ids = Ids::of(span);
        let status = span.status.as_ref();
        let failed = status.is_some_and(|status| status.code == StatusCode::Error as i32);

        let mut row = self.row(20 + span.attributes.len());
        row.text_if_any(column::TRACE_ID, &ids.trace);
        row.text_if_any(column::SPAN_ID, &ids.span);
        row.text_if_any(column::PARENT_ID, &ids.parent);
        row.text(column::NAME, &span.name);
        row.text(column::SPAN_KIND, kind(span.kind));
        row.text(column::TYPE, kind(span.kind));
        let (duration, valid) = milliseconds(span.start_time_unix_nano, span.end_time_unix_nano);
        row.push(column::DURATION_MS, Value::Float(duration));
        if !valid {
            row.push(column::INVALID_DURATION, Value::Boolean(true));
        }
        row.push(
            column::STATUS_CODE,
            Value::Integer(status.map_or(0, |status| status.code.into())),
        );
        row.text_if_any(column::STATUS_MESSAGE, status.map_or("", |status| &status.message));
        row.text_if_any(column::TRACE_STATE, &span.trace_state);
        row.push(column::NUM_LINKS, Value::Integer(span.links.len() as i64));
        row.push(column::NUM_EVENTS, Value::Integer(span.events.len() as i64));
        if let Some(exception) = span.events.iter().find(|event| event.name == column::EXCEPTION) {
            let wanted = |attribute: &&KeyValue| column::EXCEPTION_COLUMNS.contains(&attribute.key.as_str());
            row.all(exception.attributes.iter().filter(wanted));
        }
        let laid = self.finish(row, failed, &span.attributes);
        let sample_rate = laid
            .sample_rate
            .as_ref()
            .map(sampling::rate)
            .or(self.sample_rate)
            .or_else(|| sampling::from_trace_state(&span.trace_state, &span.span_id))
            .unwrap_or(1);
        rows.push(Event::from_laid(start, sample_rate, laid, Arc::clone(&self.columns)));

        for event in &span.events {
            let row = self.event(span, &ids, event);
            rows.push(self.annotation(
                row,
                nanoseconds(event.time_unix_nano),
                sample_rate,
                failed,
                &event.attributes,
            ));
        }
        for link in &span.links {
            let row = self.link(span, &ids, link);
            rows.push(self.annotation(row, start, sample_rate, failed, &link.attributes));
        }
    }

    fn event(&self, span: &Span, ids: &Ids, event: &SpanEvent) -> Attributes {
        let mut row = self.row(10 + event.attributes.len());
        row.text_if_any(column::TRACE_ID, &ids.trace);
        row.text_if_any(column::PARENT_ID, &ids.span);
        row.text(column::NAME, &event.name);
        row.text(column::PARENT_NAME, &span.name);
        row.text(column::ANNOTATION_TYPE, column::SPAN_EVENT);
        let (since, valid) = milliseconds(span.start_time_unix_nano, event.time_unix_nano);
        row.push(column::TIME_SINCE_SPAN_START_MS, Value::Float(since));
        if !valid {
            row.push(column::INVALID_TIME_SINCE_SPAN_START, Value::Boolean(true));
        }
        row
    }

    fn link(&self, span: &Span, ids: &Ids, link: &Link) -> Attributes {
        let mut row = self.row(10 + link.attributes.len());
        row.text_if_any(column::TRACE_ID, &ids.trace);
        row.text_if_any(column::PARENT_ID, &ids.span);
        row.text_if_any(column::LINK_TRACE_ID, &trace_id(&link.trace_id));
        row.text_if_any(column::LINK_SPAN_ID, &hex::write(&link.span_id));
        row.text(column::PARENT_NAME, &span.name);
        row.text(column::ANNOTATION_TYPE, column::LINK);
        row
    }

    fn annotation(&self, row: Attributes, time: i64, sample_rate: u32, failed: bool, attributes: &[KeyValue]) -> Event {
        let laid = self.finish(row, failed, attributes);
        let sample_rate = laid.sample_rate.as_ref().map_or(sample_rate, sampling::rate);
        Event::from_laid(time, sample_rate, laid, Arc::clone(&self.columns))
    }

    fn row(&self, capacity: usize) -> Attributes {
        Attributes(Vec::with_capacity(capacity))
    }

    /// Derived columns first, without those that resource or scope name as well; then the attributes, which win.
    fn finish(&self, mut row: Attributes, failed: bool, attributes: &[KeyValue]) -> Laid {
        row.text(column::SIGNAL_TYPE, "trace");
        if failed {
            row.push(column::ERROR, Value::Boolean(true));
        }
        let derived = row.0.len();
        row.all(attributes);
        lay(row.0, derived, &self.columns)
    }
}

/// The ids of a span as Honeycomb writes them; empty where there is none.
struct Ids {
    trace: String,
    span: String,
    parent: String,
}

impl Ids {
    fn of(span: &Span) -> Self {
        let no_parent = span.parent_span_id.iter().all(|byte| *byte == 0);
        Self {
            trace: trace_id(&span.trace_id),
            span: hex::write(&span.span_id),
            parent: if no_parent {
                String::new()
            } else {
                hex::write(&span.parent_span_id)
            },
        }
    }
}

/// An id of 16 bytes whose first half is zero is one of 8 bytes (Zipkin, AWS) and written as such.
fn trace_id(bytes: &[u8]) -> String {
    match bytes {
        [0, 0, 0, 0, 0, 0, 0, 0, short @ ..] if bytes.len() == 16 => hex::write(short),
        _ => hex::write(bytes),
    }
}

fn kind(kind: i32) -> &'static str {
    match SpanKind::try_from(kind) {
        Ok(SpanKind::Client) => "client",
        Ok(SpanKind::Server) => "server",
        Ok(SpanKind::Producer) => "producer",
        Ok(SpanKind::Consumer) => "consumer",
        Ok(SpanKind::Internal) => "internal",
        Ok(SpanKind::Unspecified) | Err(_) => "unspecified",
    }
}

/// A time after the year 2262 is the last one that can be told.
fn nanoseconds(unix_nano: u64) -> i64 {
    i64::try_from(unix_nano).unwrap_or(i64::MAX)
}

/// Milliseconds from one time to another, and whether they are in this order; 0 where they are not.
fn milliseconds(from: u64, to: u64) -> (f64, bool) {
    match to.checked_sub(from) {
        Some(nanoseconds) => (nanoseconds as f64 / 1e6, true),
        None => (0.0, false),
    }
}
