//! How much a page may say: counts and lengths, so that a hostile batch costs no more than a friendly one.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use prost::Message;
use trace_wire::attribute;

/// Spans in one batch.
pub(super) const SPANS: usize = 512;
/// Attributes on a span, on a resource, on a scope, on an event or on a link.
pub(super) const ATTRIBUTES: usize = 128;
/// Events on a span, and links.
pub(super) const PARTS: usize = 128;
/// Bytes of a text, of an attribute's value or of a name.
pub(super) const TEXT: usize = 4096;
/// Bytes of an attribute's name.
const KEY: usize = 256;

/// Takes out what a page has no say in and what is too much; gives how many attributes were too much.
pub(super) fn clean(attributes: &mut Vec<KeyValue>) -> u32 {
    attributes.retain(|attribute| !is_ours(&attribute.key));
    let before = attributes.len();
    attributes.retain(|attribute| !attribute.key.is_empty() && attribute.key.len() <= KEY);
    attributes.retain_mut(|attribute| {
        attribute.key_strindex = 0;
        attribute.value.as_mut().is_some_and(shorten)
    });
    attributes.truncate(ATTRIBUTES);
    u32::try_from(before - attributes.len()).unwrap_or(u32::MAX)
}

/// Attributes that a page has no say in, wherever it puts them: which service it is, who the user is and from which address
/// (`user.*`, `client.*`), what the relay itself takes off the resource or puts on spans (`clock.*`, `session.id`), and
/// what Honeycomb reads as the row's own ids, kind or weight (`trace.*`, `meta.*`, `sampleRate`).
pub(super) fn is_ours(key: &str) -> bool {
    match key.split_once('.') {
        Some(("user" | "enduser" | "client" | "clock" | "trace" | "meta", _)) => true,
        Some(_) => [
            attribute::SERVICE_NAME,
            attribute::SESSION_ID,
            attribute::SPAN_GENERATION,
            attribute::SPAN_DROPPED,
            attribute::SPAN_SYNTHETIC,
        ]
        .contains(&key),
        None => matches!(key, "sampleRate" | "SampleRate"),
    }
}

/// Cuts a text; `false` where the value cannot be cut and is too large, or is none.
fn shorten(value: &mut AnyValue) -> bool {
    match &mut value.value {
        Some(Value::StringValue(text)) => {
            cut(text);
            true
        }
        Some(Value::BytesValue(bytes)) => {
            bytes.truncate(TEXT);
            true
        }
        Some(Value::ArrayValue(_) | Value::KvlistValue(_)) => value.encoded_len() <= TEXT,
        Some(Value::BoolValue(_) | Value::IntValue(_) | Value::DoubleValue(_)) => true,
        // A reference into a table that traces do not have.
        Some(Value::StringValueStrindex(_)) | None => false,
    }
}

/// Cuts a text to [`TEXT`] bytes, between characters.
pub(super) fn cut(text: &mut String) {
    text.truncate(text.floor_char_boundary(TEXT));
}
