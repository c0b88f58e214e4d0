//! One span in the waterfall, and the row below it that shows its fields when it is opened.
//!
//! The row is opened by a `<details>` in its first cell: the stylesheet shows the row below while it is open. So it works
//! without JavaScript, and the waterfall stays a real table. A span that an address leads to (`#span-…`) is highlighted.

use super::{colour, fields};
use crate::waterfall::{Guide, Phase, Row, Waterfall};
use crate::{format, href};
use leptos::prelude::*;

/// So many events are marked on a bar.
const MAX_MARKS: usize = 50;

pub(super) fn view(waterfall: &Waterfall, row: &Row, index: usize) -> AnyView {
    let anchor = row.place.first_of_id.then(|| href::span_anchor(row.id()));
    let fields_id = format!("fields-{index}");
    let error = row.error();
    let (class, style) = colour(row.service(), row.is_database());
    let class = format!("span {class}{}", if error.is_some() { " failed" } else { "" });
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
    let missing = row
        .place
        .parent_missing
        .then(|| view! { <span class="badge">"parent missing"</span> });
    let mark = error.map(|words| {
        let spoken = format!(": {words}");
        view! { <span class="error" title=words>"error" <span class="hidden">{spoken}</span></span> }
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
        <tr class=class id=anchor style=style.clone()>
            <th scope="row" class="name">
                <div>
                    <span class="guides" aria-hidden="true">{guides}</span>
                    <details>
                        <summary aria-controls=fields_id.clone() title=name.to_owned()>
                            <span class="hidden">{level}" "</span>
                            <span class="label">{name.to_owned()}</span>
                        </summary>
                    </details>
                    {mark}
                    {missing}
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
        <tr class="fields" id=fields_id style=style>
            <td colspan="5">{fields::view(waterfall, row)}</td>
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
        .annotations
        .iter()
        .filter(|annotation| annotation.number(honeycomb::column::TIME_SINCE_SPAN_START_MS).is_some())
        .take(MAX_MARKS)
        .map(|event| {
            let at = waterfall
                .percent(event.time_unix_nano.saturating_sub(waterfall.start))
                .clamp(0.0, 100.0);
            let class = if fields::is_exception(event) {
                "mark failed"
            } else {
                "mark"
            };
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
