//! Which trace is going on: the same question on the server and in the browser.

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;

/// The id of the current trace, 32 hexadecimal digits; `None` outside any, and in one that is not recorded.
#[must_use]
pub fn current_trace_id() -> Option<String> {
    if cfg!(feature = "inert") {
        return None;
    }
    let context = Context::current();
    let span = context.span();
    let span = span.span_context();
    (span.is_valid() && span.is_sampled()).then(|| trace_wire::hex::write(&span.trace_id().to_bytes()))
}
