//! How the span of a request ends, and what it takes along.

use crate::support::*;
use browser_telemetry::{Request, fetch};
use leptos::task::spawn_local;
use opentelemetry::trace::Status;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn a_dropped_future_ends_its_span_as_aborted() {
    let _owner = start();
    button("abort", |_| {
        spawn_local(async {
            // The timer is long over before a request can be answered: it wins at once.
            let request = Box::pin(get("aborted"));
            let soon = Box::pin(async {});
            futures::future::select(request, soon).await;
        });
    })
    .click();
    let spans = ended(2).await;
    let fetch = children(&spans, named(&spans, "click abort"))[0];
    assert_eq!(text(fetch, "span.aborted").as_deref(), Some("true"));
    assert_eq!((text(fetch, "error.type"), fetch.status.clone()), (None, Status::Unset));
}

#[wasm_bindgen_test]
async fn a_request_aborted_by_its_signal_is_no_error() {
    let _owner = start();
    let controller = web_sys::AbortController::new().unwrap();
    let request = Request::get("/?signal")
        .abort_signal(Some(&controller.signal()))
        .build()
        .unwrap();
    controller.abort();
    assert!(fetch(request).await.is_err());
    let spans = ended(1).await;
    assert_eq!(text(&spans[0], "span.aborted").as_deref(), Some("true"));
    assert_eq!(spans[0].status, Status::Unset);
}

#[wasm_bindgen_test]
async fn a_network_failure_is_an_error_without_a_status() {
    let _owner = start();
    // Port 1 is one of those that browsers refuse to use.
    let request = Request::get("http://127.0.0.1:1/").build().unwrap();
    assert!(fetch(request).await.is_err());
    let spans = ended(1).await;
    assert_eq!(text(&spans[0], "error.type").as_deref(), Some("TypeError"));
    assert_eq!(text(&spans[0], "http.response.status_code"), None);
    assert!(matches!(spans[0].status, Status::Error { .. }));
}

#[wasm_bindgen_test]
async fn a_response_that_nobody_reads_ends_normally() {
    let _owner = start();
    let response = fetch(Request::get("/?unread").build().unwrap()).await.unwrap();
    assert!(response.ok());
    drop(response);
    let spans = ended(1).await;
    assert_eq!(text(&spans[0], "span.aborted"), None);
    assert_eq!(text(&spans[0], "http.response.status_code").as_deref(), Some("200"));
}

#[wasm_bindgen_test]
async fn who_waits_for_a_response_goes_on_before_its_span_is_ended() {
    let _owner = start();
    get("first").await;
    assert_eq!(ENDED.with_borrow(Vec::len), 0, "ended while the page waited for it");
    let next = get("second");
    assert_eq!(ended(1).await.len(), 1, "and without anything more to happen");
    next.await;
    browser_telemetry::export::flush();
    assert_eq!(ENDED.with_borrow(Vec::len), 1, "unless what has ended is to go");
    ended(1).await;
}

#[wasm_bindgen_test]
async fn two_responses_that_are_read_at_once_both_end() {
    let _owner = start();
    // Polled by one task: where both are there, it reads both in one go.
    futures::future::join(get("one"), get("other")).await;
    ended(2).await;
}

#[wasm_bindgen_test]
async fn requests_of_this_origin_carry_the_visit() {
    let _owner = start();
    get("visit").await;
    ended(1).await;
    let cookies = js_sys::eval("document.cookie").unwrap().as_string().unwrap();
    let session = trace_wire::Session::in_cookies(&cookies).unwrap();
    assert!(!session.is_over(session.start + 60));
}
