//! The list of traces. What the script brings up to date has an id: `kept`, `latency`, `traces`, `pages`.

mod empty;
mod form;
mod latency;
mod table;

use super::{help, moment, service};
use crate::{assets, format, href};
use leptos::prelude::*;
use std::time::SystemTime;
use trace_store::{Latency, Problem, StoreStats, TraceFilter, TracePage};

/// Keys, and what they do. The keys themselves are in `assets/list-keys.js`.
const KEYS: help::Keys<'_> = &[
    ("j or ↓", "the next trace"),
    ("k or ↑", "the trace before"),
    ("Enter", "open the trace"),
    ("n", "show what is new"),
    ("/", "to the filter"),
    (
        "l",
        "to the latency: ← → walk, Shift ← → choose a range, Enter filters by it",
    ),
    ("Escape", "leave a field, forget a range"),
    ("?", "show or close this help"),
];

/// What the page shows.
pub(crate) struct List {
    /// The query as it was given: what the form shows, right or wrong.
    pub(crate) given: Vec<(String, String)>,
    pub(crate) filter: TraceFilter,
    pub(crate) problems: Vec<Problem>,
    pub(crate) page: TracePage,
    /// How long the traces take that match, whatever duration is asked for.
    pub(crate) latency: Latency,
    pub(crate) stats: StoreStats,
    pub(crate) now: SystemTime,
}

pub(crate) fn view(list: List) -> impl IntoView {
    let first = TraceFilter {
        cursor: None,
        ..list.filter.clone()
    };
    let later = list.filter.cursor.is_some();
    // A trace whose spans lie in several places counts in each.
    let kept = format!(
        "About {} kept, {}",
        format::counted(list.stats.traces as u64, "trace"),
        format::counted(list.stats.events as u64, "row"),
    );
    let wrong = !list.problems.is_empty();
    let body = if wrong {
        view! { <p class="empty">"Mend the filter to see traces."</p> }.into_any()
    } else if list.page.traces.is_empty() {
        empty::view(&list).into_any()
    } else {
        table::view(&list).into_any()
    };
    let newest = if later { "Back to the newest" } else { "Refresh" };
    let next = list.page.next.as_ref().map(|next| {
        let older = TraceFilter {
            cursor: Some(next.clone()),
            ..list.filter.clone()
        };
        view! { <a class="button" rel="next" href=href::traces(&older)>"Older traces"</a> }
    });
    // Older pages stand still: what is new is not on them.
    let live = !later && !wrong;
    let status = live.then(|| view! { <p class="live" id="live" role="status" hidden></p> });
    let news = live.then(|| view! { <div class="news"><button type="button" id="news" hidden></button></div> });
    view! {
        <div class="heading">
            <h1>"Traces"</h1>
            <p class="meta" id="kept">{kept}</p>
            {status}
            <p class="actions">
                <button type="button" class="button quiet" id="help-button" aria-haspopup="dialog" hidden>
                    "Keyboard"
                </button>
                <a href=href::traces_json(&list.filter)>"JSON"</a>
                <a class="button quiet" id="newest" href=href::traces(&first)>{newest}</a>
            </p>
        </div>
        {form::view(&list)}
        {(!wrong).then(|| latency::view(&list))}
        <div class="listed">
            {news}
            <div id="traces">{body}</div>
        </div>
        <nav class="pager" id="pages" aria-label="Pages">{next}</nav>
        {help::dialog(KEYS, None)}
        <script type="module" src=assets::href("list.js")></script>
    }
}
