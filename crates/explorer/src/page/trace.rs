//! The page of one trace: its headline and its waterfall.

use super::{fields, moment, row, service};
use crate::waterfall::{Split, Waterfall};
use crate::{format, href};
use leptos::prelude::*;
use std::time::SystemTime;
use trace_wire::attribute;

/// So many spans are on a page: enough for nearly every trace, and a browser shows them at once.
pub(crate) const ROWS_PER_PAGE: usize = 500;

/// So many errors are named in the headline.
const MAX_ERRORS: usize = 10;

/// What the page shows.
pub(crate) struct Trace {
    pub(crate) trace_id: String,
    pub(crate) waterfall: Waterfall,
    /// Which page of the spans, counted from 1.
    pub(crate) number: usize,
    pub(crate) now: SystemTime,
}

pub(crate) fn view(trace: &Trace) -> impl IntoView + use<> {
    view! {
        {headline(trace)}
        {waterfall(trace)}
        {pager(trace)}
        {loose(trace)}
    }
}

fn headline(trace: &Trace) -> impl IntoView + use<> {
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
    let services = waterfall.services();
    let fact = |value: String, what: &'static str| view! { <div><dd>{value}</dd><dt>{what}</dt></div> };
    let errors = waterfall.errors().count() as u64;
    let chips: Vec<_> = services
        .iter()
        .map(|(name, count)| view! { <li>{service(name)} <span class="meta">{format::counted(*count, "span")}</span></li> })
        .collect();
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
            <p class="actions">
                <a href=href::trace_json(&trace.trace_id)>"JSON"</a>
                <a class="button quiet" href=href::trace(&trace.trace_id)>"Refresh"</a>
            </p>
        </div>
        <section class="headline" aria-label="Summary">
            <dl class="facts">
                {fact(format::duration(waterfall.total), "total")}
                {fact(format::count(waterfall.rows.len() as u64), plural(waterfall.rows.len(), "span", "spans"))}
                {fact(format::count(services.len() as u64), plural(services.len(), "service", "services"))}
                <div class={if errors > 0 { "bad" } else { "" }}>
                    <dd>{format::count(errors)}</dd>
                    <dt>{plural(errors as usize, "error", "errors")}</dt>
                </div>
            </dl>
            {waterfall.split.map(|split| stacked(split, waterfall))}
            <ul class="services" aria-label="Services">{chips}</ul>
            {error_links(trace, errors)}
        </section>
    }
}

fn plural(count: usize, one: &'static str, many: &'static str) -> &'static str {
    if count == 1 { one } else { many }
}

/// Where the time went, as one bar and one sentence.
fn stacked(split: Split, waterfall: &Waterfall) -> impl IntoView + use<> {
    let part = |class: &'static str, length: i64| {
        let style = format!("width:{:.3}%", waterfall.percent(length));
        (length > 0).then(|| view! { <i class=format!("part {class}") style=style></i> })
    };
    let word = |class: &'static str, words: String| {
        view! { <span><i class=format!("key {class}") aria-hidden="true"></i>{words}</span> }
    };
    view! {
        <div class="split" title="On the network: the ways there and back, and downloads, as the browser measured them">
            <div class="stack" aria-hidden="true">
                {part("network", split.network)} {part("server", split.server)} {part("browser", split.browser)}
            </div>
            <p>
                {word(
                    "network",
                    format!("network {} of {}", format::duration(split.network), format::duration(waterfall.total)),
                )}
                " · " {word("server", format!("server {}", format::duration(split.server)))}
                " · " {word("browser", format!("browser {}", format::duration(split.browser)))}
            </p>
        </div>
    }
}

fn error_links(trace: &Trace, errors: u64) -> Option<impl IntoView + use<>> {
    let rows = trace.waterfall.rows.iter().enumerate();
    let links: Vec<_> = rows
        .filter_map(|(index, row)| Some((index, row, row.error()?)))
        .take(MAX_ERRORS)
        .map(|(index, row, words)| {
            let page = href::trace_page(&trace.trace_id, index / ROWS_PER_PAGE + 1);
            let href = format!("{page}#{}", href::span_anchor(row.id()));
            view! { <li><a href=href>{row.name().to_owned()}</a> " " <span class="words">{words}</span></li> }
        })
        .collect();
    let more = errors.saturating_sub(links.len() as u64);
    let more = (more > 0).then(|| view! { <li>{format!("and {} more", format::count(more))}</li> });
    (!links.is_empty()).then(|| {
        view! {
            <div class="failures">
                <h2>"What went wrong"</h2>
                <ul>{links} {more}</ul>
            </div>
        }
    })
}

fn waterfall(trace: &Trace) -> impl IntoView + use<> {
    let waterfall = &trace.waterfall;
    let ticks: Vec<_> = [0, 25, 50, 75, 100]
        .into_iter()
        .map(|percent| {
            let at = format::duration(waterfall.total * percent / 100);
            view! { <span style=format!("left:{percent}%")>{at}</span> }
        })
        .collect();
    let first = (trace.number - 1) * ROWS_PER_PAGE;
    let rows: Vec<_> = waterfall
        .rows
        .iter()
        .skip(first)
        .take(ROWS_PER_PAGE)
        .enumerate()
        .map(|(index, row)| row::view(waterfall, row, first + index))
        .collect();
    let legend = waterfall.rows.iter().any(|row| row.phases.is_some()).then(|| {
        let key = |class: &'static str, words: &'static str| {
            view! { <li><i class=format!("key {class}") aria-hidden="true"></i>{words}</li> }
        };
        view! {
            <ul class="legend" aria-label="Parts of a fetch">
                {key("network", "on the network")} {key("server", "in the server")} {key("browser", "waiting in the browser")}
            </ul>
        }
    });
    view! {
        <section class="waterfall" aria-labelledby="waterfall">
            <div class="bar-heading">
                <h2 id="waterfall">"Waterfall"</h2>
                {legend}
            </div>
            <div class="scroll" role="region" aria-label="Waterfall, scrolls sideways" tabindex="0">
                <table>
                    <caption class="hidden">
                        "Spans as a tree: under each span those that it caused. Open a span to see all its fields."
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
        </section>
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
