//! The WASM entry: starts browser telemetry, hydrates the app; nothing else.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page once this module has been instantiated.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    // Before hydrating: the executor that carries the trace has to be in place by then.
    browser_telemetry::start(browser_telemetry::Config::new("cruddur-frontend"));
    leptos::mount::hydrate_body(app::App);
}
