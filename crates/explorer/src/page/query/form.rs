//! From when to when: a form whose result is an address to keep, and links to the time before and after.

use super::Page;
use crate::href as address;
use honeycomb::query::TimeRange;
use leptos::prelude::*;

/// The ranges that are offered, in seconds.
pub(super) const RANGES: [(u64, &str); 6] = [
    (600, "Last 10 minutes"),
    (3600, "Last hour"),
    (7200, "Last 2 hours"),
    (86_400, "Last 24 hours"),
    (604_800, "Last 7 days"),
    (2_592_000, "Last 30 days"),
];

/// This page in another time.
pub(super) fn href(page: &Page, time: &[(&str, String)]) -> String {
    let mut pairs = time.to_vec();
    if page.log {
        pairs.push(("scale", "log".to_owned()));
    }
    address::saved_query(page.saved.slug, &pairs)
}

pub(super) fn view(page: &Page) -> impl IntoView + use<> {
    let problems: Vec<_> = page
        .problems
        .iter()
        .map(|problem| {
            let words = match problem.field.as_str() {
                "" => problem.description.clone(),
                field => format!("{field}: {}", problem.description),
            };
            view! { <p class="problem" role="alert">{words}</p> }
        })
        .collect();
    let chosen = match page.query.time {
        TimeRange::Last(seconds) => Some(seconds),
        _ => None,
    };
    let other = chosen.filter(|chosen| RANGES.iter().all(|(seconds, _)| seconds != chosen));
    let other = other.map(|seconds| (seconds, format!("Last {seconds} seconds")));
    let options: Vec<_> = RANGES
        .iter()
        .map(|(seconds, words)| (*seconds, (*words).to_owned()))
        .chain(other)
        .map(|(seconds, words)| {
            view! { <option value=seconds.to_string() selected=chosen == Some(seconds)>{words}</option> }
        })
        .collect();
    let fixed = chosen
        .is_none()
        .then(|| view! { <option value="" selected=true disabled=true>"A fixed time"</option> });
    view! {
        <form class="filter asked" method="get" action=address::saved_query(page.saved.slug, &[]) aria-label="Time and scale">
            {problems}
            <label class="field">
                <span>"Time"</span>
                <select name="time_range">{fixed}{options}</select>
            </label>
            <label class="field">
                <span>"Scale of durations"</span>
                <select name="scale">
                    <option value="">"Linear"</option>
                    <option value="log" selected=page.log>"Logarithmic"</option>
                </select>
            </label>
            <div class="submit">
                <button type="submit">"Show"</button>
                <p class="meta" id="asking" role="status"></p>
            </div>
            {around(page)}
        </form>
    }
}

/// The time before and after, and an address that stays at what is shown.
fn around(page: &Page) -> Option<impl IntoView + use<>> {
    const SECOND: i64 = 1_000_000_000;
    let window = page.result.as_ref()?.window;
    let length = window.end_unix_nano.saturating_sub(window.start_unix_nano);
    let at = |times: i64| {
        let moved = |edge: i64| {
            edge.saturating_add(length.saturating_mul(times))
                .div_euclid(SECOND)
                .max(1)
                .to_string()
        };
        href(
            page,
            &[
                ("start_time", moved(window.start_unix_nano)),
                ("end_time", moved(window.end_unix_nano)),
            ],
        )
    };
    let is_past = !matches!(page.query.time, TimeRange::Last(_));
    let later = is_past.then(|| view! { <a href=at(1)>"Later"</a> });
    Some(view! {
        <p class="around">
            <a href=at(-1)>"Earlier"</a>
            {later}
            <a href=at(0)>"Link to exactly this time"</a>
        </p>
    })
}
