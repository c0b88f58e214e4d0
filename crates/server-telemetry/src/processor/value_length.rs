//! `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT`, which the SDK does not know.

use opentelemetry::{Array, Context, KeyValue, StringValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use std::time::Duration;

/// Cuts text attributes of spans, of their events and of their links before the processor inside gets them. Characters
/// count, not bytes, and in a list each text by itself
/// (<https://opentelemetry.io/docs/specs/otel/common/#attribute-limits>).
#[derive(Debug)]
pub(crate) struct ValueLength<P> {
    inner: P,
    characters: usize,
}

impl<P> ValueLength<P> {
    pub(crate) fn new(inner: P, characters: usize) -> Self {
        Self { inner, characters }
    }

    fn cut(&self, attributes: &mut [KeyValue]) {
        for attribute in attributes {
            match &mut attribute.value {
                Value::String(text) => cut(text, self.characters),
                Value::Array(Array::String(texts)) => texts.iter_mut().for_each(|text| cut(text, self.characters)),
                _ => {}
            }
        }
    }
}

fn cut(text: &mut StringValue, characters: usize) {
    let cut = match text.as_str().char_indices().nth(characters) {
        Some((end, _)) => text.as_str()[..end].to_owned(),
        None => return,
    };
    *text = cut.into();
}

impl<P: SpanProcessor> SpanProcessor for ValueLength<P> {
    fn on_start(&self, span: &mut Span, cx: &Context) {
        self.inner.on_start(span, cx);
    }

    fn on_end(&self, mut span: SpanData) {
        self.cut(&mut span.attributes);
        for event in &mut span.events.events {
            self.cut(&mut event.attributes);
        }
        for link in &mut span.links.links {
            self.cut(&mut link.attributes);
        }
        self.inner.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_count_and_not_bytes() {
        for (text, characters, expected) in [
            ("grüße", 3, "grü"),
            ("grüße", 5, "grüße"),
            ("grüße", 6, "grüße"),
            ("🦀🦀", 1, "🦀"),
            ("text", 0, ""),
            ("", 0, ""),
        ] {
            let mut value = StringValue::from(text.to_owned());
            cut(&mut value, characters);
            assert_eq!(value.as_str(), expected);
        }
    }
}
