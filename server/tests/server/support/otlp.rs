//! Batches as pages and other services send them, made with the official protobuf definitions.

use super::message::{Ask, ORIGIN};
use super::trace::Caller;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use std::time::{SystemTime, UNIX_EPOCH};

/// A batch of one span, named `name`, that is `caller`, with these attributes, of a service called `shop`.
pub(crate) fn batch(caller: &Caller, name: &str, attributes: &[(&str, &str)]) -> ExportTraceServiceRequest {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = u64::try_from(now.as_nanos()).unwrap();
    let span = Span {
        trace_id: bytes(&caller.trace_id),
        span_id: bytes(&caller.span_id),
        name: name.to_owned(),
        kind: 3,
        start_time_unix_nano: now - 5_000_000,
        end_time_unix_nano: now,
        attributes: attributes.iter().map(|(key, value)| attribute(key, value)).collect(),
        ..Span::default()
    };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: vec![attribute("service.name", "shop")],
                ..Resource::default()
            }),
            scope_spans: vec![ScopeSpans {
                spans: vec![span],
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    }
}

/// The batch, with these attributes on its resource as well.
pub(crate) fn saying(mut batch: ExportTraceServiceRequest, attributes: &[(&str, &str)]) -> ExportTraceServiceRequest {
    let resource = batch.resource_spans[0].resource.get_or_insert_default();
    let attributes = attributes.iter().map(|(key, value)| attribute(key, value));
    resource.attributes.extend(attributes);
    batch
}

/// `documentLoad` and `documentFetch` with these ids, as the browser reports the load of a page.
pub(crate) fn pair(trace_id: &str, load: &str, fetch: &str) -> ExportTraceServiceRequest {
    let of = |span_id: &str| Caller {
        trace_id: trace_id.to_owned(),
        span_id: span_id.to_owned(),
    };
    let mut pair = batch(&of(load), "documentLoad", &[]);
    let mut inner = batch(&of(fetch), "documentFetch", &[]);
    for span in &mut inner.resource_spans[0].scope_spans[0].spans {
        span.parent_span_id = bytes(load);
    }
    pair.resource_spans.append(&mut inner.resource_spans);
    pair
}

/// The batch as a page of this origin posts it.
pub(crate) fn from_page(batch: &ExportTraceServiceRequest) -> Ask {
    posted(batch).header("origin", ORIGIN)
}

/// The batch as a service with this key posts it.
pub(crate) fn from_service(batch: &ExportTraceServiceRequest, key: &str) -> Ask {
    posted(batch).header("x-honeycomb-team", key)
}

/// The batch, from who knows whom.
pub(crate) fn posted(batch: &ExportTraceServiceRequest) -> Ask {
    Ask::post("/v1/traces")
        .header("content-type", "application/x-protobuf")
        .body(batch.encode_to_vec())
}

fn attribute(key: &str, value: &str) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            value: Some(Value::StringValue(value.to_owned())),
        }),
        ..KeyValue::default()
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
