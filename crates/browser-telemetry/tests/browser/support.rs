//! What every test starts with, and how it looks at the spans that have ended.

use browser_telemetry::{Config, Request, SpanRecord, fetch};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use std::cell::RefCell;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{Element, Event, HtmlElement};

thread_local!(pub(crate) static ENDED: RefCell<Vec<SpanRecord>> = const { RefCell::new(Vec::new()) });

pub(crate) fn start() -> Owner {
    browser_telemetry::start(Config {
        endpoint: None,
        page_load: false,
        routes: |path| (path == "/other").then_some("/other"),
        observer: Some(|span| ENDED.with_borrow_mut(|ended| ended.push(span.clone()))),
        ..Config::new("test")
    });
    ENDED.take();
    let owner = Owner::new();
    owner.set();
    owner
}

/// Waits until `count` spans have ended.
pub(crate) async fn ended(count: usize) -> Vec<SpanRecord> {
    for _ in 0..1000 {
        if ENDED.with_borrow(Vec::len) >= count {
            break;
        }
        TimeoutFuture::new(5).await;
    }
    // Long enough for one more, should there be one too many.
    TimeoutFuture::new(100).await;
    let spans = ENDED.take();
    let names: Vec<_> = spans.iter().map(|span| span.name.as_ref()).collect();
    assert_eq!(spans.len(), count, "{names:?}");
    spans
}

pub(crate) fn named<'a>(spans: &'a [SpanRecord], name: &str) -> &'a SpanRecord {
    let mut found = spans.iter().filter(|span| span.name == name);
    let span = found.next().unwrap_or_else(|| panic!("no {name}"));
    assert!(found.next().is_none(), "more than one {name}");
    span
}

pub(crate) fn children<'a>(spans: &'a [SpanRecord], parent: &SpanRecord) -> Vec<&'a SpanRecord> {
    let children: Vec<_> = spans.iter().filter(|span| span.parent == parent.span_id).collect();
    for child in &children {
        assert_eq!(child.trace_id, parent.trace_id);
        assert!(
            child.start >= parent.start && child.end <= parent.end,
            "{} lies inside its parent",
            child.name
        );
    }
    children
}

pub(crate) fn text(span: &SpanRecord, key: &str) -> Option<String> {
    span.attribute(key).map(|value| value.as_str().into_owned())
}

pub(crate) fn element(tag: &str, action: &str) -> Element {
    let document = document();
    let element = document.create_element(tag).unwrap();
    if !action.is_empty() {
        element.set_attribute("data-action", action).unwrap();
    }
    document.body().unwrap().append_child(&element).unwrap();
    element
}

pub(crate) fn on(element: &Element, event: &str, handler: impl Fn(Event) + 'static) {
    let handler = Closure::<dyn Fn(Event)>::new(handler).into_js_value();
    element
        .add_event_listener_with_callback(event, handler.unchecked_ref())
        .unwrap();
}

pub(crate) fn button(action: &str, handler: impl Fn(Event) + 'static) -> HtmlElement {
    let button = element("button", action);
    on(&button, "click", handler);
    button.unchecked_into()
}

pub(crate) async fn get(query: &str) {
    let request = Request::get(&format!("/?{query}")).build().unwrap();
    fetch(request).await.unwrap().text().await.unwrap();
}

pub(crate) fn query_of(span: &SpanRecord) -> String {
    let url = text(span, "url.full").unwrap();
    // gloo-net writes a `&` after the last pair.
    url.split_once('?').unwrap().1.trim_end_matches('&').to_owned()
}

pub(crate) fn run(script: &str) {
    js_sys::eval(script).unwrap();
}
