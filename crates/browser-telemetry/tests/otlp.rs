//! What is written by hand decodes with the official protobuf definitions.
#![cfg(not(target_arch = "wasm32"))]

use browser_telemetry::{SpanRecord, otlp};
use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::{Span, status::StatusCode};
use prost::Message;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

fn context(span: u64) -> SpanContext {
    let state = TraceState::from_key_value([("vendor", "1")]).unwrap();
    SpanContext::new(
        TraceId::from(0xabc),
        SpanId::from(span),
        TraceFlags::SAMPLED,
        false,
        state,
    )
}

fn at(nanos: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos)
}

fn record(span: u64, scope: &'static str) -> SpanRecord {
    SpanRecord {
        end: at(1_700_000_000_987_654_321),
        ..SpanRecord::new(
            TraceId::from(0xabc),
            SpanId::from(span),
            "click activity.create".into(),
            SpanKind::Internal,
            at(1_700_000_000_123_456_789),
            Arc::new(InstrumentationScope::builder(scope).with_version("1.2").build()),
        )
    }
}

fn decode(resource: &[KeyValue], spans: &[SpanRecord]) -> ExportTraceServiceRequest {
    let mut request = Vec::new();
    otlp::encode([resource, &[]], spans, &mut request);
    ExportTraceServiceRequest::decode(request.as_slice()).unwrap()
}

fn only(spans: &[SpanRecord]) -> Span {
    decode(&[], spans).resource_spans[0].scope_spans[0].spans[0].clone()
}

#[test]
fn ids_times_name_kind_and_flags() {
    let span = only(&[SpanRecord {
        parent: SpanId::from(7),
        kind: SpanKind::Client,
        ..record(0xdef, "s")
    }]);
    assert_eq!(span.trace_id, TraceId::from(0xabc).to_bytes());
    assert_eq!(span.span_id, SpanId::from(0xdef).to_bytes());
    assert_eq!(span.parent_span_id, SpanId::from(7).to_bytes());
    assert_eq!(span.name, "click activity.create");
    assert_eq!(span.kind, 3);
    assert_eq!(span.start_time_unix_nano, 1_700_000_000_123_456_789);
    assert_eq!(span.end_time_unix_nano, 1_700_000_000_987_654_321);
    assert_eq!(span.flags, 1);
    assert_eq!(span.status, None);
}

#[test]
fn a_root_has_no_parent() {
    assert!(only(&[record(1, "s")]).parent_span_id.is_empty());
}

#[test]
fn every_kind_of_span_and_status_is_told_apart() {
    for (kind, number) in [
        (SpanKind::Internal, 1),
        (SpanKind::Server, 2),
        (SpanKind::Client, 3),
        (SpanKind::Producer, 4),
        (SpanKind::Consumer, 5),
    ] {
        assert_eq!(only(&[SpanRecord { kind, ..record(1, "s") }]).kind, number);
    }
    let ok = only(&[SpanRecord {
        status: Status::Ok,
        ..record(1, "s")
    }])
    .status
    .unwrap();
    assert_eq!((ok.code(), ok.message.as_str()), (StatusCode::Ok, ""));
    let status = Status::error("no network");
    let error = only(&[SpanRecord {
        status,
        ..record(1, "s")
    }])
    .status
    .unwrap();
    assert_eq!(
        (error.code(), error.message.as_str()),
        (StatusCode::Error, "no network")
    );
}

#[test]
fn values_keep_their_types_even_when_they_are_defaults() {
    let strings = Array::String(vec!["a".into(), "".into()]);
    let span = only(&[SpanRecord {
        attributes: vec![
            KeyValue::new("string", "ü"),
            KeyValue::new("empty", ""),
            KeyValue::new("false", false),
            KeyValue::new("zero", 0),
            KeyValue::new("negative", -5),
            KeyValue::new("float", 0.0),
            KeyValue::new("network", 12.25),
            KeyValue::new("list", Value::Array(strings)),
        ],
        ..record(1, "s")
    }]);
    let values: Vec<_> = span
        .attributes
        .into_iter()
        .map(|attribute| (attribute.key, attribute.value.unwrap().value.unwrap()))
        .collect();
    let simple: Vec<_> = values[..7]
        .iter()
        .map(|(key, value)| (key.as_str(), value.clone()))
        .collect();
    assert_eq!(
        simple,
        [
            ("string", Any::StringValue("ü".into())),
            ("empty", Any::StringValue("".into())),
            ("false", Any::BoolValue(false)),
            ("zero", Any::IntValue(0)),
            ("negative", Any::IntValue(-5)),
            ("float", Any::DoubleValue(0.0)),
            ("network", Any::DoubleValue(12.25)),
        ]
    );
    let Any::ArrayValue(list) = &values[7].1 else {
        panic!("{:?}", values[7])
    };
    let items: Vec<_> = list.values.iter().map(|item| item.value.clone().unwrap()).collect();
    assert_eq!(items, [Any::StringValue("a".into()), Any::StringValue("".into())]);
}

#[test]
fn events_and_links() {
    let span = only(&[SpanRecord {
        events: vec![Event::new("retry", at(5), vec![KeyValue::new("n", 2)], 0)],
        links: vec![Link::new(context(9), vec![KeyValue::new("why", "bfcache")], 0)],
        ..record(1, "s")
    }]);
    assert_eq!(
        (span.events[0].name.as_str(), span.events[0].time_unix_nano),
        ("retry", 5)
    );
    assert_eq!(span.events[0].attributes[0].key, "n");
    assert_eq!(span.links[0].span_id, SpanId::from(9).to_bytes());
    assert_eq!(span.links[0].attributes[0].key, "why");
}

#[test]
fn spans_are_grouped_by_scope_under_one_resource() {
    let resource = [KeyValue::new("service.name", "frontend")];
    let request = decode(&resource, &[record(1, "a"), record(2, "b"), record(3, "a")]);
    assert_eq!(request.resource_spans.len(), 1);
    let spans = &request.resource_spans[0];
    assert_eq!(spans.resource.as_ref().unwrap().attributes[0].key, "service.name");
    let scopes: Vec<_> = spans
        .scope_spans
        .iter()
        .map(|scope| (scope.scope.as_ref().unwrap().name.as_str(), scope.spans.len()))
        .collect();
    assert_eq!(scopes, [("a", 2), ("b", 1)]);
    assert_eq!(spans.scope_spans[0].scope.as_ref().unwrap().version, "1.2");
}

#[test]
fn lengths_beyond_one_byte_are_right() {
    let long = "x".repeat(70_000);
    let span = only(&[SpanRecord {
        attributes: vec![KeyValue::new("long", long.clone())],
        ..record(1, "s")
    }]);
    let value = span.attributes[0].value.clone().unwrap().value.unwrap();
    assert_eq!(value, Any::StringValue(long));
}
