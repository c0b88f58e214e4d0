//! Properties of what is nearly right; those of answers and of what is made of batches are in `answers`.

mod answers;

use crate::outside::{JSON, Outside, PAGE_LIMIT, PROTOBUF, SERVICE_LIMIT};
use axum::http::StatusCode;
use flate2::Compression;
use flate2::write::GzEncoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use prost::Message;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};
use trace_wire::{PageTrace, Session, TraceParent};

/// Names at which the relay does something, and others.
const KEYS: [&str; 16] = [
    "service.name",
    "service.version",
    "user.id",
    "enduser.id",
    "client.address",
    "clock.offset_ms",
    "clock.error_ms",
    "session.id",
    "span.generation",
    "span.dropped",
    "span.synthetic",
    "trace.trace_id",
    "sampleRate",
    "browser.language",
    "app.anything",
    "",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => ".{0,20}",
        1 => Just("b7ad6b7169203331b7ad6b7169203331".to_owned()),
        1 => (4090..4100_usize).prop_map(|length| "é".repeat(length / 2) + "x"),
    ]
}

fn value() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        text().prop_map(Value::StringValue),
        any::<bool>().prop_map(Value::BoolValue),
        any::<i64>().prop_map(Value::IntValue),
        any::<f64>().prop_map(Value::DoubleValue),
        (-1e6..1e6_f64).prop_map(Value::DoubleValue),
        vec(any::<u8>(), 0..40).prop_map(Value::BytesValue),
    ];
    let value = leaf.prop_recursive(3, 12, 4, |inner| {
        let inner = inner.prop_map(|value| AnyValue { value: Some(value) });
        let pair = (text(), inner.clone()).prop_map(|(key, value)| KeyValue {
            key,
            value: Some(value),
            key_strindex: 0,
        });
        prop_oneof![
            vec(inner, 0..4).prop_map(|values| Value::ArrayValue(ArrayValue { values })),
            vec(pair, 0..4).prop_map(|values| Value::KvlistValue(KeyValueList { values })),
        ]
    });
    proptest::option::weighted(0.95, value).prop_map(|value| AnyValue { value })
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let key = prop_oneof![select(&KEYS[..]).prop_map(str::to_owned), text(), Just("k".repeat(257))];
    let attribute = (key, proptest::option::weighted(0.95, value()), any::<i32>());
    let attribute = attribute.prop_map(|(key, value, key_strindex)| KeyValue {
        key,
        value,
        key_strindex,
    });
    vec(attribute, 0..8)
}

fn id(length: usize) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        12 => vec(any::<u8>(), length),
        1 => vec(any::<u8>(), 0..20),
        1 => Just(vec![0; length]),
        // So that some come twice.
        2 => Just(vec![7; length]),
    ]
}

/// A few seconds around now, and what no clock shows.
fn time() -> impl Strategy<Value = u64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    prop_oneof![12 => now - 10_000_000_000..now, 1 => any::<u64>(), 1 => Just(0)]
}

fn span() -> impl Strategy<Value = Span> {
    let event = (time(), text(), attributes()).prop_map(|(time_unix_nano, name, attributes)| Event {
        time_unix_nano,
        name,
        attributes,
        ..Event::default()
    });
    let link = (id(16), id(8), text(), attributes()).prop_map(|(trace_id, span_id, trace_state, attributes)| Link {
        trace_id,
        span_id,
        trace_state,
        attributes,
        ..Link::default()
    });
    let ids = (id(16), id(8), id(8));
    let times = (time(), 0..5_000_000_000_u64, any::<bool>());
    let texts = (text(), text(), text());
    let parts = (attributes(), vec(event, 0..3), vec(link, 0..3));
    (ids, times, texts, parts, any::<i32>(), any::<u32>()).prop_map(|(ids, times, texts, parts, number, count)| Span {
        trace_id: ids.0,
        span_id: ids.1,
        parent_span_id: ids.2,
        trace_state: texts.0,
        name: texts.1,
        kind: number,
        start_time_unix_nano: times.0,
        end_time_unix_nano: if times.2 {
            times.0.saturating_sub(times.1)
        } else {
            times.0
        },
        attributes: parts.0,
        events: parts.1,
        links: parts.2,
        dropped_attributes_count: count,
        status: Some(Status {
            message: texts.2,
            code: number,
        }),
        ..Span::default()
    })
}

fn batch() -> impl Strategy<Value = ExportTraceServiceRequest> {
    let scope = (text(), attributes(), vec(span(), 0..6)).prop_map(|(name, attributes, spans)| ScopeSpans {
        scope: Some(InstrumentationScope {
            name,
            attributes,
            ..InstrumentationScope::default()
        }),
        spans,
        ..ScopeSpans::default()
    });
    let resource = (attributes(), vec(scope, 0..3)).prop_map(|(attributes, scope_spans)| ResourceSpans {
        resource: Some(Resource {
            attributes,
            ..Resource::default()
        }),
        scope_spans,
        ..ResourceSpans::default()
    });
    vec(resource, 0..3).prop_map(|resource_spans| ExportTraceServiceRequest { resource_spans })
}

fn count(batch: &ExportTraceServiceRequest) -> i64 {
    let scopes = batch.resource_spans.iter().flat_map(|spans| &spans.scope_spans);
    scopes.map(|scope| scope.spans.len() as i64).sum()
}

/// Without what the relay adds when a clock is stated: it is stated once only.
fn without_clock(mut batch: ExportTraceServiceRequest) -> ExportTraceServiceRequest {
    let scopes = batch.resource_spans.iter_mut().flat_map(|spans| &mut spans.scope_spans);
    for span in scopes.flat_map(|scope| &mut scope.spans) {
        span.attributes.retain(|attribute| !attribute.key.starts_with("clock."));
    }
    batch
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

proptest! {
    /// Every span is kept, refused or a duplicate of another in its batch, and protobuf and JSON say the same.
    #[test]
    fn a_pages_batch_is_within_limits_and_no_span_is_forgotten(sent in batch()) {
        prop_assume!(sent.encoded_len() <= PAGE_LIMIT);
        let outcome = Outside::default().page(PROTOBUF, "identity", sent.encode_to_vec());
        prop_assert_eq!(outcome.status, StatusCode::OK);
        let kept = outcome.kept.as_ref().map_or(0, count);
        prop_assert!(kept + outcome.refused <= count(&sent));
        let sevens = |span: &&Span| span.trace_id == [7; 16] && span.span_id == [7; 8];
        let scopes = sent.resource_spans.iter().flat_map(|spans| &spans.scope_spans);
        let twice = scopes.flat_map(|scope| &scope.spans).filter(sevens).count().saturating_sub(1) as i64;
        prop_assert!(kept + outcome.refused + twice >= count(&sent));
    }

    /// What the relay has cleaned it does not clean again.
    #[test]
    fn cleaning_twice_is_cleaning_once(sent in batch()) {
        if let Some(once) = Outside::default().page(PROTOBUF, "identity", sent.encode_to_vec()).kept {
            let once = without_clock(once);
            prop_assume!(once.encoded_len() <= PAGE_LIMIT);
            let twice = Outside::default().page(PROTOBUF, "identity", once.encode_to_vec());
            prop_assert_eq!(twice.refused, 0);
            // As bytes: a number that is none is not even equal to itself.
            prop_assert_eq!(twice.kept.unwrap().encode_to_vec(), once.encode_to_vec());
        }
    }

    #[test]
    fn a_services_spans_with_ids_go_on_as_they_are(sent in batch()) {
        prop_assume!(sent.encoded_len() <= SERVICE_LIMIT);
        let outcome = Outside::default().service(PROTOBUF, "identity", sent.encode_to_vec());
        prop_assert_eq!(outcome.status, StatusCode::OK);
        if outcome.refused == 0 && count(&sent) > 0 {
            prop_assert_eq!(outcome.kept.unwrap().encode_to_vec(), sent.encode_to_vec());
        }
    }

    #[test]
    fn any_bytes_in_any_clothes_are_answered(
        body in vec(any::<u8>(), 0..300),
        content_type in select(&[PROTOBUF, JSON, "text/plain", ""][..]),
        encoding in select(&["identity", "gzip", "zstd", "br", ""][..]),
    ) {
        let outside = Outside::default();
        outside.page(content_type, encoding, body.clone());
        outside.service(content_type, encoding, body);
    }

    #[test]
    fn texts_of_the_wire_are_read_as_they_were_written(
        trace_id in any::<[u8; 16]>(),
        ids in any::<[[u8; 8]; 2]>(),
        flags in any::<u8>(),
        start in any::<u64>(),
        noise in ".{0,60}",
    ) {
        prop_assume!(trace_id != [0; 16] && !ids.contains(&[0; 8]));
        let parent = TraceParent { trace_id, span_id: ids[0], flags };
        prop_assert_eq!(TraceParent::parse(&parent.to_string()), Some(parent));
        let page = PageTrace { trace_id, document_load: ids[0], document_fetch: ids[1], sampled: flags & 1 == 1 };
        prop_assert_eq!(PageTrace::parse(&page.to_string()), Some(page));
        let session = Session { id: trace_id, start };
        prop_assert_eq!(Session::parse(&session.to_string()), Some(session));
        prop_assert_eq!(Session::in_cookies(&format!("a=b; {}; c=d", session.cookie())), Some(session));
        _ = (TraceParent::parse(&noise), PageTrace::parse(&noise), Session::parse(&noise), Session::in_cookies(&noise));
    }
}

proptest! {
    // Each is hundreds of kilobytes to pack and unpack, by code that is not optimised.
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Neither too little nor too much: exactly what is larger than the limit is refused for that.
    #[test]
    fn a_body_counts_by_what_it_unfolds_to(
        over in -2000..200_000_i64,
        byte in any::<u8>(),
        packing in select(&["identity", "gzip", "zstd"][..]),
        is_page in any::<bool>(),
    ) {
        let limit = if is_page { PAGE_LIMIT } else { SERVICE_LIMIT };
        let size = limit.saturating_add_signed(over as isize);
        let body = vec![byte; size];
        let packed = match packing {
            "gzip" => gzip(&body),
            "zstd" => zstd::encode_all(&*body, 1).unwrap(),
            _ => body,
        };
        let outside = Outside::default();
        let outcome = if is_page {
            outside.page(PROTOBUF, packing, packed)
        } else {
            outside.service(PROTOBUF, packing, packed)
        };
        prop_assert_eq!(outcome.status == StatusCode::PAYLOAD_TOO_LARGE, size > limit);
    }
}
