//! In a real browser, with the real Leptos runtime and real requests.
#![cfg(target_arch = "wasm32")]

mod causes;
mod fetches;
mod pages;
mod support;
mod trouble;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
