//! The groups: their breakdowns, each calculation, when the newest row was. A row leads to its traces.

use super::Page;
use crate::chart::{self, MAX_LINES, Unit};
use crate::format;
use crate::page::moment;
use honeycomb::query::{Group, Op, OrderBy};
use honeycomb::{QueryResult, Value, column};
use leptos::prelude::*;

pub(super) fn view(page: &Page, result: &QueryResult) -> impl IntoView + use<> {
    let query = &page.query;
    let names: Vec<_> = query
        .breakdowns
        .iter()
        .map(|name| view! { <th scope="col">{name.clone()}</th> })
        .collect();
    let keys: Vec<_> = shown(page)
        .map(|at| view! { <th scope="col" class="number">{query.calculations[at].key()}</th> })
        .collect();
    let ranked = ranked(page);
    let most = ranked.map_or(0.0, |at| {
        result
            .groups
            .iter()
            .filter_map(|group| group.values[at])
            .fold(0.0, f64::max)
    });
    // Without lines there is nothing to tell apart.
    let by_trace = query.breakdowns.iter().any(|name| name == column::TRACE_ID);
    let rows: Vec<_> = result
        .groups
        .iter()
        .enumerate()
        .map(|(place, group)| {
            let line = (place < MAX_LINES && !by_trace && !query.breakdowns.is_empty()).then_some(place);
            row(page, result, group, line, (ranked, most))
        })
        .collect();
    let cut = (result.group_count > result.groups.len() as u64).then(|| {
        let words = format!(
            "The first {} of {} groups.",
            format::count(result.groups.len() as u64),
            format::count(result.group_count)
        );
        view! { <p class="meta">{words}</p> }
    });
    let total = (!query.breakdowns.is_empty()).then(|| total(page, result));
    view! {
        <div class="wide" tabindex="0" role="region" aria-label="Groups">
            <table class="results">
                <caption class="hidden">{page.saved.name.clone()}", by group"</caption>
                <thead><tr>{names}{keys}<th scope="col">"Newest"</th></tr></thead>
                <tbody>{rows}</tbody>
                {total}
            </table>
        </div>
        {cut}
    }
}

/// The calculations that have a value.
fn shown(page: &Page) -> impl Iterator<Item = usize> {
    let calculations = page.query.calculations.iter().enumerate();
    calculations
        .filter(|(_, calculation)| calculation.op != Op::Heatmap)
        .map(|(at, _)| at)
}

/// The calculation that the groups are compared by: the one that orders them, or else the first.
fn ranked(page: &Page) -> Option<usize> {
    let orders = page.query.orders.iter().find_map(|order| match order.by {
        OrderBy::Calculation(at) => Some(at),
        OrderBy::Breakdown(_) => None,
    });
    orders.or_else(|| shown(page).next())
}

fn row(
    page: &Page,
    result: &QueryResult,
    group: &Group,
    line: Option<usize>,
    (ranked, most): (Option<usize>, f64),
) -> impl IntoView + use<> {
    let query = &page.query;
    let swatch = line.map(|line| {
        view! {
            <svg class="swatch" viewBox="0 0 24 8" aria-hidden="true"><path class=format!("line line-{line}") d="M1 4H23"></path></svg>
        }
    });
    let href = chart::group_href(query, result, group);
    let mut swatch = swatch;
    let cells: Vec<_> = query
        .breakdowns
        .iter()
        .zip(&group.breakdowns)
        .enumerate()
        .map(|(at, (name, value))| {
            let words = held(name, value.as_ref());
            match (at, &href) {
                (0, Some(href)) => {
                    view! { <th scope="row">{swatch.take()}<a href=href.clone()>{words}</a></th> }.into_any()
                }
                (0, None) => view! { <th scope="row">{swatch.take()}{words}</th> }.into_any(),
                _ => view! { <td>{words}</td> }.into_any(),
            }
        })
        .collect();
    let values: Vec<_> = shown(page)
        .map(|at| {
            let share = (ranked == Some(at) && most > 0.0).then(|| {
                let share = 100.0 * group.values[at].unwrap_or(0.0).max(0.0) / most;
                view! { <span class="share" aria-hidden="true"><i style=format!("width:{share:.1}%")></i></span> }
            });
            view! { <td class="number">{number(page, at, group.values[at])}{share}</td> }
        })
        .collect();
    view! { <tr>{cells}{values}<td class="when">{moment(group.last_unix_nano, page.now)}</td></tr> }
}

fn total(page: &Page, result: &QueryResult) -> impl IntoView + use<> {
    let values: Vec<_> = shown(page)
        .map(|at| view! { <td class="number">{number(page, at, result.totals[at])}</td> })
        .collect();
    view! {
        <tfoot>
            <tr><th scope="row" colspan=page.query.breakdowns.len().to_string()>"All groups"</th>{values}<td></td></tr>
        </tfoot>
    }
}

fn held(name: &str, value: Option<&Value>) -> AnyView {
    match value {
        None => {
            let title = format!("These rows have no {name}.");
            view! { <span class="absent" title=title>"none"</span> }.into_any()
        }
        // Ids are long, and one is told from another by its beginning and its place.
        Some(id) if name.ends_with("_id") || name.ends_with(".id") => {
            view! { <span class="id">{id.to_string()}</span> }.into_any()
        }
        Some(value) => value.to_string().into_any(),
    }
}

fn number(page: &Page, at: usize, value: Option<f64>) -> String {
    let unit = Unit::of(&page.query.calculations[at]);
    value.map_or_else(|| "—".to_owned(), |value| unit.words(value))
}
