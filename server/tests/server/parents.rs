//! Whose child the server's span is: what callers say, and when they are not to be believed.

use crate::support::app::app;
use crate::support::message::{Answer, Ask};
use crate::support::site::Site;
use crate::support::trace::Caller;
use serde_json::Value;

const PATH: &str = "/api/users/current";

fn send(traceparent: &str) -> Answer {
    app().send(Ask::get(PATH).header("traceparent", traceparent))
}

#[test]
fn the_span_continues_the_callers_trace_and_echoes_its_span() {
    let caller = Caller::new();
    let answer = send(&caller.traceparent());
    let trace = app().served_trace(&caller.trace_id);
    let server = trace.server();
    assert_eq!(server.text("trace.parent_id"), caller.span_id);

    let timing = answer.header("server-timing");
    let parts: Vec<_> = timing.split(", ").collect();
    let [traceparent, duration, client] = parts[..] else {
        panic!("{timing}")
    };
    let id = server.text("trace.span_id");
    assert_eq!(
        traceparent,
        format!("traceparent;desc=\"00-{}-{id}-01\"", caller.trace_id)
    );
    assert_eq!(client, format!("client;desc=\"{}\"", caller.span_id));
    let (milliseconds, received) = duration
        .strip_prefix("server;dur=")
        .and_then(|rest| rest.strip_suffix('"')?.split_once(";desc=\""))
        .unwrap_or_else(|| panic!("{duration}"));
    let received: f64 = received.parse().unwrap();
    assert!(received > 1.7e12, "milliseconds since 1970: {received}");
    let milliseconds: f64 = milliseconds.parse().unwrap();
    let whole = server.get("duration_ms").as_f64().unwrap();
    assert!(
        (0.0..=whole + 0.001).contains(&milliseconds),
        "{milliseconds} of {whole}"
    );
}

#[test]
fn without_a_caller_the_span_is_a_root() {
    let answer = app().send(Ask::get(PATH));
    let trace = app().served_trace(&answer.trace_id());
    assert_eq!(trace.server().get("trace.parent_id"), &Value::Null);
    assert!(
        !answer.header("server-timing").contains("client;"),
        "there is nobody to echo"
    );
}

#[test]
fn a_caller_that_does_not_record_does_not_switch_the_server_off() {
    let caller = Caller::new();
    let answer = send(&caller.traceparent().replace("-01", "-00"));
    let trace = app().served_trace(&caller.trace_id);
    assert_eq!(trace.server().text("trace.parent_id"), caller.span_id);
    assert!(answer.header("server-timing").contains("-01\""), "{:?}", answer.headers);
}

#[test]
fn what_is_no_traceparent_begins_a_trace() {
    let Caller { trace_id, span_id } = Caller::new();
    for bad in [
        format!(
            "00-{}-{span_id}-01",
            trace_id.to_uppercase().replace(char::is_numeric, "A")
        ),
        format!("00-{}-{span_id}-01", "0".repeat(32)),
        format!("00-{trace_id}-{}-01", "0".repeat(16)),
        format!("ff-{trace_id}-{span_id}-01"),
        format!("00-{trace_id}-{span_id}-01-extra"),
        "nonsense".to_owned(),
    ] {
        let answer = send(&bad);
        assert_eq!(answer.status, 200, "{bad}");
        assert_ne!(answer.trace_id(), trace_id, "{bad}");
        let trace = app().served_trace(&answer.trace_id());
        assert_eq!(trace.server().get("trace.parent_id"), &Value::Null, "{bad}");
    }
    assert!(app().rows(&trace_id).is_none());
}

#[test]
fn of_two_callers_none_is_believed() {
    let (one, two) = (Caller::new(), Caller::new());
    let ask = Ask::get(PATH)
        .header("traceparent", &one.traceparent())
        .and_header("traceparent", &two.traceparent());
    let answer = app().send(ask);
    let id = answer.trace_id();
    assert!(id != one.trace_id && id != two.trace_id);
    app().served_trace(&id);
}

#[test]
fn the_state_of_other_vendors_travels_along() {
    let caller = Caller::new();
    let ask = Ask::get(PATH)
        .header("traceparent", &caller.traceparent())
        .header("tracestate", "vendor=1,other=2");
    app().send(ask);
    let trace = app().served_trace(&caller.trace_id);
    assert_eq!(trace.server().text("trace.trace_state"), "vendor=1,other=2");
}
