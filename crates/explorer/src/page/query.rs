//! A query and its answer: the time, a chart for each calculation, the table of groups, the specification.

mod chart;
mod form;
mod specification;
mod table;

use crate::chart::charts;
use crate::saved::SavedQuery;
use crate::{assets, format};
use honeycomb::query::{Query, QueryProblem};
use honeycomb::{QueryResult, rfc3339};
use leptos::prelude::*;
use std::time::SystemTime;

/// What the page shows.
pub(crate) struct Page {
    pub(crate) saved: &'static SavedQuery,
    /// The saved query, in the time that was asked for.
    pub(crate) query: Query,
    /// None where it could not be asked.
    pub(crate) result: Option<QueryResult>,
    /// Why.
    pub(crate) problems: Vec<QueryProblem>,
    /// Whether durations are on a logarithmic axis.
    pub(crate) log: bool,
    /// The same query in Honeycomb, where that is known.
    pub(crate) elsewhere: Option<String>,
    pub(crate) now: SystemTime,
}

pub(crate) fn view(page: &Page) -> impl IntoView + use<> {
    let answer = match &page.result {
        None => None,
        Some(result) if result.row_count == 0 => Some(empty(page).into_any()),
        Some(result) => Some(answer(page, result).into_any()),
    };
    // Also of nothing one wants to know when it was.
    let looked_at = page
        .result
        .as_ref()
        .map(|result| view! { <p class="meta" id="range">{range(result)}</p> });
    view! {
        <p class="crumbs"><a href="/traces/queries">"Queries"</a></p>
        <div class="heading">
            <h1>{page.saved.name.clone()}</h1>
            {page.elsewhere.clone().map(|href| {
                view! { <p class="actions"><a href=href rel="noreferrer">"Open in Honeycomb"</a></p> }
            })}
        </div>
        <p class="words">{page.saved.description.clone()}</p>
        {form::view(page)}
        {looked_at}
        {answer}
        {specification::view(page)}
        <p class="hidden" id="said" role="status"></p>
        <script type="module" src=assets::href("query.js")></script>
    }
}

fn answer(page: &Page, result: &QueryResult) -> impl IntoView + use<> {
    let charts: Vec<_> = charts(&page.query, result, page.log)
        .iter()
        .enumerate()
        .map(|(number, chart)| chart::view(chart, number))
        .collect();
    view! {
        <div class="charts">{charts}</div>
        {table::view(page, result)}
    }
}

/// What was looked at, in words.
fn range(result: &QueryResult) -> String {
    let window = &result.window;
    let [start, end] = [window.start_unix_nano, window.end_unix_nano].map(|at| {
        let text = rfc3339(at);
        format!("{} {}", &text[..10], &text[11..19])
    });
    let step = step(window.step_nano / 1_000_000_000);
    let rows = format::counted(result.row_count, "row");
    format!(
        "{start} to {end} UTC in steps of {step}: {rows} in {}",
        format::counted(result.group_count, "group")
    )
}

/// A step in the largest unit that it is a multiple of.
fn step(seconds: i64) -> String {
    let units = [("d", 86_400), ("h", 3600), ("min", 60)];
    let unit = units.into_iter().find(|(_, length)| seconds % length == 0);
    let (unit, length) = unit.unwrap_or(("s", 1));
    format!("{} {unit}", seconds / length)
}

fn empty(page: &Page) -> impl IntoView + use<> {
    let longer = form::RANGES
        .iter()
        .find(|(seconds, _)| *seconds > page.query.time.seconds());
    let longer = longer.map(|(seconds, words)| {
        let href = form::href(page, &[("time_range", seconds.to_string())]);
        view! { " " <a href=href>"Look at the " {words.to_lowercase()}</a> "," }
    });
    view! {
        <section class="empty">
            <h2>"No span answers this in that time"</h2>
            <p>
                "Spans are here a moment after they ended." {longer}
                " or use the app: open its "<a href="/">"start page"</a>", click something, and come back."
            </p>
        </section>
    }
}
