//! The WASM entry: starts browser telemetry, hydrates the app; nothing else.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page once this module has been instantiated.
#[wasm_bindgen]
pub fn hydrate() {
    // Before hydrating: the executor that carries the trace has to be in place by then.
    browser_telemetry::start(browser_telemetry::Config {
        routes: app::routes::pattern_of,
        ..browser_telemetry::Config::new("cruddur-frontend")
    });
    browser_telemetry::hydrate(|| leptos::mount::hydrate_body(app::App));
}
