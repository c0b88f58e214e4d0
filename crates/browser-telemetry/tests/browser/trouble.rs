//! Errors, panics, and a machine that slept.

use crate::support::*;
use opentelemetry::trace::{SpanId, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, global};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn an_error_that_nobody_caught_fails_the_click_in_which_it_happened() {
    let _owner = start();
    let throw = "dispatchEvent(new ErrorEvent('error', {message: 'Uncaught', error: new TypeError('boom')}))";
    button("throws", move |_| run(throw)).click();
    run(throw);
    let spans = ended(2).await;
    for name in ["click throws", "exception"] {
        let span = named(&spans, name);
        assert_eq!(span.status, Status::error("boom"), "{name}");
        let [event] = &span.events[..] else {
            panic!("{:?}", span.events)
        };
        assert_eq!(event.name, "exception");
        let value = |key: &str| {
            let found = event.attributes.iter().find(|attribute| attribute.key.as_str() == key);
            found.map(|attribute| attribute.value.to_string()).unwrap_or_default()
        };
        assert_eq!(value("exception.type"), "TypeError");
        assert_eq!(value("exception.message"), "boom");
        assert!(value("exception.stacktrace").contains("TypeError: boom"));
    }
}

#[wasm_bindgen_test]
async fn an_error_in_a_span_that_has_ended_is_below_it() {
    let _owner = start();
    let context = Context::current_with_span(global::tracer("test").start("over"));
    context.span().end();
    let guard = context.attach();
    run("dispatchEvent(new ErrorEvent('error', {message: 'too late'}))");
    drop(guard);
    let spans = ended(2).await;
    let (over, exception) = (named(&spans, "over"), named(&spans, "exception"));
    assert_eq!((exception.trace_id, exception.parent), (over.trace_id, over.span_id));
    assert_eq!(exception.events.len(), 1);
}

#[wasm_bindgen_test]
async fn a_rejection_fails_the_latest_interaction_that_is_still_open() {
    let _owner = start();
    let reject = "dispatchEvent(new PromiseRejectionEvent('unhandledrejection', \
                  {promise: Promise.resolve(), reason: new RangeError('too far')}))";
    button("first", |_| {}).click();
    button("second", |_| {}).click();
    // Nothing is current any more.
    run(reject);
    let spans = ended(2).await;
    assert_eq!(named(&spans, "click first").status, Status::Unset);
    assert_eq!(named(&spans, "click second").status, Status::error("too far"));
    run(reject);
    let alone = ended(1).await.remove(0);
    assert_eq!((alone.name.as_ref(), alone.parent), ("exception", SpanId::INVALID));
}

#[wasm_bindgen_test]
async fn a_machine_that_slept_is_an_hour_later_and_durations_stay_what_they_were() {
    let _owner = start();
    let open = global::tracer("test").start("open");
    // What a stopped performance clock looks like: the other one has gone on.
    run("globalThis.realNow = Date.now; Date.now = () => realNow() + 3600000");
    drop(global::tracer("test").start("after"));
    drop(open);
    let spans = ended(2).await;
    let (open, after) = (named(&spans, "open"), named(&spans, "after"));
    run("Date.now = realNow");
    drop(global::tracer("test").start("awake"));
    let awake = ended(1).await.remove(0);
    let hour = std::time::Duration::from_secs(3600);
    assert!(after.start - hour / 2 > awake.start, "an hour was added");
    assert!(
        open.end.duration_since(open.start).unwrap() < hour / 2,
        "and to the one that was open"
    );
    assert!(open.start > after.start - hour / 2);
    assert_eq!((after.epoch, open.epoch), (awake.epoch - 1, awake.epoch - 1));
}

#[wasm_bindgen_test]
async fn a_panic_is_told_before_the_program_ends() {
    let _owner = start();
    let panics = Closure::<dyn Fn()>::new(|| panic!("boom")).into_js_value();
    let catching = js_sys::eval("f => { try { f() } catch (error) { return String(error) } }").unwrap();
    let catching: js_sys::Function = catching.unchecked_into();
    let caught = catching.call1(&JsValue::UNDEFINED, &panics).unwrap();
    assert!(
        caught.as_string().is_some_and(|error| error.contains("unreachable")),
        "{caught:?}"
    );
    let spans = ended(1).await;
    let exception = named(&spans, "exception");
    let value = |key: &str| {
        let attributes = &exception.events[0].attributes;
        let found = attributes.iter().find(|attribute| attribute.key.as_str() == key);
        found.map(|attribute| attribute.value.to_string()).unwrap_or_default()
    };
    assert_eq!(value("exception.type"), "panic");
    assert!(
        value("exception.message").ends_with("boom"),
        "{}",
        value("exception.message")
    );
    assert!(
        value("exception.message").contains("tests/browser/trouble.rs:"),
        "{}",
        value("exception.message")
    );
    assert!(
        value("exception.stacktrace").contains("a_panic_is_told"),
        "the build has names"
    );
}
