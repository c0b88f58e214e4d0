//! The list of traces and its filter.

use super::{moment, service};
use crate::{format, href};
use leptos::prelude::*;
use std::time::SystemTime;
use trace_store::{Problem, StoreStats, TraceFilter, TracePage, TraceSummary};

/// What the page shows.
pub(crate) struct List {
    /// The query as it was given: what the form shows, right or wrong.
    pub(crate) given: Vec<(String, String)>,
    pub(crate) filter: TraceFilter,
    pub(crate) problems: Vec<Problem>,
    pub(crate) page: TracePage,
    pub(crate) stats: StoreStats,
    pub(crate) now: SystemTime,
}

/// Fields that the form has; what is wrong with others is said above it.
const FIELDS: [&str; 6] = ["service", "route", "user", "min_ms", "max_ms", "error"];

pub(crate) fn view(list: List) -> impl IntoView {
    let first = TraceFilter {
        cursor: None,
        ..list.filter.clone()
    };
    let later = list.filter.cursor.is_some();
    let kept = format!(
        "{} kept, {}",
        format::counted(list.stats.traces as u64, "trace"),
        format::counted(list.stats.events as u64, "row"),
    );
    let body = if !list.problems.is_empty() {
        view! { <p class="empty">"Mend the filter to see traces."</p> }.into_any()
    } else if list.page.traces.is_empty() {
        empty(&list).into_any()
    } else {
        table(&list).into_any()
    };
    let newest = if later { "Back to the newest" } else { "Refresh" };
    let next = list.page.next.as_ref().map(|next| {
        let older = TraceFilter {
            cursor: Some(next.clone()),
            ..list.filter.clone()
        };
        view! { <a class="button" rel="next" href=href::traces(&older)>"Older traces"</a> }
    });
    view! {
        <div class="heading">
            <h1>"Traces"</h1>
            <p class="meta">{kept}</p>
            <p class="actions">
                <a href=href::traces_json(&list.filter)>"JSON"</a>
                <a class="button quiet" href=href::traces(&first)>{newest}</a>
            </p>
        </div>
        {form(&list)}
        {body}
        <nav class="pager" aria-label="Pages">{next}</nav>
    }
}

fn form(list: &List) -> impl IntoView + use<> {
    let elsewhere: Vec<_> = list
        .problems
        .iter()
        .filter(|problem| !FIELDS.contains(&problem.field.as_str()))
        .map(
            |problem| view! { <p class="problem" role="alert">{format!("{}: {}", problem.field, problem.message)}</p> },
        )
        .collect();
    let clear = (!list.filter.is_empty() || !list.problems.is_empty())
        .then(|| view! { <a class="button quiet" href="/traces">"Clear"</a> });
    let limit = (list.filter.limit != TraceFilter::default().limit)
        .then(|| view! { <input type="hidden" name="limit" value=list.filter.limit.to_string()/> });
    view! {
        <form class="filter" method="get" action="/traces" role="search" aria-label="Filter traces">
            {elsewhere}
            {text(list, "service", "Service", "service.name", false)}
            {text(list, "route", "Route", "http.route", false)}
            {text(list, "user", "User", "id or name", false)}
            {text(list, "min_ms", "At least, ms", "0", true)}
            {text(list, "max_ms", "At most, ms", "any", true)}
            {errors(list)}
            {limit}
            <div class="submit">
                <button type="submit">"Filter"</button>
                {clear}
            </div>
        </form>
    }
}

fn given(list: &List, name: &str) -> String {
    let pair = list.given.iter().find(|(given, _)| given == name);
    pair.map(|(_, value)| value.clone()).unwrap_or_default()
}

/// The problem of a field, and the attributes that tie them together.
fn problem(list: &List, name: &str) -> (Option<impl IntoView + use<>>, Option<&'static str>, Option<String>) {
    let Some(problem) = list.problems.iter().find(|problem| problem.field == name) else {
        return (None, None, None);
    };
    let id = format!("{name}-problem");
    let words = view! { <span class="problem" id=id.clone()>{problem.message.clone()}</span> };
    (Some(words), Some("true"), Some(id))
}

fn text(
    list: &List,
    name: &'static str,
    label: &'static str,
    placeholder: &'static str,
    number: bool,
) -> impl IntoView + use<> {
    let (words, invalid, described_by) = problem(list, name);
    view! {
        <label class=if number { "field number" } else { "field" }>
            <span>{label}</span>
            <input
                name=name
                value=given(list, name)
                placeholder=placeholder
                inputmode=number.then_some("decimal")
                autocomplete="off"
                spellcheck="false"
                aria-invalid=invalid
                aria-describedby=described_by
            />
            {words}
        </label>
    }
}

fn errors(list: &List) -> impl IntoView + use<> {
    let (words, invalid, described_by) = problem(list, "error");
    let chosen = list.filter.error;
    view! {
        <label class="field">
            <span>"Errors"</span>
            <select name="error" aria-invalid=invalid aria-describedby=described_by>
                <option value="">"All"</option>
                <option value="true" selected=chosen == Some(true)>"With errors"</option>
                <option value="false" selected=chosen == Some(false)>"Without"</option>
            </select>
            {words}
        </label>
    }
}

fn empty(list: &List) -> impl IntoView + use<> {
    if list.filter.is_empty() && list.filter.cursor.is_none() {
        view! {
            <section class="empty">
                <h2>"No traces yet"</h2>
                <p>
                    "Use the app: open its start page, click something. A moment later the click is here. \
                     Another service’s spans arrive by OTLP at "<code>"/v1/traces"</code>"."
                </p>
            </section>
        }
        .into_any()
    } else {
        view! {
            <section class="empty">
                <h2>"No trace matches"</h2>
                <p>"Names have to be given whole. Take something out of the filter, or " <a href="/traces">"see all traces"</a> "."</p>
            </section>
        }
        .into_any()
    }
}

fn table(list: &List) -> impl IntoView + use<> {
    let longest = list
        .page
        .traces
        .iter()
        .map(|trace| trace.duration_ms)
        .fold(0.0, f64::max);
    let rows: Vec<_> = list
        .page
        .traces
        .iter()
        .map(|trace| row(trace, longest, list.now))
        .collect();
    // The roles are those that the elements have anyway, unless a narrow screen makes blocks of them.
    view! {
        <table class="traces" role="table">
            <caption class="hidden">"Traces, newest first"</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Trace"</th>
                    <th role="columnheader" scope="col">"Person"</th>
                    <th role="columnheader" scope="col">"When"</th>
                    <th role="columnheader" scope="col" class="number">"Duration"</th>
                    <th role="columnheader" scope="col" class="number">"Network"</th>
                    <th role="columnheader" scope="col" class="number">"Spans"</th>
                    <th role="columnheader" scope="col">"Errors"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
}

fn row(trace: &TraceSummary, longest: f64, now: SystemTime) -> impl IntoView + use<> {
    let name = if trace.name.is_empty() {
        "(no name)"
    } else {
        &trace.name
    };
    let others: Vec<_> = trace
        .services
        .iter()
        .filter(|other| **other != trace.service)
        .take(4)
        .map(|other| service(other))
        .collect();
    let share = if longest > 0.0 {
        100.0 * trace.duration_ms / longest
    } else {
        0.0
    };
    let person = trace.user_name.as_ref().map(|name| format!("@{name}"));
    let person = person.or_else(|| trace.user_id.as_ref().map(ToString::to_string));
    let errors = (trace.error_count > 0)
        .then(|| view! { <span class="error">{format::counted(trace.error_count, "error")}</span> });
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" class="trace">
                <a href=href::trace(&trace.trace_id)>{name.to_owned()}</a>
                <span class="services">{service(&trace.service)} {others}</span>
            </th>
            <td role="cell" class="person">{person}</td>
            <td role="cell" class="when">{moment(trace.time_unix_nano, now)}</td>
            <td role="cell" class="number duration">
                <span>{format::milliseconds(trace.duration_ms)}</span>
                <span class="share" aria-hidden="true"><i style=format!("width:{share:.1}%")></i></span>
            </td>
            <td role="cell" class="number network">{trace.network_ms.map(format::milliseconds)}</td>
            <td role="cell" class="number spans">{format::count(trace.span_count)}</td>
            <td role="cell" class="errors">{errors}</td>
        </tr>
    }
}
