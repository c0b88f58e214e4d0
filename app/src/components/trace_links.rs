//! The ways from what just happened to its trace: for those to whom the explorer is open; the id alone for everybody else.

use crate::components::icons::{Draw, Icon};
use crate::{ApiError, browser, page_start, routes};
use leptos::prelude::*;

/// A trace's id, to be copied, and opened where the explorer is open to this person.
#[component]
pub(crate) fn TraceId(
    /// 32 hexadecimal digits.
    id: String,
) -> impl IntoView {
    let said = RwSignal::new("Copy");
    let text = id.clone();
    let copy = move |_| {
        let text = text.clone();
        leptos::task::spawn_local(async move {
            let copied = browser::copy(&text).await;
            let words = if copied { "Copied" } else { "Select it to copy" };
            // The error may be gone by now, and its button with it.
            let _ = said.try_set(words);
        });
    };
    let code = view! { <code>{id.clone()}</code> };
    let id = match page_start::explorer_is_open() {
        true => view! {
            <a href=routes::trace(&id) rel="external" data-action="trace.open">
                {code}
            </a>
        }
        .into_any(),
        false => code.into_any(),
    };
    view! {
        <p class="trace-id">
            "Trace " {id}
            <button type="button" class="button button-quiet button-small js-only" on:click=copy>
                {move || said.get()}
                <span class="visually-hidden">" (trace id)"</span>
            </button>
        </p>
    }
    .into_any()
}

/// The trace in which the cause of an error is recorded: the one that the server named, or else that of the asking.
#[component]
pub(crate) fn TraceOfError(
    /// What went wrong.
    error: ApiError,
) -> impl IntoView {
    let named = error.trace_id().map(str::to_owned);
    named
        .or_else(page_start::trace_of_this)
        .map(|id| view! { <TraceId id /> })
        .into_any()
}

/// The trace of the load of this page, or of what led here within it; for errors that have none of their own.
#[component]
pub(crate) fn TraceOfThis() -> impl IntoView {
    page_start::trace_of_this()
        .map(|id| view! { <TraceId id /> })
        .into_any()
}

/// A clock that opens a trace. Nothing where the explorer is not open to this person.
#[component]
pub(crate) fn TraceGlyph(
    /// 32 hexadecimal digits.
    id: String,
    /// What its trace shows, in words.
    words: &'static str,
    /// The words for everybody, and not only for screen readers.
    #[prop(optional)]
    in_words: bool,
) -> impl IntoView {
    let link = || {
        view! {
            <a
                class="trace-glyph"
                href=routes::trace(&id)
                rel="external"
                title=(!in_words).then_some(words)
                data-action="trace.open"
            >
                <Draw icon=Icon::Clock />
                <span class:visually-hidden=!in_words>{words}</span>
            </a>
        }
    };
    page_start::explorer_is_open().then(link).into_any()
}
