//! A span, and what the tests make of it.

use honeycomb::{Event, Value, events};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

pub(crate) fn any(value: Any) -> Option<AnyValue> {
    Some(AnyValue { value: Some(value) })
}

pub(crate) fn attribute(key: &str, value: Any) -> KeyValue {
    KeyValue {
        key: key.into(),
        value: any(value),
        ..Default::default()
    }
}

pub(crate) fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Any::StringValue(value.into()))
}

pub(crate) fn list(values: Vec<KeyValue>) -> Any {
    Any::KvlistValue(KeyValueList { values })
}

pub(crate) fn array(values: Vec<Any>) -> Any {
    let values = values
        .into_iter()
        .map(|value| AnyValue { value: Some(value) })
        .collect();
    Any::ArrayValue(ArrayValue { values })
}

pub(crate) fn span() -> Span {
    Span {
        trace_id: vec![0xab; 16],
        span_id: vec![0xcd; 8],
        name: "GET /".into(),
        kind: SpanKind::Server as i32,
        start_time_unix_nano: 1_795_486_431_000_000_001,
        end_time_unix_nano: 1_795_486_431_001_500_001,
        ..Default::default()
    }
}

pub(crate) fn request(span: Span) -> ExportTraceServiceRequest {
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: vec![text("service.name", "shop")],
                ..Default::default()
            }),
            scope_spans: vec![ScopeSpans {
                spans: vec![span],
                ..Default::default()
            }],
            ..Default::default()
        }],
    }
}

pub(crate) fn one(span: Span) -> Event {
    let mut rows = events(&request(span));
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}

pub(crate) fn with(attributes: Vec<KeyValue>) -> Event {
    one(Span { attributes, ..span() })
}

pub(crate) fn string(value: &str) -> Option<Value> {
    Some(Value::String(value.into()))
}
