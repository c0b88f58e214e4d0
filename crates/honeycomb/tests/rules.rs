//! Each rule of the translation, on real OTLP structures.

use honeycomb::{Event, MAX_STRING_BYTES, Value, events};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event as SpanEvent, Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use serde_json::json;

fn any(value: Any) -> Option<AnyValue> {
    Some(AnyValue { value: Some(value) })
}

fn attribute(key: &str, value: Any) -> KeyValue {
    KeyValue {
        key: key.into(),
        value: any(value),
        ..Default::default()
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Any::StringValue(value.into()))
}

fn list(values: Vec<KeyValue>) -> Any {
    Any::KvlistValue(KeyValueList { values })
}

fn array(values: Vec<Any>) -> Any {
    let values = values
        .into_iter()
        .map(|value| AnyValue { value: Some(value) })
        .collect();
    Any::ArrayValue(ArrayValue { values })
}

fn span() -> Span {
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

fn request(span: Span) -> ExportTraceServiceRequest {
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

fn one(span: Span) -> Event {
    let mut rows = events(&request(span));
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}

fn with(attributes: Vec<KeyValue>) -> Event {
    one(Span { attributes, ..span() })
}

fn string(value: &str) -> Option<Value> {
    Some(Value::String(value.into()))
}

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
fn span_beats_scope_beats_resource_beats_what_is_derived() {
    let mut request = request(Span {
        attributes: vec![text("c", "span"), text("c", "span again"), text("type", "mine")],
        ..span()
    });
    let resource = &mut request.resource_spans[0];
    resource.resource.as_mut().unwrap().attributes = vec![
        text("a", "resource"),
        text("b", "resource"),
        text("c", "resource"),
        text("name", "resource"),
    ];
    resource.scope_spans[0].scope = Some(InstrumentationScope {
        attributes: vec![text("b", "scope"), text("c", "scope")],
        ..Default::default()
    });
    let row = events(&request).remove(0);
    assert_eq!(row.str("a"), Some("resource"));
    assert_eq!(row.str("b"), Some("scope"));
    assert_eq!(row.str("c"), Some("span again"));
    assert_eq!(row.str("name"), Some("resource"));
    assert_eq!(row.str("type"), Some("mine"));
    let names: Vec<_> = row.columns().map(|(name, _)| name).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "each name once, in order: {names:?}");
    for (name, value) in row.columns() {
        assert_eq!(row.get(name), Some(value));
    }
}

#[test]
fn plain_values_keep_their_types() {
    let row = with(vec![
        text("s", "text"),
        attribute("b", Any::BoolValue(false)),
        attribute("i", Any::IntValue(i64::MIN)),
        attribute("d", Any::DoubleValue(0.5)),
    ]);
    assert_eq!(row.get("s"), string("text").as_ref());
    assert_eq!(row.get("b"), Some(&Value::Boolean(false)));
    assert_eq!(row.get("i"), Some(&Value::Integer(i64::MIN)));
    assert_eq!(row.get("d"), Some(&Value::Float(0.5)));
}

#[test]
fn arrays_and_bytes_are_a_line_of_json() {
    let row = with(vec![
        attribute(
            "array",
            array(vec![
                Any::StringValue("a\"<".into()),
                Any::IntValue(1),
                Any::DoubleValue(f64::NAN),
            ]),
        ),
        attribute("bytes", Any::BytesValue(vec![0, 255])),
        attribute("objects", array(vec![list(vec![text("k", "v")])])),
    ]);
    assert_eq!(row.str("array"), Some("[\"a\\\"<\",1,null]\n"));
    assert_eq!(row.str("bytes"), Some("\"AP8=\"\n"));
    assert_eq!(row.str("objects"), Some("[{\"k\":\"v\"}]\n"));
}

#[test]
fn lists_are_flattened_down_to_five_levels() {
    let nest = |levels: usize| {
        (0..levels).fold(Any::StringValue("leaf".into()), |inner, _| {
            list(vec![attribute("k", inner)])
        })
    };
    assert_eq!(with(vec![attribute("a", nest(1))]).str("a.k"), Some("leaf"));
    assert_eq!(with(vec![attribute("a", nest(5))]).str("a.k.k.k.k.k"), Some("leaf"));
    assert_eq!(
        with(vec![attribute("a", nest(6))]).str("a.k.k.k.k.k.k"),
        Some("\"leaf\"\n")
    );
    assert_eq!(
        with(vec![attribute("a", nest(7))]).str("a.k.k.k.k.k.k"),
        Some("{\"k\":\"leaf\"}\n")
    );
}

#[test]
fn what_has_no_name_or_no_value_makes_no_column() {
    let before = one(span()).columns().count();
    let row = with(vec![
        text("", "nameless"),
        KeyValue {
            key: "valueless".into(),
            ..Default::default()
        },
        KeyValue {
            key: "empty".into(),
            value: Some(AnyValue { value: None }),
            ..Default::default()
        },
        attribute("list", list(vec![])),
        attribute("inner", list(vec![text("", "nameless")])),
    ]);
    assert_eq!(row.columns().count(), before);
}

#[test]
fn long_texts_are_cut_at_a_character() {
    let row = with(vec![
        text("long", &"é".repeat(40_000)),
        attribute("array", array(vec![Any::StringValue("x".repeat(70_000))])),
    ]);
    assert_eq!(row.str("long").unwrap().len(), MAX_STRING_BYTES - 1);
    assert_eq!(row.str("array").unwrap().len(), MAX_STRING_BYTES);
}

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
