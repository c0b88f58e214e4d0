//! What a page shows instead of what it could not get: words, the trace in which the cause is recorded, and a way on.

use crate::ApiError;
use crate::components::icons::{Draw, Icon};
use crate::components::trace_links::TraceOfError;
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
    let words = words(&error);
    view! {
        <div class="notice notice-danger" role="alert">
            <p class="notice-words">
                <Draw icon=Icon::Warning />
                {words}
            </p>
            <TraceOfError error />
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

/// What went wrong where nothing was typed: the error's own words, which are for forms, speak of typed text.
pub(crate) fn words(error: &ApiError) -> String {
    match error {
        ApiError::Unreachable => "We could not reach the server. Check your connection and try again.".to_owned(),
        ApiError::Internal { .. } => "Something went wrong on our side. Please try again.".to_owned(),
        error => error.to_string(),
    }
}
