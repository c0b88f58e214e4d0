//! What a span is as a row: its ids, times, status, scope and sample rate.

use crate::support::{attribute, one, request, span, string, text, with};
use honeycomb::{Value, events};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use serde_json::json;

#[test]
fn a_root_span_has_exactly_these_columns() {
    let row = serde_json::to_value(one(span())).unwrap();
    assert_eq!(
        row,
        json!({
            "time": "2026-11-24T02:13:51.000000001Z",
            "samplerate": 1,
            "data": {
                "trace.trace_id": "abababababababababababababababab",
                "trace.span_id": "cdcdcdcdcdcdcdcd",
                "name": "GET /",
                "span.kind": "server",
                "type": "server",
                "duration_ms": 1.5,
                "status_code": 0,
                "span.num_links": 0,
                "span.num_events": 0,
                "meta.signal_type": "trace",
                "service.name": "shop",
            }
        })
    );
}

#[test]
fn a_parent_is_named_where_there_is_one() {
    let child = one(Span {
        parent_span_id: vec![0x0f; 8],
        ..span()
    });
    assert_eq!(child.str("trace.parent_id"), Some("0f0f0f0f0f0f0f0f"));
    let root = one(Span {
        parent_span_id: vec![0; 8],
        ..span()
    });
    assert_eq!(root.get("trace.parent_id"), None);
}

#[test]
fn trace_ids_of_eight_bytes_are_written_short() {
    let mut id = vec![0; 16];
    id[8..].copy_from_slice(&[0xf7, 0x98, 0xa1, 0xe7, 0xf3, 0x3c, 0x8a, 0xf6]);
    let row = one(Span { trace_id: id, ..span() });
    assert_eq!(row.str("trace.trace_id"), Some("f798a1e7f33c8af6"));
}

#[test]
fn every_kind_has_its_name() {
    for (kind, name) in [
        (0, "unspecified"),
        (1, "internal"),
        (2, "server"),
        (3, "client"),
        (4, "producer"),
        (5, "consumer"),
        (99, "unspecified"),
    ] {
        let row = one(Span { kind, ..span() });
        assert_eq!(row.str("span.kind"), Some(name));
        assert_eq!(row.str("type"), Some(name));
    }
}

#[test]
fn a_span_that_ends_before_it_starts_lasts_zero_and_says_so() {
    let row = one(Span {
        end_time_unix_nano: 1,
        ..span()
    });
    assert_eq!(row.get("duration_ms"), Some(&Value::Float(0.0)));
    assert_eq!(row.get("meta.invalid_duration"), Some(&Value::Boolean(true)));
    assert_eq!(one(span()).get("meta.invalid_duration"), None);
}

#[test]
fn a_failed_span_has_error_and_its_message() {
    let status = |code, message: &str| Span {
        status: Some(Status {
            code,
            message: message.into(),
        }),
        ..span()
    };
    let failed = one(status(2, "no such table"));
    assert_eq!(failed.get("status_code"), Some(&Value::Integer(2)));
    assert_eq!(failed.get("error"), Some(&Value::Boolean(true)));
    assert_eq!(failed.str("status_message"), Some("no such table"));
    assert!(failed.is_error());
    let fine = one(status(1, ""));
    assert_eq!(fine.get("status_code"), Some(&Value::Integer(1)));
    assert_eq!(fine.get("error"), None);
    assert_eq!(fine.get("status_message"), None);
    assert!(!fine.is_error());
}

#[test]
fn an_error_attribute_wins_over_the_status() {
    let row = one(Span {
        status: Some(Status {
            code: 2,
            message: String::new(),
        }),
        attributes: vec![text("error", "timeout")],
        ..span()
    });
    assert_eq!(row.get("error"), string("timeout").as_ref());
}

#[test]
fn trace_state_is_kept() {
    let row = one(Span {
        trace_state: "vendor=1".into(),
        ..span()
    });
    assert_eq!(row.str("trace.trace_state"), Some("vendor=1"));
}

#[test]
fn the_scope_is_columns_and_known_libraries_are_marked() {
    let scope = |name: &str| {
        let mut request = request(span());
        request.resource_spans[0].schema_url = "https://example.com/resource".into();
        request.resource_spans[0].scope_spans[0].schema_url = "https://example.com/scope".into();
        request.resource_spans[0].scope_spans[0].scope = Some(InstrumentationScope {
            name: name.into(),
            version: "1.2.3".into(),
            attributes: vec![text("scope.own", "yes")],
            ..Default::default()
        });
        events(&request).remove(0)
    };
    let row = scope("home.activities");
    assert_eq!(row.str("library.name"), Some("home.activities"));
    assert_eq!(row.str("library.version"), Some("1.2.3"));
    assert_eq!(row.str("scope.own"), Some("yes"));
    assert_eq!(row.str("resource.schema_url"), Some("https://example.com/resource"));
    assert_eq!(row.str("scope.schema_url"), Some("https://example.com/scope"));
    assert_eq!(row.get("telemetry.instrumentation_library"), None);
    for known in [
        "io.opentelemetry.tomcat",
        "opentelemetry.instrumentation.flask",
        "OpenTelemetry.Instrumentation.Http",
        "OpenTelemetry::Instrumentation::Rack",
        "go.opentelemetry.io/contrib/instrumentation/net/http",
        "@opentelemetry/instrumentation-fetch",
        "io.opentelemetry.contrib.php.slim",
        "github.com/open-telemetry/opentelemetry-collector/x",
        "@honeycombio/instrumentation-web-vitals",
    ] {
        let marked = scope(known);
        assert_eq!(
            marked.get("telemetry.instrumentation_library"),
            Some(&Value::Boolean(true)),
            "{known}"
        );
    }
}

#[test]
fn sample_rates_come_from_attributes_and_are_no_columns() {
    for (value, rate) in [
        (Any::IntValue(20), 20),
        (Any::DoubleValue(2.5), 3),
        (Any::StringValue("7".into()), 7),
        (Any::StringValue("many".into()), 1),
        (Any::IntValue(0), 1),
        (Any::IntValue(-3), 1),
        (Any::DoubleValue(f64::NAN), 1),
        (Any::IntValue(i64::MAX), u32::MAX),
    ] {
        for name in ["sampleRate", "SampleRate"] {
            let row = with(vec![attribute(name, value.clone())]);
            assert_eq!(row.sample_rate, rate, "{value:?}");
            assert_eq!(row.get(name), None);
        }
    }
}

#[test]
fn a_time_beyond_what_can_be_told_is_the_last_one() {
    let row = one(Span {
        start_time_unix_nano: u64::MAX,
        end_time_unix_nano: u64::MAX,
        ..span()
    });
    assert_eq!(row.time_unix_nano, i64::MAX);
}

#[test]
fn an_empty_request_has_no_rows() {
    assert!(events(&ExportTraceServiceRequest::default()).is_empty());
}
