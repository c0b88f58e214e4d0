//! The query as JSON, to read and to take along.

use super::Page;
use leptos::prelude::*;

pub(super) fn view(page: &Page) -> impl IntoView + use<> {
    let text = serde_json::to_string_pretty(&page.query).unwrap_or_default();
    view! {
        <section class="panel-card specification">
            <div class="heading">
                <h2>"Specification"</h2>
                // The script shows it.
                <p class="actions"><button type="button" class="quiet" data-copy="specification" hidden>"Copy"</button></p>
            </div>
            <pre tabindex="0" role="region" aria-label="Specification"><code id="specification">{text}</code></pre>
        </section>
    }
}
