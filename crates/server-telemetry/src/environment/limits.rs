//! `OTEL_BSP_*` and the limits on what a span may hold.

use super::reader::Reader;
use crate::processor::BatchConfig;
use opentelemetry_sdk::trace::SpanLimits;

pub(super) fn batch(reader: &mut Reader<'_>) -> BatchConfig {
    const SIZE: &str = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE";
    let default = BatchConfig::default();
    let max_queue_size = reader
        .number("OTEL_BSP_MAX_QUEUE_SIZE", 1)
        .map_or(default.max_queue_size, |size| size as usize);
    let max_export_batch_size = match reader.number(SIZE, 1).map(|size| size as usize) {
        Some(size) if size > max_queue_size => {
            let problem = format!("that is more than the queue holds (OTEL_BSP_MAX_QUEUE_SIZE, {max_queue_size})");
            reader.refuse(SIZE, &size.to_string(), &problem);
            max_queue_size
        }
        Some(size) => size,
        None => default.max_export_batch_size.min(max_queue_size),
    };
    BatchConfig {
        max_queue_size,
        max_export_batch_size,
        schedule_delay: reader
            .duration("OTEL_BSP_SCHEDULE_DELAY")
            .unwrap_or(default.schedule_delay),
        export_timeout: reader
            .timeout("OTEL_BSP_EXPORT_TIMEOUT")
            .unwrap_or(default.export_timeout),
    }
}

/// How many attributes, events and links there may be. `OTEL_ATTRIBUTE_COUNT_LIMIT` is for all attributes that have no
/// limit of their own (<https://opentelemetry.io/docs/specs/otel/common/#attribute-limits>).
pub(super) fn counts(reader: &mut Reader<'_>) -> SpanLimits {
    let attributes = reader.number("OTEL_ATTRIBUTE_COUNT_LIMIT", 0);
    let default = SpanLimits::default();
    let mut limit = |name, general: Option<u32>, default| reader.number(name, 0).or(general).unwrap_or(default);
    SpanLimits {
        max_attributes_per_span: limit(
            "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
            attributes,
            default.max_attributes_per_span,
        ),
        max_events_per_span: limit("OTEL_SPAN_EVENT_COUNT_LIMIT", None, default.max_events_per_span),
        max_links_per_span: limit("OTEL_SPAN_LINK_COUNT_LIMIT", None, default.max_links_per_span),
        max_attributes_per_event: limit(
            "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
            attributes,
            default.max_attributes_per_event,
        ),
        max_attributes_per_link: limit(
            "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
            attributes,
            default.max_attributes_per_link,
        ),
    }
}

pub(super) fn value_length(reader: &mut Reader<'_>) -> Option<usize> {
    let general = reader.number("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", 0);
    let of_spans = reader.number("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", 0);
    of_spans.or(general).map(|characters| characters as usize)
}
