//! Whose child every span is.

use crate::support::*;
use browser_telemetry::TracedClient;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use opentelemetry::trace::{SpanId, Status};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::HtmlElement;

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
