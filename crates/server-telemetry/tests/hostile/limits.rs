//! What holds for every batch in the sink.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::collections::HashSet;
use std::time::{SystemTime, UNIX_EPOCH};

const MONTH: u64 = 31 * 24 * 60 * 60 * 1_000_000_000;

/// Fails where a batch of so many spans breaks a limit: those of ids for everybody, all others for pages.
pub(crate) fn assert_within_limits(batch: &ExportTraceServiceRequest, spans: u64, is_page: bool) {
    let mut count = 0;
    let mut ids = HashSet::new();
    for resource in &batch.resource_spans {
        for span in resource.scope_spans.iter().flat_map(|scope| &scope.spans) {
            count += 1;
            assert_ids(span);
            if is_page {
                assert!(ids.insert((&span.trace_id, &span.span_id)), "a span twice");
                assert_span(span);
            }
        }
        if is_page {
            let attributes = &resource.resource.as_ref().expect("a resource").attributes;
            let services = attributes.iter().filter(|attribute| attribute.key == "service.name");
            let services: Vec<_> = services
                .map(|attribute| attribute.value.clone().unwrap().value)
                .collect();
            assert_eq!(services, [Some(Value::StringValue("frontend".to_owned()))]);
            assert!(attributes.len() <= 130);
            for attribute in attributes {
                let forged = ["user.", "client.", "clock.", "span.", "host."];
                assert!(
                    !forged.iter().any(|prefix| attribute.key.starts_with(prefix)),
                    "{attribute:?}"
                );
                assert_length(attribute);
            }
            for scope in resource.scope_spans.iter().filter_map(|scope| scope.scope.as_ref()) {
                assert!(scope.name.len() <= 4096 && scope.version.len() <= 4096);
                assert_attributes(&scope.attributes, 128);
            }
        }
    }
    assert_eq!(count, spans);
    assert!(!is_page || count <= 512);
}

fn assert_ids(span: &Span) {
    let is_id = |id: &[u8], length| id.len() == length && id.iter().any(|byte| *byte != 0);
    assert!(is_id(&span.trace_id, 16) && is_id(&span.span_id, 8), "{span:?}");
    assert!(matches!(span.parent_span_id.len(), 0 | 8));
}

fn assert_span(span: &Span) {
    assert!(span.name.len() <= 4096 && span.trace_state.len() <= 512);
    assert!(span.start_time_unix_nano <= span.end_time_unix_nano);
    assert_time(span.start_time_unix_nano);
    assert_time(span.end_time_unix_nano);
    // What the relay adds for its part: the clock. Nobody is signed in here.
    assert_attributes(&span.attributes, 130);
    assert!(span.events.len() <= 128 && span.links.len() <= 128);
    for event in &span.events {
        assert_time(event.time_unix_nano);
        assert!(event.name.len() <= 4096);
        assert_attributes(&event.attributes, 128);
    }
    for link in &span.links {
        assert_attributes(&link.attributes, 128);
    }
}

fn assert_time(time: u64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    assert!((now - MONTH..now + MONTH).contains(&time), "{time}");
}

fn assert_attributes(attributes: &[KeyValue], most: usize) {
    assert!(attributes.len() <= most, "{}", attributes.len());
    for attribute in attributes {
        let key = attribute.key.as_str();
        let forged = ["user.", "enduser.", "client.", "trace.", "meta."];
        assert!(!forged.iter().any(|prefix| key.starts_with(prefix)), "{key}");
        assert!(
            !["service.name", "session.id", "span.generation", "sampleRate"].contains(&key),
            "{key}"
        );
        assert_length(attribute);
    }
}

fn assert_length(attribute: &KeyValue) {
    assert!(
        !attribute.key.is_empty() && attribute.key.len() <= 256,
        "{}",
        attribute.key
    );
    let value = attribute.value.as_ref().expect("a value");
    // A text of 4096 bytes and what protobuf needs to say so.
    assert!(value.encoded_len() <= 4096 + 4, "{}", value.encoded_len());
}
