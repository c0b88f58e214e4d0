//! Whose child a request's span is: W3C Trace Context, read from the headers.

use http::HeaderMap;
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use std::str::FromStr;
use trace_wire::TraceParent;

/// The list of vendors' values that travels beside `traceparent`.
const TRACESTATE: &str = "tracestate";

/// The caller's span, or nothing where there is no valid `traceparent`, or more than one (then none is to be believed,
/// <https://www.w3.org/TR/trace-context/#traceparent-header>).
pub(super) fn remote_span_context(headers: &HeaderMap) -> Option<SpanContext> {
    let mut values = headers.get_all(trace_wire::TRACEPARENT).iter();
    let (first, second) = (values.next()?, values.next());
    if second.is_some() {
        return None;
    }
    let parent = TraceParent::parse(first.to_str().ok()?)?;
    Some(SpanContext::new(
        TraceId::from_bytes(parent.trace_id),
        SpanId::from_bytes(parent.span_id),
        TraceFlags::new(parent.flags) & TraceFlags::SAMPLED,
        true,
        trace_state(headers),
    ))
}

/// All `tracestate` headers, joined as the specification says; what cannot be read is as good as none.
fn trace_state(headers: &HeaderMap) -> TraceState {
    let values: Vec<&str> = headers
        .get_all(TRACESTATE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    TraceState::from_str(&values.join(",")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_parent_is_remote_and_keeps_its_trace_state() {
        let parent = remote_span_context(&headers(&[
            ("traceparent", PARENT),
            ("tracestate", "a=1"),
            ("tracestate", "b=2"),
        ]))
        .unwrap();
        assert!(parent.is_remote() && parent.is_sampled());
        assert_eq!(parent.span_id().to_string(), "b7ad6b7169203331");
        assert_eq!(parent.trace_state().header(), "a=1,b=2");
    }

    #[test]
    fn a_bad_trace_state_does_not_cost_the_parent() {
        let parent = remote_span_context(&headers(&[("traceparent", PARENT), ("tracestate", "nonsense")])).unwrap();
        assert_eq!(parent.trace_state().header(), "");
    }

    #[test]
    fn two_parents_or_a_bad_one_are_none() {
        assert_eq!(remote_span_context(&headers(&[])), None);
        assert_eq!(remote_span_context(&headers(&[("traceparent", "00-abc-def-01")])), None);
        assert_eq!(
            remote_span_context(&headers(&[("traceparent", PARENT), ("traceparent", PARENT)])),
            None
        );
    }
}
