//! What a page shows instead of what it could not get: words, the trace in which the cause is recorded, and a way on.

use crate::components::icons::{Draw, Icon};
use crate::{ApiError, browser, routes};
use leptos::prelude::*;

/// An error in words, with its trace and a link that tries again.
#[component]
pub(crate) fn Failure(
    /// What went wrong.
    error: ApiError,
    /// Tries again.
    #[prop(into)]
    retry: Callback<()>,
) -> impl IntoView {
    let words = match &error {
        // The words for forms speak of typed text; here nothing was typed.
        ApiError::Unreachable => "We could not reach the server. Check your connection and try again.".to_owned(),
        ApiError::Internal { .. } => "Something went wrong on our side. Please try again.".to_owned(),
        error => error.to_string(),
    };
    view! {
        <div class="notice notice-danger" role="alert">
            <p class="notice-words">
                <Draw icon=Icon::Warning />
                {words}
            </p>
            {error.trace_id().map(|id| view! { <TraceId id=id.to_owned() /> })}
            // A link to this very page: without JavaScript, loading it again is trying again.
            <a
                class="button button-quiet"
                href=""
                data-action="retry"
                on:click=move |event| {
                    event.prevent_default();
                    retry.run(());
                }
            >
                "Try again"
            </a>
        </div>
    }
    .into_any()
}

/// A trace's id, to be opened or copied.
#[component]
pub(crate) fn TraceId(
    /// 32 hexadecimal digits.
    id: String,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let href = format!("{}/{id}", routes::TRACES);
    let text = id.clone();
    view! {
        <p class="trace-id">
            "Trace "
            <a href=href rel="external" data-action="trace.open">
                <code>{id}</code>
            </a>
            <button
                type="button"
                class="button button-quiet button-small js-only"
                on:click=move |_| {
                    browser::copy(&text);
                    copied.set(true);
                }
            >
                {move || if copied.get() { "Copied" } else { "Copy" }}
            </button>
        </p>
    }
    .into_any()
}
