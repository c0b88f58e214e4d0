//! What a batch says: its spans, and about all of them who the page is, how its clock is off, and what it has dropped.

use crate::otlp::{self, SpanRecord};
use crate::{clock, page, start};
use opentelemetry::KeyValue;
use trace_wire::attribute;

/// A batch: one part for each epoch of the page's clock, with what is known of that clock.
pub(super) fn encode(spans: &[SpanRecord]) -> Vec<u8> {
    let mut body = Vec::new();
    let own = start::config().map_or(&[][..], |config| &config.resource);
    for part in spans.chunk_by(|one, next| one.epoch == next.epoch) {
        if let Some(first) = part.first() {
            otlp::encode([&resource(first.epoch, body.is_empty()), own], part, &mut body);
        }
    }
    body
}

fn resource(epoch: usize, is_first: bool) -> Vec<KeyValue> {
    let mut resource = Vec::new();
    let list = &mut resource;
    otlp::literal(list, attribute::TELEMETRY_SDK_NAME, env!("CARGO_PKG_NAME"));
    otlp::literal(list, attribute::TELEMETRY_SDK_LANGUAGE, "rust");
    otlp::literal(list, attribute::TELEMETRY_SDK_VERSION, env!("CARGO_PKG_VERSION"));
    if let Some(config) = start::config() {
        otlp::literal(list, attribute::SERVICE_NAME, config.service_name);
    }
    otlp::text(list, attribute::SESSION_ID, page::ask("session", ""));
    let generation = page::ask("meta", trace_wire::page::GENERATION_META);
    if !generation.is_empty() {
        otlp::text(list, attribute::SPAN_GENERATION, generation);
    }
    let offset = clock::offset(epoch);
    otlp::number(list, attribute::CLOCK_OFFSET_MS, offset.map(|(offset, _)| offset));
    otlp::number(list, attribute::CLOCK_ERROR_MS, offset.map(|(_, error)| error));
    let queue = super::queue();
    // Once in a batch: the server adds them up.
    if is_first && queue.dropped > queue.reported {
        otlp::integer(list, attribute::SPAN_DROPPED, queue.dropped - queue.reported);
    }
    resource
}
