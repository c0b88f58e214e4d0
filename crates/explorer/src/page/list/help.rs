//! What the keyboard can do. Both are for those whose browser runs the script, which shows the button.

use leptos::prelude::*;

const KEYS: [(&[&str], &str); 8] = [
    (&["j", "↓"], "Next trace"),
    (&["k", "↑"], "Trace before"),
    (&["Enter"], "Open the trace"),
    (&["n"], "Show what is new"),
    (&["/"], "Go to the filter"),
    (
        &["l"],
        "Go to the latency: ← → walk, Shift ← → choose a range, Enter filters by it",
    ),
    (&["Esc"], "Leave a field, forget a range"),
    (&["?"], "Show or close this help"),
];

pub(super) fn button() -> impl IntoView {
    view! {
        <button type="button" class="button quiet" id="help-button" aria-haspopup="dialog" hidden>
            "Keyboard"
        </button>
    }
}

pub(super) fn dialog() -> impl IntoView {
    let rows: Vec<_> = KEYS
        .iter()
        .map(|(keys, what)| {
            let keys: Vec<_> = keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect();
            view! { <div><dt>{keys}</dt><dd>{*what}</dd></div> }
        })
        .collect();
    view! {
        <dialog id="help" class="help" aria-labelledby="help-heading">
            <h2 id="help-heading">"Keyboard"</h2>
            <dl>{rows}</dl>
            <form method="dialog"><button type="submit">"Close"</button></form>
        </dialog>
    }
}
