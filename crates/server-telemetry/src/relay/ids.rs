//! Which spans have ids with which a trace can be put together.

use super::counts::SpanRefusals;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;

/// A trace id of 16 bytes and a span id of 8, neither all zero; a parent of 8 bytes, or none.
pub(super) fn are_valid(span: &Span) -> bool {
    is_id(&span.trace_id, 16) && is_id(&span.span_id, 8) && matches!(span.parent_span_id.len(), 0 | 8)
}

/// An id of `length` bytes that are not all zero.
pub(super) fn is_id(id: &[u8], length: usize) -> bool {
    id.len() == length && id.iter().any(|byte| *byte != 0)
}

/// Takes the spans out whose ids cannot be used, and counts them.
pub(super) fn retain_valid(batch: &mut ExportTraceServiceRequest) -> SpanRefusals {
    let mut refused = SpanRefusals::default();
    for scope in batch
        .resource_spans
        .iter_mut()
        .flat_map(|resource| &mut resource.scope_spans)
    {
        let before = scope.spans.len();
        scope.spans.retain(are_valid);
        refused.invalid_ids += (before - scope.spans.len()) as u64;
    }
    refused
}
