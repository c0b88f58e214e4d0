//! SQL: a form with a statement, the table that it answers with, and statements to begin with.

use crate::{assets, format, href};
use honeycomb::{Value, column};
use leptos::prelude::*;
use trace_store::SqlTable;

/// So many rows are on the page.
const MAX_ROWS: usize = 1000;

const EXAMPLES: [(&str, &str); 3] = [
    (
        "Latency by user",
        "SELECT \"user.name\", count(*) AS traces, approx_percentile_cont(duration_ms, 0.99) AS p99_ms\n\
         FROM spans WHERE \"trace.parent_id\" IS NULL\nGROUP BY \"user.name\" ORDER BY p99_ms DESC",
    ),
    (
        "Recent traces",
        "SELECT time, name, duration_ms, \"trace.trace_id\"\n\
         FROM spans WHERE \"trace.parent_id\" IS NULL\nORDER BY time DESC LIMIT 20",
    ),
    (
        "All columns of the newest rows",
        "SELECT * FROM spans ORDER BY time DESC LIMIT 10",
    ),
];

pub(crate) struct Page {
    pub(crate) statement: String,
    pub(crate) answer: Option<SqlTable>,
    pub(crate) problem: Option<String>,
}

pub(crate) fn view(page: &Page) -> impl IntoView + use<> {
    let problem = page.problem.as_ref().map(|words| {
        view! { <p class="problem" id="statement-problem" role="alert">{words.clone()}</p> }
    });
    let described_by = problem.is_some().then_some("statement-problem");
    let invalid = problem.is_some().then_some("true");
    let rows = page.statement.lines().count().clamp(4, 16).to_string();
    let examples: Vec<_> = EXAMPLES
        .into_iter()
        .map(|(name, statement)| view! { <li><a href=href::sql(statement)>{name}</a></li> })
        .collect();
    view! {
        <div class="heading">
            <h1>"SQL"</h1>
            <p class="words">
                "One SELECT over the table "<code>"spans"</code>"; columns have Honeycomb’s names, in double quotes where they \
                 have a dot. Ten seconds and ten thousand rows at most."
            </p>
        </div>
        <form class="filter sql" method="get" action="/traces/sql">
            <label class="field">
                <span>"Statement"</span>
                <textarea
                    name="statement"
                    rows=rows
                    required
                    spellcheck="false"
                    autocapitalize="off"
                    aria-invalid=invalid
                    aria-describedby=described_by
                >
                    {escaped(&page.statement)}
                </textarea>
            </label>
            {problem}
            <div class="submit">
                <button type="submit">"Run"</button>
                <p class="meta" id="asking" role="status"></p>
            </div>
            <ul class="around" aria-label="Examples">{examples}</ul>
        </form>
        {page.answer.as_ref().map(table)}
        <script type="module" src=assets::href("asking.js")></script>
    }
}

/// Leptos writes the text of a `<textarea>` as it is, so that a statement could close it and go on as markup.
fn escaped(statement: &str) -> String {
    statement.replace('&', "&amp;").replace('<', "&lt;")
}

fn table(answer: &SqlTable) -> impl IntoView + use<> {
    let of_numbers = |column: usize| {
        let mut values = answer.rows.iter().filter_map(|row| row[column].as_ref());
        values.next().is_some_and(is_number)
    };
    let columns: Vec<(&String, bool)> = answer.columns.iter().zip((0..).map(of_numbers)).collect();
    let names: Vec<_> = columns
        .iter()
        .map(|(name, of_numbers)| {
            let class = if *of_numbers { "number" } else { "text" };
            view! { <th scope="col" class=class>{(*name).clone()}</th> }
        })
        .collect();
    let rows: Vec<_> = answer
        .rows
        .iter()
        .take(MAX_ROWS)
        .map(|row| {
            let cells: Vec<_> = columns
                .iter()
                .zip(row)
                .map(|((name, of_numbers), value)| cell(name, *of_numbers, value.as_ref()))
                .collect();
            view! { <tr>{cells}</tr> }
        })
        .collect();
    let all = answer.rows.len() as u64;
    let words = match (answer.cut, answer.rows.len() > MAX_ROWS) {
        (false, false) => format::counted(all, "row"),
        (false, true) => format!(
            "The first {} of {} rows.",
            format::count(MAX_ROWS as u64),
            format::count(all)
        ),
        (true, _) => format!(
            "The first {} rows; there are more than {}. Add a LIMIT or a WHERE.",
            format::count(all.min(MAX_ROWS as u64)),
            format::count(all)
        ),
    };
    view! {
        <p class="meta" role="status">{words}</p>
        <div class="wide" tabindex="0" role="region" aria-label="Answer">
            <table class="results">
                <caption class="hidden">"Answer"</caption>
                <thead><tr>{names}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

fn cell(name: &str, of_numbers: bool, value: Option<&Value>) -> AnyView {
    match value {
        None => view! { <td class="absent" class:number=of_numbers>"NULL"</td> }.into_any(),
        Some(Value::String(id)) if name == column::TRACE_ID => {
            view! { <td class="id"><a href=href::trace(id)>{id.to_string()}</a></td> }.into_any()
        }
        Some(number) if is_number(number) => view! { <td class="number">{number.to_string()}</td> }.into_any(),
        Some(value) => view! { <td>{value.to_string()}</td> }.into_any(),
    }
}

fn is_number(value: &Value) -> bool {
    matches!(value, Value::Integer(_) | Value::Float(_))
}
