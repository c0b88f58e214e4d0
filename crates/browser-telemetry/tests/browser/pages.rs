//! Going from page to page inside the app, and away from it.

use crate::support::*;
use leptos::prelude::*;
use leptos::task::spawn_local;
use opentelemetry::trace::{SpanId, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue, global};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::HtmlElement;

#[wasm_bindgen_test]
async fn what_opens_while_the_page_goes_away_ends_as_it_opens() {
    let _owner = start();
    run("dispatchEvent(new PageTransitionEvent('pagehide'))");
    let context = Context::current_with_span(global::tracer("test").start("late"));
    let names: Vec<_> = ENDED.with_borrow(|ended| ended.iter().map(|span| span.name.clone()).collect());
    assert_eq!(names, ["late"], "ended although its handle is still there");
    context.span().set_attribute(KeyValue::new("too", "late"));
    drop(context);
    run("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))");
    let span = global::tracer("test").start("again");
    assert_eq!(ENDED.with_borrow(Vec::len), 1, "open again");
    drop(span);
    let spans = ended(3).await;
    assert_eq!(text(named(&spans, "late"), "span.incomplete").as_deref(), Some("true"));
    assert_eq!(text(named(&spans, "late"), "too"), None);
    assert_eq!(text(named(&spans, "again"), "span.incomplete"), None);
    assert_eq!(
        children(&spans, named(&spans, "navigate")).len(),
        1,
        "a restored page goes on in a new trace"
    );
}

#[wasm_bindgen_test]
async fn a_link_inside_the_app_is_a_navigation_under_its_click() {
    let _owner = start();
    for (href, target) in [("/other?tab=1", ""), ("/other", "_blank"), ("/unknown", "")] {
        let link = element("a", "");
        link.set_attribute("href", href).unwrap();
        link.set_attribute("target", target).unwrap();
        on(&link, "click", |event| {
            event.prevent_default();
            spawn_local(get("page"));
        });
        link.unchecked_into::<HtmlElement>().click();
        let is_inside = href.starts_with("/other") && target.is_empty();
        let spans = ended(2 + usize::from(is_inside)).await;
        let click = named(&spans, "click a");
        if is_inside {
            let navigate = named(&spans, "navigate /other");
            assert_eq!(children(&spans, click), [navigate]);
            assert_eq!(text(navigate, "url.template").as_deref(), Some("/other"));
            assert_eq!(children(&spans, navigate)[0].name, "GET");
        } else {
            assert_eq!(children(&spans, click)[0].name, "GET");
        }
    }
}

#[wasm_bindgen_test]
async fn the_back_button_is_a_navigation_of_its_own() {
    let _owner = start();
    let before = window().location().pathname().unwrap();
    run("history.pushState(null, '', '/other')");
    run("dispatchEvent(new PopStateEvent('popstate'))");
    let spans = ended(1).await;
    assert_eq!(spans[0].name, "navigate /other");
    assert_eq!(spans[0].parent, SpanId::INVALID);
    run(&format!("history.replaceState(null, '', '{before}')"));
}
