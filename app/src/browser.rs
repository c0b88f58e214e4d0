//! The few things that the pages ask of the browser itself. Only called from effects and event handlers, which never run on
//! the server.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;

/// The browser's time in milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "milliseconds since 1970 are far below 2^53"
    )]
    let now = js_sys::Date::now() as i64;
    now
}

/// Loads another document (and not only another page of this one): after signing in or out everything is rendered anew.
pub(crate) fn go_to(path: &str) {
    if window().location().assign(path).is_err() {
        leptos::logging::error!("could not go to {path}");
    }
}

/// Loads this document again.
pub(crate) fn reload() {
    if window().location().reload().is_err() {
        leptos::logging::error!("could not reload the page");
    }
}

/// Sends the spans that have ended, before the person who is signed in changes: they are theirs, or nobody's.
/// For a listener that captures, since the form's own sends its request at once.
pub(crate) fn flush<E>(_: E) {
    browser_telemetry::export::flush();
}

/// Moves the keyboard's focus, after what was just changed has been drawn.
pub(crate) fn focus_soon(selector: &'static str) {
    request_animation_frame(move || {
        let found = document().query_selector(selector).ok().flatten();
        if let Some(element) = found.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
            let _ = element.focus();
        }
    });
}

/// Whether a `pageshow` event tells of a page that came back from the back-forward cache.
pub(crate) fn is_restored(event: &web_sys::Event) -> bool {
    event
        .dyn_ref::<web_sys::PageTransitionEvent>()
        .is_some_and(web_sys::PageTransitionEvent::persisted)
}

/// Puts text on the clipboard, and says whether it is there: a browser refuses on pages that did not come over HTTPS or from
/// this machine, and where it is told to.
pub(crate) async fn copy(text: &str) -> bool {
    if !window().is_secure_context() {
        return false; // There is no clipboard to ask.
    }
    let written = window().navigator().clipboard().write_text(text);
    wasm_bindgen_futures::JsFuture::from(written).await.is_ok()
}

/// Shows what only works with the program running (`.js-only` in the stylesheet).
pub(crate) fn mark_hydrated() {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-hydrated", "");
    }
}
