//! The page that `cargo xtask bench browser` measures: two buttons that fetch, as the JavaScript pages beside it have them
//! (`buttons.js`). Nothing else is in it, so that the difference between its two builds is telemetry.

use wasm_bindgen::prelude::*;
use web_sys::{Event, Performance, Window};

// Not `cfg!`: an async function keeps what is behind an `if` that is never true.
#[cfg_attr(feature = "inert", path = "without.rs")]
#[cfg_attr(not(feature = "inert"), path = "with.rs")]
mod telemetry;

/// As `FETCHES` in `pages.mjs`.
const FETCHES: u32 = 450;

/// Runs once the module is there.
#[wasm_bindgen(start)]
pub fn start() {
    telemetry::start(listen);
    mark("ready");
    tell("bench-ready");
}

fn listen() {
    on_click("many", || {
        telemetry::spawn(async {
            mark("many-start");
            for _ in 0..FETCHES {
                telemetry::text("/api/item")
                    .await
                    .expect_throw("the page's own server answers");
            }
            mark("many-end");
            tell("bench-done");
        });
    });
    on_click("one", || {
        telemetry::spawn(async {
            // The page is closed before the answer comes.
            _ = telemetry::text("/api/one").await;
        });
    });
}

fn on_click(id: &str, run: impl Fn() + 'static) {
    let button = window()
        .document()
        .and_then(|document| document.get_element_by_id(id))
        .expect_throw("the page has the buttons");
    let run = Closure::<dyn Fn()>::new(run).into_js_value();
    button
        .add_event_listener_with_callback("click", run.unchecked_ref())
        .expect_throw("a listener can be added");
}

fn mark(name: &str) {
    let performance: Performance = window().performance().expect_throw("pages have a performance");
    performance.mark(name).expect_throw("a mark can be set");
}

fn tell(event: &str) {
    let event = Event::new(event).expect_throw("an event can be made");
    window()
        .dispatch_event(&event)
        .expect_throw("an event can be dispatched");
}

fn window() -> Window {
    web_sys::window().expect_throw("pages have a window")
}
