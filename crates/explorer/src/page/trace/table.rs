//! The waterfall's table, and the tools above it.

use super::{ROWS_PER_PAGE, Trace, summary};
use crate::page::row;
use crate::{format, href};
use leptos::prelude::*;

pub(super) fn tools(trace: &Trace) -> impl IntoView + use<> {
    let legend = trace.waterfall.rows.iter().any(|row| row.phases.is_some()).then(|| {
        let key = |class: &'static str, words: &'static str| {
            view! { <li><i class=format!("key {class}") aria-hidden="true"></i>{words}</li> }
        };
        view! {
            <ul class="legend" aria-label="Parts of a fetch">
                {key("network", "on the network")} {key("server", "in the server")} {key("browser", "waiting in the browser")}
            </ul>
        }
    });
    let search = trace.search.as_ref();
    let found = search.map(|search| {
        let count = search.found.len();
        format!(
            "{} {}",
            format::count(count as u64),
            summary::plural(count, "match", "matches")
        )
    });
    let button = |act: &'static str, keys: &'static str, name: &'static str, words: &'static str| {
        let label = (name != words).then_some(name);
        view! {
            <button type="button" class="small" data-act=act aria-label=label aria-keyshortcuts=keys title=format!("{name} ({keys})")>
                {words}
            </button>
        }
    };
    view! {
        <div class="bar-heading">
            <h2 id="waterfall">"Waterfall"</h2>
            {legend}
        </div>
        <div class="tools">
            <form class="find" role="search" method="get" action=href::trace(&trace.trace_id)>
                <label class="hidden" for="find">"Search in this trace"</label>
                <input
                    type="search"
                    id="find"
                    name="q"
                    placeholder="Search: a name, a field, a value"
                    autocomplete="off"
                    aria-keyshortcuts="/"
                    value=search.map(|search| search.text.clone())
                />
                <button type="submit" class="small">"Search"</button>
                <output id="found" for="find">{found}</output>
            </form>
            <div class="group scripted-only" role="group" aria-label="Matches" id="matches" hidden>
                {button("match-previous", "Shift+N", "Previous match", "‹")} {button("match-next", "N", "Next match", "›")}
            </div>
            <div class="group scripted-only" role="group" aria-label="Errors" id="errors" hidden>
                <span class="meta" id="errors-count"></span>
                {button("error-previous", "Shift+E", "Previous error", "‹")} {button("error-next", "E", "Next error", "›")}
            </div>
            <div class="group scripted-only" role="group" aria-label="Tree and time">
                {button("collapse", "C", "Collapse all", "Collapse all")} {button("expand", "X", "Expand all", "Expand all")}
                {button("zoom", "Z", "Zoom to the chosen span", "Zoom")} {button("whole", "0", "Show the whole time", "Whole")}
                {button("help", "?", "Keys and help", "?")}
            </div>
        </div>
        {summary::found(trace)}
    }
}

pub(super) fn view(trace: &Trace) -> impl IntoView + use<> {
    let waterfall = &trace.waterfall;
    let ticks: Vec<_> = [0, 25, 50, 75, 100]
        .into_iter()
        .map(|percent| {
            let at = format::duration(waterfall.total / 100 * percent);
            view! { <span style=format!("left:{percent}%")>{at}</span> }
        })
        .collect();
    let rows: Vec<_> = waterfall
        .rows
        .iter()
        .skip((trace.number - 1) * ROWS_PER_PAGE)
        .take(ROWS_PER_PAGE)
        .map(|row| {
            let marks = row::Marks {
                is_chosen: trace.span_id() == Some(row.id()),
                is_found: trace.has_found(row.id()),
            };
            row::view(&trace.trace_id, waterfall, row, marks)
        })
        .collect();
    view! {
        <div class="scroll" role="region" aria-label="Waterfall, scrolls" tabindex="0">
            <table>
                <caption class="hidden">
                    "Spans as a tree: under each span those that it caused. Choose a span to see all its fields."
                </caption>
                <thead>
                    <tr>
                        <th scope="col" class="name">"Span"</th>
                        <th scope="col" class="service-name">"Service"</th>
                        <th scope="col" class="number start">"Start"</th>
                        <th scope="col" class="number duration">"Duration"</th>
                        <th scope="col" class="time">
                            <span class="hidden">"Timeline"</span>
                            <span class="ticks" aria-hidden="true">{ticks}</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}
