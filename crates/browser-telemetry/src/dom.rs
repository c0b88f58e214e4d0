//! The few objects of the page that the rest uses.

use std::pin::Pin;
use wasm_bindgen::UnwrapThrowExt;
use wasm_bindgen::prelude::*;
use web_sys::{Document, Performance, Window};

pub(crate) fn window() -> Window {
    web_sys::window().expect_throw("browser-telemetry runs in a page: there is no window here")
}

pub(crate) fn document() -> Document {
    window().document().expect_throw("a window has a document")
}

pub(crate) fn performance() -> Performance {
    thread_local!(static PERFORMANCE: Performance =
        window().performance().expect_throw("a window has a performance clock"));
    PERFORMANCE.with(Clone::clone)
}

/// Runs `task` once, after `delay_ms` milliseconds.
pub(crate) fn after(delay_ms: i32, task: impl FnOnce() + 'static) {
    // Boxed, here and in `spawn`: one copy of the glue in the page's WASM instead of one for each caller.
    let task: Box<dyn FnOnce()> = Box::new(task);
    let callback = Closure::once_into_js(task);
    // A page that is being torn down may refuse timers; what was to be done then is done by `pagehide`.
    _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(callback.unchecked_ref(), delay_ms);
}

/// Runs a future that needs no trace context.
pub(crate) fn spawn(future: impl Future<Output = ()> + 'static) {
    let future: Pin<Box<dyn Future<Output = ()>>> = Box::pin(future);
    wasm_bindgen_futures::spawn_local(future);
}
