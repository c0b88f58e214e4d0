//! One span in the waterfall. Its name is a link that chooses it: its fields stand beside the table then.
//!
//! `assets/trace-rows.js` makes the same row where there is JavaScript; the stylesheet knows only one.

use super::colour;
use crate::waterfall::{Guide, Phase, Row, Waterfall};
use crate::{format, href};
use leptos::prelude::*;

/// Why a row stands out.
pub(super) struct Marks {
    pub(super) is_chosen: bool,
    pub(super) is_found: bool,
}

pub(super) fn view(trace_id: &str, waterfall: &Waterfall, row: &Row, marks: Marks) -> AnyView {
    let anchor = row.place.first_of_id.then(|| href::span_anchor(row.id()));
    let error = row.error();
    let (class, style) = colour(row.service(), row.is_database());
    let mut class = format!("span {class}");
    for (is, name) in [
        (error.is_some(), " failed"),
        (marks.is_chosen, " chosen"),
        (marks.is_found, " found"),
    ] {
        class.push_str(if is { name } else { "" });
    }
    let name = match row.name() {
        "" => "(no name)",
        name => name,
    };
    let guides: Vec<_> = row
        .place
        .guides
        .iter()
        .map(|guide| view! { <i class=guide_class(*guide)></i> })
        .collect();
    let level = format!("level {}", row.place.depth + 1);
    let badges: Vec<_> = [
        (row.place.parent_missing, "parent missing"),
        (row.is_synthetic(), "synthetic"),
        (row.is_incomplete(), "incomplete"),
        (row.before_parent, "before its parent"),
        (row.has_links, "link"),
    ]
    .into_iter()
    .filter(|(is, _)| *is)
    .map(|(_, words)| view! { <span class="badge">{words}</span> })
    .collect();
    let mark = error.map(|words| {
        let spoken = format!(": {words}");
        view! { <span class="error" title=words.to_owned()>"error" <span class="hidden">{spoken}</span></span> }
    });
    let words = row.phases.as_ref().map(|phases| {
        let words: Vec<_> = phases
            .words()
            .into_iter()
            .map(|(name, length)| format!("{name} {}", format::duration(length)))
            .collect();
        words.join(" · ")
    });
    view! {
        <tr class=class id=anchor style=style aria-current=marks.is_chosen.then_some("true")>
            <th scope="row" class="name">
                <div>
                    <span class="guides" aria-hidden="true">{guides}</span>
                    <a class="label" href=href::span(trace_id, row.id()) title=name.to_owned()>
                        <span class="hidden">{level}" "</span>
                        {name.to_owned()}
                    </a>
                    {mark}
                    {badges}
                </div>
            </th>
            <td class="service-name"><span class="service">{row.service().to_owned()}</span></td>
            <td class="number start">{format!("+{}", format::duration(row.offset))}</td>
            <td class="number duration">{format::duration(row.duration)}</td>
            <td class="time">
                {bar(waterfall, row)}
                {words.map(|words| view! { <p class="phases">{words}</p> })}
            </td>
        </tr>
    }
    .into_any()
}

fn guide_class(guide: Guide) -> &'static str {
    match guide {
        Guide::Space => "",
        Guide::Line => "line",
        Guide::Tee => "tee",
        Guide::Corner => "corner",
    }
}

fn bar(waterfall: &Waterfall, row: &Row) -> impl IntoView + use<> {
    let left = waterfall.percent(row.offset);
    let style = format!("left:{left:.3}%;width:{:.3}%", waterfall.percent(row.duration));
    let title = format!(
        "starts at +{}, takes {}, of which {} itself; {:.1} % of the trace",
        format::duration(row.offset),
        format::duration(row.duration),
        format::duration(row.self_time),
        waterfall.percent(row.duration),
    );
    let parts: Option<Vec<_>> = row.phases.as_ref().map(|phases| {
        let whole = row.duration.max(1) as f64;
        let part = |(phase, length): &(Phase, i64)| {
            let style = format!("width:{:.3}%", 100.0 * *length as f64 / whole);
            view! { <i class=format!("part {}", phase_class(*phase)) style=style></i> }
        };
        phases.parts.iter().map(part).collect()
    });
    let marks: Vec<_> = row
        .marks
        .iter()
        .map(|mark| {
            let at = waterfall.percent(mark.offset).clamp(0.0, 100.0);
            let class = if mark.is_exception { "mark failed" } else { "mark" };
            view! { <i class=class style=format!("left:{at:.3}%")></i> }
        })
        .collect();
    let class = if parts.is_some() { "bar fetch" } else { "bar" };
    view! {
        <div class="track" aria-hidden="true" title=title>
            <div class=class style=style>{parts}</div>
            {marks}
        </div>
    }
}

fn phase_class(phase: Phase) -> &'static str {
    match phase {
        Phase::Browser => "browser",
        Phase::Network => "network",
        Phase::Server => "server",
        Phase::Wait => "wait",
    }
}
