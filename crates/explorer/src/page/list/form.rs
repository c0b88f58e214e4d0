//! The filter: a form whose result is an address that can be kept.

use super::List;
use leptos::prelude::*;
use trace_store::TraceFilter;

/// Fields that the form has; what is wrong with others is said above it.
const FIELDS: [&str; 6] = ["service", "route", "user", "min_ms", "max_ms", "error"];

pub(super) fn view(list: &List) -> impl IntoView + use<> {
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
                list=(!number).then(|| format!("{name}-suggestions"))
                spellcheck="false"
                aria-invalid=invalid
                aria-describedby=described_by
            />
            // Filled by the script while one types.
            {(!number).then(|| view! { <datalist id=format!("{name}-suggestions")></datalist> })}
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
