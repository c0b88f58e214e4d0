//! What stands where there is no trace to show, and what to do.

use super::List;
use leptos::prelude::*;

pub(super) fn view(list: &List) -> impl IntoView + use<> {
    if list.filter.cursor.is_some() {
        let words = "The traces that were here have made place for newer ones, or this is beyond the oldest. ";
        return view! {
            <section class="empty">
                <h2>"Nothing older"</h2>
                <p>{words} <a href="/traces">"See the newest traces"</a> "."</p>
            </section>
        }
        .into_any();
    }
    if list.filter.is_empty() {
        return view! {
            <section class="empty">
                <h2>"No traces yet"</h2>
                <p>
                    "Use the app: open its start page, click something. A moment later the click is here. \
                     Another service’s spans arrive by OTLP at "<code>"/v1/traces"</code>"."
                </p>
            </section>
        }
        .into_any();
    }
    view! {
        <section class="empty">
            <h2>"No trace matches"</h2>
            <p>"Names have to be given whole. Take something out of the filter, or " <a href="/traces">"see all traces"</a> "."</p>
        </section>
    }
    .into_any()
}
