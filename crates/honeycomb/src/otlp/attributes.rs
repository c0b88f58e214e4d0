//! Attributes as columns.
//!
//! Plain values stay what they are. Lists of keys and values become one column per leaf (`a.b`), down to five levels;
//! what lies deeper, and arrays and bytes, become JSON, one line with its line feed, as Honeycomb stores them.

use crate::{Column, Value, intern};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use serde_json::Value as Json;

/// No text in a column is longer than this many bytes; what is longer is cut off at a character's end.
pub const MAX_STRING_BYTES: usize = 65_535;

/// So many levels of nested lists become columns of their own.
const MAX_DEPTH: usize = 5;

/// Columns in the order in which they were named: of one name, the last one counts.
#[derive(Default)]
pub(super) struct Attributes(pub(super) Vec<Column>);

impl Attributes {
    pub(super) fn push(&mut self, name: &str, value: Value) {
        self.0.push(Column {
            name: intern::name(name),
            value,
        });
    }

    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.push(name, string(text));
    }

    /// As [`Self::text`]; an empty text makes no column.
    pub(super) fn text_if_any(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.text(name, text);
        }
    }

    /// Adds attributes; those without a name or a value make no column.
    pub(super) fn all<'a>(&mut self, attributes: impl IntoIterator<Item = &'a KeyValue>) {
        for attribute in attributes {
            if let (false, Some(value)) = (attribute.key.is_empty(), value_of(attribute)) {
                self.any(&attribute.key, value, 0);
            }
        }
    }

    fn any(&mut self, name: &str, value: &Any, depth: usize) {
        match value {
            Any::StringValue(text) => self.text(name, text),
            Any::BoolValue(truth) => self.push(name, Value::Boolean(*truth)),
            Any::IntValue(number) => self.push(name, Value::Integer(*number)),
            Any::DoubleValue(number) => self.push(name, Value::Float(*number)),
            Any::ArrayValue(_) | Any::BytesValue(_) => self.json(name, value),
            Any::KvlistValue(list) => {
                for entry in &list.values {
                    let (false, Some(value)) = (entry.key.is_empty(), value_of(entry)) else {
                        continue;
                    };
                    let name = format!("{name}.{}", entry.key);
                    if depth < MAX_DEPTH {
                        self.any(&name, value, depth + 1);
                    } else {
                        self.json(&name, value);
                    }
                }
            }
            // An index into a table that profiles have and traces have not.
            Any::StringValueStrindex(_) => {}
        }
    }

    fn json(&mut self, name: &str, value: &Any) {
        let mut line = json(value).to_string();
        line.push('\n');
        self.push(name, string(&line));
    }
}

fn value_of(attribute: &KeyValue) -> Option<&Any> {
    attribute.value.as_ref()?.value.as_ref()
}

fn string(text: &str) -> Value {
    let cut = &text[..text.floor_char_boundary(MAX_STRING_BYTES)];
    Value::String(intern::shared(cut))
}

fn json(value: &Any) -> Json {
    let inner = |value: &AnyValue| value.value.as_ref().map_or(Json::Null, json);
    match value {
        Any::StringValue(text) => Json::from(text.as_str()),
        Any::BoolValue(truth) => Json::from(*truth),
        Any::IntValue(number) => Json::from(*number),
        Any::DoubleValue(number) => Json::from(*number),
        Any::BytesValue(bytes) => Json::from(STANDARD.encode(bytes)),
        Any::ArrayValue(list) => list.values.iter().map(inner).collect(),
        Any::KvlistValue(list) => list
            .values
            .iter()
            .map(|entry| (entry.key.clone(), entry.value.as_ref().map_or(Json::Null, inner)))
            .collect(),
        Any::StringValueStrindex(_) => Json::Null,
    }
}

/// The names under which a sample rate may come as an attribute, the more usual one first.
pub(crate) const SAMPLE_RATE: [&str; 2] = ["sampleRate", "SampleRate"];
