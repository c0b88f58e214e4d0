//! Attributes in the words of OTLP.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};

pub(super) fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.to_owned()))
}

pub(super) fn number(key: &str, value: f64) -> KeyValue {
    attribute(key, Value::DoubleValue(value))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        key_strindex: 0,
    }
}

/// A text; `None` for any other value.
pub(super) fn as_text(value: &KeyValue) -> Option<&str> {
    match value.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

/// A number of either kind; `None` for any other value.
pub(super) fn as_number(value: &KeyValue) -> Option<f64> {
    match value.value.as_ref()?.value.as_ref()? {
        Value::DoubleValue(number) => Some(*number),
        Value::IntValue(number) => Some(*number as f64),
        _ => None,
    }
}
