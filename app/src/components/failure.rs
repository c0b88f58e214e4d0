//! What a page shows instead of what it could not get: words, the trace in which the cause is recorded, and a way on.

use crate::components::icons::{Draw, Icon};
use crate::components::trace_links::TraceId;
use crate::{ApiError, page_start};
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
    let trace = error.trace_id().map(str::to_owned).or_else(page_start::trace_of_this);
    view! {
        <div class="notice notice-danger" role="alert">
            <p class="notice-words">
                <Draw icon=Icon::Warning />
                {words}
            </p>
            {trace.map(|id| view! { <TraceId id /> })}
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
