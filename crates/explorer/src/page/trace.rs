//! The page of one trace: what it was and how long it took, its waterfall, and the fields of the span that is chosen.
//!
//! All of it is there without JavaScript, in pages of spans. `assets/trace.js` puts the whole trace into the same table,
//! as far as it is in view, and what only works with it (class `scripted-only`) is shown then.

mod summary;
mod table;

use super::{fields, help, moment};
use crate::waterfall::{Detail, Waterfall};
use crate::{HoneycombPlace, assets, format, href};
use leptos::prelude::*;
use std::collections::HashSet;
use std::time::SystemTime;
use trace_wire::attribute;

/// Keys, and what they do. The keys themselves are in `assets/trace-keys.js`.
const KEYS: help::Keys<'_> = &[
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
    ("?", "show or close this help"),
];

/// How to read the map and the bars.
const MAP: &str = "Above the waterfall, the small map shows all spans: a click goes there, a drag zooms into that time. \
                   Hatched is on the network, solid in the server, dotted waiting in the browser.";

/// So many spans are on a page without JavaScript.
pub(crate) const ROWS_PER_PAGE: usize = 200;

/// What the page shows.
pub(crate) struct Trace {
    pub(crate) trace_id: String,
    pub(crate) waterfall: Waterfall,
    /// Which page of the spans, counted from 1.
    pub(crate) number: usize,
    /// The id of the span that is chosen, and what is known of it.
    pub(crate) selected: Option<(String, Option<Detail>)>,
    pub(crate) search: Option<Search>,
    pub(crate) honeycomb: Option<HoneycombPlace>,
    pub(crate) now: SystemTime,
}

/// What was looked for, and the ids of the spans that say so.
pub(crate) struct Search {
    pub(crate) text: String,
    pub(crate) found: HashSet<String>,
}

impl Trace {
    fn span_id(&self) -> Option<&str> {
        self.selected.as_ref().map(|(id, _)| id.as_str())
    }

    fn has_found(&self, span_id: &str) -> bool {
        self.search
            .as_ref()
            .is_some_and(|search| search.found.contains(span_id))
    }
}

pub(crate) fn view(trace: &Trace) -> impl IntoView + use<> {
    let chosen = trace.selected.as_ref();
    // At once, not one import after the other.
    let modules: Vec<_> = assets::of_trace()
        .map(|name| view! { <link rel="modulepreload" href=assets::href(name)/> })
        .collect();
    view! {
        {modules}
        {heading(trace)}
        {summary::view(trace)}
        <section
            class="waterfall"
            aria-labelledby="waterfall"
            data-page=href::trace(&trace.trace_id)
            data-api=href::trace_json(&trace.trace_id)
        >
            <p class="hidden" id="status" role="status"></p>
            {table::tools(trace)}
            <canvas class="scripted-only" id="minimap" height="72" aria-hidden="true"></canvas>
            <div class="sides">
                {table::view(trace)}
                <aside id="chosen" aria-label="Chosen span" tabindex="-1" hidden=chosen.is_none()>
                    {chosen.map(|chosen| fields::view(&trace.trace_id, chosen, trace.honeycomb.as_ref()))}
                </aside>
            </div>
            {pager(trace)}
        </section>
        {loose(trace)}
        {help::dialog(KEYS, Some(MAP))}
        <script type="module" src=assets::href("trace.js")></script>
    }
}

fn heading(trace: &Trace) -> impl IntoView + use<> {
    let waterfall = &trace.waterfall;
    let name = match waterfall.rows[0].name() {
        "" => "(no name)",
        name => name,
    };
    let person = waterfall
        .first(attribute::USER_NAME)
        .map(|name| format!("@{name}"))
        .or_else(|| waterfall.first(attribute::USER_ID).map(str::to_owned))
        .map(|person| view! { <span class="person">{person}</span> });
    let json = href::trace_json(&trace.trace_id);
    let end = waterfall.start.saturating_add(waterfall.total);
    let honeycomb = trace.honeycomb.as_ref().map(|place| {
        let service = waterfall.rows[0].service();
        let href = place.trace(service, &trace.trace_id, trace.span_id(), waterfall.start, end);
        view! { <a href=href rel="external noreferrer">"Open in Honeycomb"</a> }
    });
    view! {
        <p class="crumbs"><a href="/traces">"Traces"</a></p>
        <div class="heading">
            <h1>{name.to_owned()}</h1>
            <p class="meta">
                {person}
                {moment(waterfall.start, trace.now)}
                <span>{format::moment(waterfall.start)}</span>
                <span class="id">{trace.trace_id.clone()}</span>
            </p>
            <div class="actions">
                <a href=json.clone()>"JSON"</a>
                <a href=json.clone() download=format!("trace-{}.json", trace.trace_id)>"Download"</a>
                <button type="button" class="link scripted-only" data-copy-from=json>"Copy as JSON"</button>
                {honeycomb}
                <a class="button quiet" href=href::trace(&trace.trace_id)>"Refresh"</a>
            </div>
        </div>
    }
}

fn pager(trace: &Trace) -> Option<impl IntoView + use<>> {
    let spans = trace.waterfall.rows.len();
    let pages = spans.div_ceil(ROWS_PER_PAGE);
    if pages == 1 {
        return None;
    }
    let first = (trace.number - 1) * ROWS_PER_PAGE;
    let last = (first + ROWS_PER_PAGE).min(spans);
    let link = |number: usize, rel: &'static str, words: &'static str| {
        (1..=pages)
            .contains(&number)
            .then(|| view! { <a class="button" rel=rel href=href::trace_page(&trace.trace_id, number)>{words}</a> })
    };
    let shown = format!(
        "Spans {} to {} of {}",
        format::count(first as u64 + 1),
        format::count(last as u64),
        format::count(spans as u64)
    );
    Some(view! {
        <nav class="pager" aria-label="Pages">
            {link(trace.number - 1, "prev", "Spans before")} <span>{shown}</span>
            {link(trace.number + 1, "next", "Spans after")}
        </nav>
    })
}

fn loose(trace: &Trace) -> Option<impl IntoView + use<>> {
    let loose = &trace.waterfall.loose;
    (!loose.is_empty()).then(|| {
        let all: Vec<_> = loose
            .iter()
            .take(ROWS_PER_PAGE)
            .map(|event| fields::annotation(event, None))
            .collect();
        view! {
            <section class="loose">
                <h2>"Events whose span is not here"</h2>
                <ul class="annotations">{all}</ul>
            </section>
        }
    })
}
