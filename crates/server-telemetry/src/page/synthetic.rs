//! `documentLoad` and `documentFetch` as the server knows them.

use super::waiting::Overdue;
use crate::sink::EncodedBatch;
use opentelemetry::{KeyValue as Attribute, Value};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use opentelemetry_sdk::trace::SpanData;
use prost::Message;
use std::time::SystemTime;
use trace_wire::{PageTrace, attribute};

/// What is taken over from the SERVER span.
const SHARED: [&str; 7] = [
    attribute::HTTP_REQUEST_METHOD,
    attribute::HTTP_RESPONSE_STATUS_CODE,
    attribute::URL_PATH,
    attribute::USER_AGENT_ORIGINAL,
    attribute::USER_ID,
    attribute::USER_NAME,
    attribute::SESSION_ID,
];

/// Both spans of each page, with the times of its SERVER span.
pub(super) fn batch(service: &str, pages: &[Overdue]) -> EncodedBatch {
    let spans: Vec<Span> = pages.iter().flat_map(|one| pair(&one.page, &one.server)).collect();
    let count = u32::try_from(spans.len()).unwrap_or(u32::MAX);
    let request = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: vec![text(attribute::SERVICE_NAME, service)],
                ..Resource::default()
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope {
                    name: env!("CARGO_PKG_NAME").into(),
                    version: env!("CARGO_PKG_VERSION").into(),
                    ..InstrumentationScope::default()
                }),
                spans,
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    };
    EncodedBatch {
        body: request.encode_to_vec(),
        spans: count,
    }
}

fn pair(page: &PageTrace, server: &SpanData) -> [Span; 2] {
    let mut attributes: Vec<KeyValue> = server
        .attributes
        .iter()
        .filter(|attribute| SHARED.contains(&attribute.key.as_str()))
        .filter_map(shared)
        .collect();
    attributes.push(KeyValue {
        key: attribute::SPAN_SYNTHETIC.into(),
        value: Some(AnyValue {
            value: Some(any_value::Value::BoolValue(true)),
        }),
        ..KeyValue::default()
    });
    let span = |id: [u8; 8], parent: Vec<u8>, name: &str, kind: SpanKind| Span {
        trace_id: page.trace_id.to_vec(),
        span_id: id.to_vec(),
        parent_span_id: parent,
        name: name.into(),
        kind: kind.into(),
        start_time_unix_nano: nanos(server.start_time),
        end_time_unix_nano: nanos(server.end_time),
        attributes: attributes.clone(),
        flags: 1,
        ..Span::default()
    };
    let load = page.document_load;
    [
        span(load, vec![], "documentLoad", SpanKind::Internal),
        span(page.document_fetch, load.to_vec(), "documentFetch", SpanKind::Client),
    ]
}

fn shared(attribute: &Attribute) -> Option<KeyValue> {
    let value = match &attribute.value {
        Value::String(text) => any_value::Value::StringValue(text.as_str().to_owned()),
        Value::I64(number) => any_value::Value::IntValue(*number),
        _ => return None,
    };
    Some(KeyValue {
        key: attribute.key.as_str().to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    })
}

fn text(key: &str, value: &str) -> KeyValue {
    KeyValue {
        key: key.into(),
        value: Some(AnyValue {
            value: Some(any_value::Value::StringValue(value.into())),
        }),
        ..KeyValue::default()
    }
}

fn nanos(time: SystemTime) -> u64 {
    let since_1970 = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_nanos()).unwrap_or(u64::MAX)
}
