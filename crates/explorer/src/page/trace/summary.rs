//! The headline: how much there is, where the time went, what failed, and what is not certain.

use super::{ROWS_PER_PAGE, Trace};
use crate::page::service;
use crate::waterfall::{Doubts, Split, Waterfall};
use crate::{format, href};
use leptos::prelude::*;

/// So many spans are named in a list of the headline.
const MAX_LINKS: usize = 10;

pub(super) fn view(trace: &Trace) -> impl IntoView + use<> {
    let waterfall = &trace.waterfall;
    let services = waterfall.services();
    let fact = |value: String, what: &'static str| view! { <div><dt>{what}</dt><dd>{value}</dd></div> };
    let errors = waterfall.errors().count() as u64;
    let chips: Vec<_> = services
        .iter()
        .map(|(name, count)| view! { <li>{service(name)} <span class="meta">{format::counted(*count, "span")}</span></li> })
        .collect();
    view! {
        <section class="headline" aria-label="Summary">
            <dl class="facts">
                {fact(format::duration(waterfall.total), "total")}
                {fact(format::count(waterfall.rows.len() as u64), plural(waterfall.rows.len(), "span", "spans"))}
                {fact(format::count(services.len() as u64), plural(services.len(), "service", "services"))}
                <div class={if errors > 0 { "bad" } else { "" }}>
                    <dt>{plural(errors as usize, "error", "errors")}</dt>
                    <dd>{format::count(errors)}</dd>
                </div>
            </dl>
            {waterfall.split.map(|split| stacked(split, waterfall))}
            <ul class="services" aria-label="Services">{chips}</ul>
            {failures(trace, errors)}
            {doubts(&Doubts::of(waterfall))}
        </section>
    }
}

pub(super) fn plural(count: usize, one: &'static str, many: &'static str) -> &'static str {
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
        <div class="split" title="Each moment counts once; of fetches at the same time, the one that ends last">
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

fn failures(trace: &Trace, errors: u64) -> Option<impl IntoView + use<>> {
    let links: Vec<_> = trace
        .waterfall
        .errors()
        .filter_map(|row| Some((row, row.error()?)))
        .take(MAX_LINKS)
        .map(|(row, words)| {
            let href = href::span(&trace.trace_id, row.id());
            view! {
                <li>
                    <a href=href data-span=row.id().to_owned()>{row.name().to_owned()}</a> " "
                    <span class="words">{words.to_owned()}</span>
                </li>
            }
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

/// Spans that were found, as links: on whichever page they are.
pub(super) fn found(trace: &Trace) -> Option<impl IntoView + use<>> {
    let search = trace.search.as_ref()?;
    let mut rows = trace
        .waterfall
        .rows
        .iter()
        .filter(|row| search.found.contains(row.id()));
    let links: Vec<_> = rows
        .by_ref()
        .take(MAX_LINKS)
        .map(|row| view! { <li><a href=href::span(&trace.trace_id, row.id())>{row.name().to_owned()}</a></li> })
        .collect();
    let more = rows.count() as u64;
    let more = (more > 0).then(|| {
        view! { <li>{format!("and {} more, marked among the {ROWS_PER_PAGE} spans of their page", format::count(more))}</li> }
    });
    Some(view! { <ul class="matches">{links} {more}</ul> })
}

fn doubts(doubts: &Doubts) -> Option<impl IntoView + use<>> {
    let Doubts {
        missing_parents,
        synthetic,
        incomplete,
        before_parent,
        moved,
    } = doubts;
    let spans = |count: u64, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 span {one}")),
        _ => Some(format!("{} spans {many}", format::count(count))),
    };
    let about = [
        spans(
            *missing_parents,
            "names a parent that is not here (yet): it stands at the top, marked “parent missing”.",
            "name a parent that is not here (yet): they stand at the top, marked “parent missing”.",
        ),
        spans(
            *synthetic,
            "is synthetic: the page’s own did not come, so the server made it from its own times.",
            "are synthetic: the page’s own did not come, so the server made them from its own times.",
        ),
        spans(
            *incomplete,
            "is incomplete: it was still open when its page went away, and ends there.",
            "are incomplete: they were still open when their page went away, and end there.",
        ),
        spans(
            *before_parent,
            "starts before the span that caused it: clocks differ by more than they say.",
            "start before the spans that caused them: clocks differ by more than they say.",
        ),
    ];
    let clocks = moved.iter().map(|(service, (offset, error))| {
        let sign = if *offset < 0.0 { "−" } else { "+" };
        format!(
            "Times of {service} were moved by {sign}{} onto the server’s clock; they may be off by ±{}.",
            format::milliseconds(offset.abs()),
            format::milliseconds(*error)
        )
    });
    let lines: Vec<_> = about
        .into_iter()
        .flatten()
        .chain(clocks)
        .map(|line| view! { <li>{line}</li> })
        .collect();
    (!lines.is_empty()).then(|| view! { <ul class="doubts" aria-label="What is not certain">{lines}</ul> })
}
