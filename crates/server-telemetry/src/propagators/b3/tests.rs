use super::*;
use proptest::prelude::*;
use std::collections::HashMap;

const TRACE: &str = "80f198ee56343ba864fe8b2a57d3eff7";
const SPAN: &str = "e457b5a2e4d86bd1";
const ABOVE: &str = "05e3ac9a4f6e3b90";

fn extract(headers: &[(&str, &str)]) -> Option<B3> {
    B3::extract(|name| {
        let header = headers.iter().find(|(known, _)| *known == name);
        header.map(|(_, value)| *value)
    })
}

fn single(value: &str) -> Option<B3> {
    extract(&[(SINGLE, value)])
}

/// Trace, span, sampled, debug.
fn told(b3: Option<B3>) -> Option<(String, String, bool, bool)> {
    b3.map(|B3 { parent, debug }| {
        assert!(parent.is_remote());
        let ids = (parent.trace_id().to_string(), parent.span_id().to_string());
        (ids.0, ids.1, parent.is_sampled(), debug)
    })
}

fn says(sampled: bool, debug: bool) -> Option<(String, String, bool, bool)> {
    Some((TRACE.to_owned(), SPAN.to_owned(), sampled, debug))
}

#[test]
fn the_single_header_is_read_in_all_its_lengths() {
    assert_eq!(told(single(&format!("{TRACE}-{SPAN}"))), says(false, false));
    assert_eq!(told(single(&format!("{TRACE}-{SPAN}-0"))), says(false, false));
    assert_eq!(told(single(&format!("{TRACE}-{SPAN}-1"))), says(true, false));
    assert_eq!(told(single(&format!("{TRACE}-{SPAN}-d"))), says(true, true));
    assert_eq!(told(single(&format!("{TRACE}-{SPAN}-1-{ABOVE}"))), says(true, false));
}

#[test]
fn an_id_of_64_bits_is_filled_up_with_zeros() {
    let padded = single(&format!("{}-{SPAN}-1", &TRACE[16..])).unwrap();
    assert_eq!(
        padded.parent.trace_id().to_string(),
        format!("{:016}{}", 0, &TRACE[16..])
    );
}

#[test]
fn what_is_no_single_header_names_no_parent() {
    for bad in [
        "0".to_owned(),
        "1".to_owned(),
        "d".to_owned(),
        String::new(),
        "-".to_owned(),
        TRACE.to_owned(),
        format!("{TRACE}-{SPAN}-"),
        format!("{TRACE}-{SPAN}-2"),
        format!("{TRACE}-{SPAN}-1-"),
        format!("{TRACE}-{SPAN}-1-{ABOVE}-1"),
        format!("{TRACE}0-{SPAN}-1"),
        format!("{}-{SPAN}-1", TRACE.to_uppercase()),
        format!("{}-{SPAN}-1", "0".repeat(32)),
        format!("{TRACE}-{}-1", "0".repeat(16)),
    ] {
        assert_eq!(single(&bad), None, "{bad}");
    }
}

#[test]
fn the_many_headers_are_read() {
    let ids = [(TRACE_ID, TRACE), (SPAN_ID, SPAN), ("x-b3-parentspanid", ABOVE)];
    for (more, expected) in [
        (vec![], says(false, false)),
        (vec![(SAMPLED, "0")], says(false, false)),
        (vec![(SAMPLED, "false")], says(false, false)),
        (vec![(SAMPLED, "1")], says(true, false)),
        (vec![(SAMPLED, "true")], says(true, false)),
        (vec![(FLAGS, "1")], says(true, true)),
        (vec![(FLAGS, "1"), (SAMPLED, "0")], says(true, true)),
        (vec![(FLAGS, "0"), (SAMPLED, "1")], says(true, false)),
        (vec![(SAMPLED, "maybe")], None),
    ] {
        let headers = [&ids[..], &more].concat();
        assert_eq!(told(extract(&headers)), expected, "{more:?}");
    }
    assert_eq!(extract(&ids[..1]), None);
    assert_eq!(extract(&[(SAMPLED, "0")]), None);
}

#[test]
fn the_single_header_goes_first_and_a_bad_one_not_at_all() {
    let many = [(TRACE_ID, TRACE), (SPAN_ID, SPAN), (SAMPLED, "1")];
    let other = format!("{TRACE}-{ABOVE}-0");
    let both = [&many[..], &[(SINGLE, other.as_str())]].concat();
    assert_eq!(extract(&both).unwrap().parent.span_id().to_string(), ABOVE);
    let bad = [&many[..], &[(SINGLE, "nonsense")]].concat();
    assert_eq!(told(extract(&bad)), says(true, false));
}

#[test]
fn without_a_span_nothing_is_written() {
    for propagator in [B3Propagator::Single, B3Propagator::Multi] {
        let mut headers = HashMap::new();
        propagator.inject_context(&Context::new(), &mut headers);
        assert!(headers.is_empty());
        let cx = propagator.extract(&headers);
        assert!(!cx.has_active_span() && cx.get::<DebugFlag>().is_none());
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        trace in 1_u128.., span in 1_u64.., sampled: bool, debug: bool, written: bool, read: bool,
    ) {
        let form = |multi| if multi { B3Propagator::Multi } else { B3Propagator::Single };
        let flags = TraceFlags::default().with_sampled(sampled || debug);
        let parent = SpanContext::new(trace.into(), span.into(), flags, true, TraceState::default());
        let mut cx = Context::new().with_remote_span_context(parent.clone());
        if debug {
            cx = cx.with_value(DebugFlag);
        }
        let mut headers = HashMap::new();
        form(written).inject_context(&cx, &mut headers);
        let writer = form(written);
        let names: Vec<&str> = writer.fields().collect();
        prop_assert!(headers.keys().all(|name| names.contains(&name.as_str())), "{headers:?}");

        let again = form(read).extract(&headers);
        let joined = again.span().span_context().clone();
        prop_assert_eq!(joined, parent);
        prop_assert_eq!(again.get::<DebugFlag>().is_some(), debug);
    }

    #[test]
    fn whatever_comes_a_parent_is_valid_or_there_is_none(
        b3 in prop::option::of("[0-9a-f]{15,17}(-[0-9a-fd]{0,17}){0,4}|.*"),
        trace in prop::option::of("[0-9a-f]{16}|[0-9a-f]{32}|.*"),
        span in prop::option::of("[0-9a-f]{16}|.*"),
        sampled in prop::option::of("0|1|true|false|.*"),
        flags in prop::option::of("0|1|.*"),
    ) {
        let values = [(SINGLE, &b3), (TRACE_ID, &trace), (SPAN_ID, &span), (SAMPLED, &sampled), (FLAGS, &flags)];
        let read = B3::extract(|name| values.iter().find(|(known, _)| *known == name)?.1.as_deref());
        if let Some(B3 { parent, debug }) = read {
            prop_assert!(parent.is_valid() && parent.is_remote());
            prop_assert!(parent.is_sampled() || !debug);
        }
    }
}
