//! In a real browser, with the real Leptos runtime and real requests: whose child every span is, and how it ends.
#![cfg(target_arch = "wasm32")]

use browser_telemetry::{Config, Request, SpanRecord, TracedClient, fetch};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use opentelemetry::trace::{SpanId, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue, global};
use std::cell::RefCell;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, Event, HtmlElement};

wasm_bindgen_test_configure!(run_in_browser);

thread_local!(static ENDED: RefCell<Vec<SpanRecord>> = const { RefCell::new(Vec::new()) });

fn start() -> Owner {
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
async fn ended(count: usize) -> Vec<SpanRecord> {
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

fn named<'a>(spans: &'a [SpanRecord], name: &str) -> &'a SpanRecord {
    let mut found = spans.iter().filter(|span| span.name == name);
    let span = found.next().unwrap_or_else(|| panic!("no {name}"));
    assert!(found.next().is_none(), "more than one {name}");
    span
}

fn children<'a>(spans: &'a [SpanRecord], parent: &SpanRecord) -> Vec<&'a SpanRecord> {
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

fn text(span: &SpanRecord, key: &str) -> Option<String> {
    span.attribute(key).map(|value| value.as_str().into_owned())
}

fn element(tag: &str, action: &str) -> Element {
    let document = document();
    let element = document.create_element(tag).unwrap();
    if !action.is_empty() {
        element.set_attribute("data-action", action).unwrap();
    }
    document.body().unwrap().append_child(&element).unwrap();
    element
}

fn on(element: &Element, event: &str, handler: impl Fn(Event) + 'static) {
    let handler = Closure::<dyn Fn(Event)>::new(handler).into_js_value();
    element
        .add_event_listener_with_callback(event, handler.unchecked_ref())
        .unwrap();
}

fn button(action: &str, handler: impl Fn(Event) + 'static) -> HtmlElement {
    let button = element("button", action);
    on(&button, "click", handler);
    button.unchecked_into()
}

async fn get(query: &str) {
    let request = Request::get(&format!("/?{query}")).build().unwrap();
    fetch(request).await.unwrap().text().await.unwrap();
}

fn query_of(span: &SpanRecord) -> String {
    let url = text(span, "url.full").unwrap();
    // gloo-net writes a `&` after the last pair.
    url.split_once('?').unwrap().1.trim_end_matches('&').to_owned()
}

#[wasm_bindgen_test]
async fn three_fetches_after_a_click_are_its_children() {
    let _owner = start();
    button("three", |_| {
        spawn_local(async {
            get("1").await;
            TimeoutFuture::new(10).await;
            get("2").await;
            get("3").await;
        });
    })
    .click();
    let spans = ended(4).await;
    let click = named(&spans, "click three");
    assert_eq!(click.parent, SpanId::INVALID);
    let fetches: Vec<_> = children(&spans, click).into_iter().map(query_of).collect();
    assert_eq!(fetches, ["1", "2", "3"]);
}

#[wasm_bindgen_test]
async fn a_click_that_changes_a_signal_is_the_parent_of_the_refetch() {
    let _owner = start();
    let page = RwSignal::new(0);
    let resource = LocalResource::new(move || {
        let page = page.get();
        async move { get(&format!("page={page}")).await }
    });
    // Something has to want it.
    Effect::new(move |_| {
        resource.get();
    });
    let first = ended(1).await;
    assert_eq!(first[0].parent, SpanId::INVALID, "made outside any click");
    button("next", move |_| page.update(|page| *page += 1)).click();
    let spans = ended(2).await;
    let click = named(&spans, "click next");
    assert_eq!(
        children(&spans, click).into_iter().map(query_of).collect::<Vec<_>>(),
        ["page=1"]
    );
}

#[wasm_bindgen_test]
async fn what_a_timer_causes_later_is_not_the_click_s() {
    let _owner = start();
    let page = RwSignal::new(0);
    let resource = LocalResource::new(move || {
        let page = page.get();
        async move { get(&format!("page={page}")).await }
    });
    Effect::new(move |_| {
        resource.get();
    });
    ended(1).await;
    button("next", move |_| page.set(1)).click();
    ended(2).await;
    // The click has ended; the same endless task is woken by nobody's click.
    page.set(2);
    let spans = ended(1).await;
    assert_eq!(
        (query_of(&spans[0]).as_str(), spans[0].parent),
        ("page=2", SpanId::INVALID)
    );
}

#[server(endpoint = "no/such/function", client = TracedClient)]
async fn save() -> Result<(), ServerFnError> {
    Ok(())
}

#[wasm_bindgen_test]
async fn a_server_action_and_the_resource_that_follows_its_version_are_in_one_trace() {
    let _owner = start();
    let action = ServerAction::<Save>::new();
    let resource = LocalResource::new(move || {
        let version = action.version().get();
        async move { get(&format!("version={version}")).await }
    });
    Effect::new(move |_| {
        resource.get();
    });
    ended(1).await;
    button("save", move |_| {
        action.dispatch(Save {});
    })
    .click();
    let spans = ended(3).await;
    let click = named(&spans, "click save");
    let names: Vec<_> = children(&spans, click)
        .into_iter()
        .map(|span| span.name.to_string())
        .collect();
    assert_eq!(names, ["POST /api/no/such/function", "GET"]);
    let call = named(&spans, "POST /api/no/such/function");
    assert_eq!(text(call, "url.template").as_deref(), Some("/api/no/such/function"));
    assert_eq!(
        text(call, "http.response.status_code"),
        text(call, "error.type"),
        "an error status"
    );
    assert!(matches!(call.status, Status::Error { .. }));
}

#[wasm_bindgen_test]
async fn an_effect_runs_in_the_click_that_woke_it() {
    let _owner = start();
    let count = RwSignal::new(0);
    Effect::new(move |_| {
        let count = count.get();
        if count > 0 {
            spawn_local(async move { get(&format!("count={count}")).await });
        }
    });
    TimeoutFuture::new(20).await;
    button("count", move |_| count.set(1)).click();
    let spans = ended(2).await;
    assert_eq!(children(&spans, named(&spans, "click count")).len(), 1);
}

#[wasm_bindgen_test]
async fn two_clicks_at_once_do_not_mix() {
    let _owner = start();
    for name in ["one", "two"] {
        button(name, move |_| {
            spawn_local(async move {
                get(&format!("{name}-a")).await;
                get(&format!("{name}-b")).await;
            });
        })
        .click();
    }
    let spans = ended(6).await;
    for name in ["one", "two"] {
        let click = named(&spans, &format!("click {name}"));
        let fetches: Vec<_> = children(&spans, click).into_iter().map(query_of).collect();
        assert_eq!(fetches, [format!("{name}-a"), format!("{name}-b")]);
    }
}

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
async fn a_submit_hangs_under_the_click_on_its_button() {
    let _owner = start();
    let form = element("form", "save.form");
    form.set_inner_html("<button type=submit data-action=save.button>Save</button>");
    on(&form, "submit", |event| {
        event.prevent_default();
        spawn_local(get("saved"));
    });
    form.query_selector("button")
        .unwrap()
        .unwrap()
        .unchecked_into::<HtmlElement>()
        .click();
    let spans = ended(3).await;
    let click = named(&spans, "click save.button");
    let submit = children(&spans, click)[0];
    assert_eq!(submit.name, "submit save.form");
    assert_eq!(children(&spans, submit).len(), 1);
}

#[wasm_bindgen_test]
async fn where_a_handler_stops_the_propagation_the_context_goes_all_the_same() {
    let _owner = start();
    button("stop", |event| event.stop_propagation()).click();
    let spans = ended(1).await;
    assert_eq!(spans[0].name, "click stop");
    get("later").await;
    let later = ended(1).await;
    assert_eq!(later[0].parent, SpanId::INVALID);
}

#[wasm_bindgen_test]
async fn only_what_can_be_clicked_makes_a_span() {
    let _owner = start();
    element("p", "").unchecked_into::<HtmlElement>().click();
    let link = element("a", "");
    link.set_attribute("href", "#here").unwrap();
    link.unchecked_into::<HtmlElement>().click();
    let spans = ended(1).await;
    assert_eq!(spans[0].name, "click a");
}

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
async fn requests_of_this_origin_carry_the_visit() {
    let _owner = start();
    get("visit").await;
    ended(1).await;
    let cookies = js_sys::eval("document.cookie").unwrap().as_string().unwrap();
    let session = trace_wire::Session::in_cookies(&cookies).unwrap();
    assert!(!session.is_over(session.start + 60));
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
        value("exception.message").contains("tests/browser.rs:"),
        "{}",
        value("exception.message")
    );
    assert!(
        value("exception.stacktrace").contains("a_panic_is_told"),
        "the build has names"
    );
}

fn run(script: &str) {
    js_sys::eval(script).unwrap();
}
