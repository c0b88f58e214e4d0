//! Whose child a request's span is, and what comes along: read from the headers, as the propagators say.

use crate::propagators::{B3, DebugFlag, Propagator, Propagators};
use http::HeaderMap;
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::propagation::BaggagePropagator;
use std::str::FromStr;
use trace_wire::{BAGGAGE, TraceParent};

/// The list of vendors' values that travels beside `traceparent`.
const TRACESTATE: &str = "tracestate";

/// The current context with what came along (baggage, B3's debug flag), and the caller's span, if it names one.
pub(super) fn remote_context(headers: &HeaderMap, propagators: &Propagators) -> (Context, Option<SpanContext>) {
    let mut cx = Context::current();
    let mut remote = None;
    for propagator in propagators.iter() {
        match propagator {
            Propagator::TraceContext => remote = remote_span_context(headers).or(remote),
            Propagator::Baggage => {
                if let Some(baggage) = joined(headers, BAGGAGE) {
                    cx = BaggagePropagator::new().extract_with_context(&cx, &Baggage(&baggage));
                }
            }
            Propagator::B3 | Propagator::B3Multi => {
                if let Some(B3 { parent, debug }) = B3::extract(|name| headers.get(name)?.to_str().ok()) {
                    remote = Some(parent);
                    if debug {
                        cx = cx.with_value(DebugFlag);
                    }
                }
            }
        }
    }
    (cx, remote)
}

/// All values of a header as one list; those that are not text are left out.
fn joined(headers: &HeaderMap, name: &str) -> Option<String> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let values: Vec<&str> = values.collect();
    (!values.is_empty()).then(|| values.join(","))
}

/// The one header that the baggage propagator asks for.
struct Baggage<'a>(&'a str);

impl Extractor for Baggage<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == BAGGAGE).then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec![BAGGAGE]
    }
}

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
    let list = joined(headers, TRACESTATE).unwrap_or_default();
    TraceState::from_str(&list).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use opentelemetry::baggage::BaggageExt;

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

    const B3: &str = "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-d";

    /// The caller's span by each of these propagators.
    fn spans(lists: &[&str], headers: &HeaderMap) -> Vec<Option<String>> {
        let span = |list: &&str| {
            let (_, remote) = remote_context(headers, &Propagators::from_list(list).unwrap());
            remote.map(|remote| remote.span_id().to_string())
        };
        lists.iter().map(span).collect()
    }

    #[test]
    fn only_what_is_named_is_read_and_the_last_one_wins() {
        let headers = headers(&[("traceparent", PARENT), ("b3", B3)]);
        let lists = [
            "tracecontext",
            "b3",
            "b3multi",
            "tracecontext,b3",
            "b3,tracecontext",
            "baggage",
            "none",
        ];
        let (w3c, b3) = (Some("b7ad6b7169203331".to_owned()), Some("e457b5a2e4d86bd1".to_owned()));
        let expected = [w3c.clone(), b3.clone(), b3.clone(), b3, w3c.clone(), None, None];
        assert_eq!(spans(&lists, &headers), expected);
        let only_w3c = super::tests::headers(&[("traceparent", PARENT)]);
        assert_eq!(spans(&["tracecontext,b3"], &only_w3c), [w3c]);
    }

    #[test]
    fn baggage_and_debug_come_along() {
        let headers = headers(&[("b3", B3), ("baggage", "a=1"), ("baggage", "b=x%20y;p=1")]);
        let (cx, _) = remote_context(&headers, &Propagators::from_list("baggage,b3").unwrap());
        let baggage = |cx: &Context, key| cx.baggage().get(key).map(ToString::to_string);
        assert_eq!(baggage(&cx, "a").as_deref(), Some("1"));
        assert_eq!(baggage(&cx, "b").as_deref(), Some("x y"));
        assert!(cx.get::<DebugFlag>().is_some());

        let (cx, _) = remote_context(&headers, &Propagators::from_list("tracecontext").unwrap());
        assert!(cx.baggage().is_empty() && cx.get::<DebugFlag>().is_none());
    }
}
