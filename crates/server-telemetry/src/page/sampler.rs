//! Whether a page load is recorded.

use opentelemetry::trace::{Link, SpanKind, TraceContextExt, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingResult, ShouldSample};
use trace_wire::PageTrace;

/// Asks another sampler about the trace of a page load as about any trace that begins here.
///
/// The SERVER span of a page has a remote parent in name only: `documentFetch` is an id that this server has reserved,
/// and nobody has decided about its trace. A sampler that goes by its parent would take that id for a caller's decision,
/// and a ratio would count for everything but pages. [`crate::Telemetry`] puts it around its sampler; whoever builds a
/// provider of their own does the same.
#[derive(Clone, Debug)]
pub struct PageSampler(Box<dyn ShouldSample>);

impl PageSampler {
    /// Asks `sampler`, which sees no parent where a page load begins.
    pub fn new(sampler: impl Into<Box<dyn ShouldSample>>) -> Self {
        Self(sampler.into())
    }
}

impl ShouldSample for PageSampler {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let parent = parent.filter(|cx| !begins_page(cx));
        self.0.should_sample(parent, trace_id, name, kind, attributes, links)
    }
}

/// Whether a span in this context is the first real one of a page load. (The spans below it have the page in their
/// context, too.)
fn begins_page(cx: &Context) -> bool {
    cx.get::<PageTrace>()
        .is_some_and(|page| cx.span().span_context().span_id().to_bytes() == page.document_fetch)
}
