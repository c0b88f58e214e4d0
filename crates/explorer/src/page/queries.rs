//! The list of saved queries.

use crate::href;
use crate::saved::SavedQuery;
use leptos::prelude::*;

/// `origin` is where this page was asked for.
pub(crate) fn view(queries: &[SavedQuery], origin: &str) -> impl IntoView + use<> {
    let items: Vec<_> = queries
        .iter()
        .map(|saved| {
            let columns = saved.query.breakdowns.join(", ");
            let keys: Vec<_> = saved
                .query
                .calculations
                .iter()
                .map(|calculation| calculation.key())
                .collect();
            view! {
                <li class="card">
                    <h2><a href=href::saved_query(saved.slug, &[])>{saved.name.clone()}</a></h2>
                    <p>{saved.description.clone()}</p>
                    <p class="meta"><code>{keys.join(", ")}</code>" by "<code>{columns}</code></p>
                </li>
            }
        })
        .collect();
    view! {
        <div class="heading">
            <h1>"Queries"</h1>
            <p class="meta">"Saved questions about all spans, in Honeycomb’s query specification."</p>
        </div>
        <ul class="cards">{items}</ul>
        <section class="panel-card">
            <h2>"Ask your own"</h2>
            <p>
                "Post a specification to "<code>"/api/traces/query"</code>" as JSON; the answer has the shape of \
                 Honeycomb’s query results. For example: "
            </p>
            <pre tabindex="0" role="region" aria-label="Example"><code>{format!("{EXAMPLE} \\\n  {origin}/api/traces/query")}</code></pre>
        </section>
    }
}

const EXAMPLE: &str =
    r#"curl --json '{"breakdowns": ["service.name"], "calculations": [{"op": "P95", "column": "duration_ms"}]}'"#;
