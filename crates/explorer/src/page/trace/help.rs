//! The help dialog: every key of the waterfall.

use leptos::prelude::*;

/// Keys, and what they do. The keys themselves are in `assets/trace-keys.js`.
const KEYS: [(&str, &str); 12] = [
    ("↑ ↓ or k j", "the span before, the span after"),
    ("← →", "collapse or to the parent; expand or to the first child"),
    ("Home End PageUp PageDown", "far through the spans"),
    ("Enter", "to the fields of the chosen span; Escape leads back"),
    ("e Shift+E", "the next error, the one before"),
    ("/", "search"),
    ("n Shift+N", "the next match, the one before"),
    ("c x", "collapse all, expand all"),
    ("z 0", "zoom to the chosen span, show the whole time"),
    ("y", "copy a link to the chosen span"),
    ("Escape", "leave the search, close the fields"),
    ("?", "this help"),
];

pub(super) fn dialog() -> impl IntoView {
    let keys: Vec<_> = KEYS
        .into_iter()
        .map(|(keys, what)| {
            let keys: Vec<_> = keys
                .split(' ')
                .map(|key| match key {
                    "or" => view! { " or " }.into_any(),
                    key => view! { <kbd>{key}</kbd> " " }.into_any(),
                })
                .collect();
            view! { <div><dt>{keys}</dt><dd>{what}</dd></div> }
        })
        .collect();
    view! {
        <dialog id="help" aria-labelledby="help-title">
            <h2 id="help-title">"Keys"</h2>
            <p class="meta">"While no field is being typed in."</p>
            <dl class="keys">{keys}</dl>
            <p class="meta">
                "Above the waterfall, the small map shows all spans: a click goes there, a drag zooms into that time. \
                 Hatched is on the network, solid in the server, dotted waiting in the browser."
            </p>
            <form method="dialog"><button>"Close"</button></form>
        </dialog>
    }
}
