//! The help dialog: what each key of a page does, and the switch for those of a single character (`assets/help.js`).

use leptos::prelude::*;

/// Keys with spaces between them, and what they do.
pub(super) type Keys<'a> = &'a [(&'a str, &'a str)];

pub(super) fn dialog(keys: Keys<'_>, more: Option<&'static str>) -> impl IntoView + use<> {
    let keys: Vec<_> = keys
        .iter()
        .map(|(keys, what)| {
            let keys: Vec<_> = keys
                .split(' ')
                .map(|key| match key {
                    "or" => view! { " or " }.into_any(),
                    key => view! { <kbd>{key.to_owned()}</kbd> " " }.into_any(),
                })
                .collect();
            view! { <div><dt>{keys}</dt><dd>{(*what).to_owned()}</dd></div> }
        })
        .collect();
    view! {
        <dialog id="help" aria-labelledby="help-title">
            // What comes first in a dialog has the focus otherwise: the switch, which is below the keys.
            <h2 id="help-title" tabindex="-1" autofocus>"Keyboard"</h2>
            <p class="meta">"While no field is being typed in."</p>
            <dl class="keys">{keys}</dl>
            <label class="switch"><input type="checkbox" checked/>"Use the keys that are one character"</label>
            {more.map(|more| view! { <p class="meta">{more}</p> })}
            <form method="dialog"><button>"Close"</button></form>
        </dialog>
    }
}
