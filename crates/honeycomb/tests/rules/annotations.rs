//! Span events and links: rows of their own.

use crate::support::{attribute, request, span, text};
use honeycomb::{Event, Value, events};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::span::{Event as SpanEvent, Link};
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use serde_json::json;

#[test]
fn the_first_exception_is_copied_to_its_span() {
    let exception = |message: &str| SpanEvent {
        name: "exception".into(),
        attributes: vec![
            text("exception.message", message),
            text("exception.type", "Oops"),
            text("exception.stacktrace", "at line 1"),
            attribute("exception.escaped", Any::BoolValue(true)),
            text("other", "stays"),
        ],
        ..Default::default()
    };
    let rows = events(&request(Span {
        attributes: vec![text("exception.type", "Mine")],
        events: vec![SpanEvent::default(), exception("first"), exception("second")],
        ..span()
    }));
    assert_eq!(rows[0].str("exception.message"), Some("first"));
    assert_eq!(rows[0].str("exception.type"), Some("Mine"));
    assert_eq!(rows[0].str("exception.stacktrace"), Some("at line 1"));
    assert_eq!(rows[0].get("exception.escaped"), Some(&Value::Boolean(true)));
    assert_eq!(rows[0].get("other"), None);
    assert_eq!(rows[3].str("exception.message"), Some("second"));
}

#[test]
fn the_sample_rate_may_come_from_the_resource_or_trace_state_and_counts_for_annotations() {
    let sampled = Span {
        trace_state: "ot=th:c".into(),
        events: vec![SpanEvent::default()],
        links: vec![Link::default()],
        ..span()
    };
    let mut request = request(sampled);
    assert_eq!(
        events(&request).iter().map(|row| row.sample_rate).collect::<Vec<_>>(),
        [4, 4, 4]
    );
    let resource = request.resource_spans[0].resource.as_mut().unwrap();
    resource.attributes.push(attribute("sampleRate", Any::IntValue(5)));
    for row in events(&request) {
        assert_eq!(row.sample_rate, 5);
        assert_eq!(row.get("sampleRate"), None);
    }
}

#[test]
fn a_span_event_is_a_row_of_its_own() {
    let at = |time| SpanEvent {
        time_unix_nano: time,
        name: "cache.miss".into(),
        attributes: vec![text("key", "home")],
        ..Default::default()
    };
    let rows = events(&request(Span {
        events: vec![at(span().start_time_unix_nano + 250_000), at(1)],
        ..span()
    }));
    assert_eq!(rows[0].get("span.num_events"), Some(&Value::Integer(2)));
    assert!(rows[0].is_span());
    assert!(!rows[1].is_span());
    assert_eq!(
        serde_json::to_value(&rows[1]).unwrap(),
        json!({
            "time": "2026-11-24T02:13:51.000250001Z",
            "samplerate": 1,
            "data": {
                "trace.trace_id": "abababababababababababababababab",
                "trace.parent_id": "cdcdcdcdcdcdcdcd",
                "name": "cache.miss",
                "parent_name": "GET /",
                "meta.annotation_type": "span_event",
                "meta.signal_type": "trace",
                "meta.time_since_span_start_ms": 0.25,
                "service.name": "shop",
                "key": "home",
            }
        })
    );
    assert_eq!(rows[2].get("meta.time_since_span_start_ms"), Some(&Value::Float(0.0)));
    assert_eq!(
        rows[2].get("meta.invalid_time_since_span_start"),
        Some(&Value::Boolean(true))
    );
}

#[test]
fn a_link_is_a_row_of_its_own() {
    let rows = events(&request(Span {
        links: vec![Link {
            trace_id: vec![1; 16],
            span_id: vec![2; 8],
            attributes: vec![text("why", "restored")],
            ..Default::default()
        }],
        ..span()
    }));
    assert_eq!(rows[0].get("span.num_links"), Some(&Value::Integer(1)));
    assert_eq!(
        serde_json::to_value(&rows[1]).unwrap(),
        json!({
            "time": "2026-11-24T02:13:51.000000001Z",
            "samplerate": 1,
            "data": {
                "trace.trace_id": "abababababababababababababababab",
                "trace.parent_id": "cdcdcdcdcdcdcdcd",
                "trace.link.trace_id": "01010101010101010101010101010101",
                "trace.link.span_id": "0202020202020202",
                "parent_name": "GET /",
                "meta.annotation_type": "link",
                "meta.signal_type": "trace",
                "service.name": "shop",
                "why": "restored",
            }
        })
    );
}

#[test]
fn annotations_of_a_failed_span_are_errors_unless_they_say_otherwise() {
    let rows = events(&request(Span {
        status: Some(Status {
            code: 2,
            message: String::new(),
        }),
        events: vec![
            SpanEvent::default(),
            SpanEvent {
                attributes: vec![attribute("error", Any::BoolValue(false))],
                ..Default::default()
            },
        ],
        links: vec![Link::default()],
        ..span()
    }));
    let errors: Vec<_> = rows.iter().map(Event::is_error).collect();
    assert_eq!(errors, [true, true, false, true]);
}
