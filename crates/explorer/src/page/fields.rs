//! Everything that is known of a span: times, fields, events, links. Plain text, so that it can be selected and copied.

use crate::page::{colour, service};
use crate::waterfall::{Detail, is_exception};
use crate::{HoneycombPlace, format, href};
use honeycomb::{Event, column};
use leptos::prelude::*;
use trace_wire::attribute;

/// The span that is chosen, by its id; nothing is known of one that is not (yet) in the trace.
pub(crate) fn view(
    trace_id: &str,
    (span_id, detail): &(String, Option<Detail>),
    honeycomb: Option<&HoneycombPlace>,
) -> AnyView {
    let close = view! {
        <a class="button quiet close" href=href::trace(trace_id) data-act="close" aria-label="Close the fields">"×"</a>
    };
    let Some(detail) = detail else {
        return view! {
            <div class="panel">
                <header><h2>"This span is not here (yet)"</h2> {close}</header>
                <p class="id">{span_id.clone()}</p>
                <p>
                    "A span arrives up to a second after it has ended: wait a second and load the page again. If it still is \
                     not there, the id may be wrong, or newer spans have taken its place."
                </p>
            </div>
        }
        .into_any();
    };
    let name = match detail.text(column::NAME) {
        "" => "(no name)",
        name => name,
    };
    let of_service = match detail.text(column::SERVICE_NAME) {
        "" => column::UNKNOWN_SERVICE,
        name => name,
    };
    let error = detail
        .error()
        .map(|words| view! { <p class="error words">{words.to_owned()}</p> });
    let times = format!(
        "Starts at +{} and takes {} ({:.1} % of the trace), of which {} itself.",
        format::duration(detail.offset),
        format::duration(detail.duration),
        detail.share(),
        format::duration(detail.self_time),
    );
    let annotations: Vec<_> = detail
        .annotations
        .iter()
        .map(|event| annotation(event, Some(detail.span.time_unix_nano)))
        .collect();
    let annotations = (!annotations.is_empty()).then(|| {
        view! {
            <h3>"Events and links"</h3>
            <ul class="annotations">{annotations}</ul>
        }
    });
    let json = href::span_json(trace_id, span_id);
    let honeycomb = honeycomb.map(|place| {
        let start = detail.span.time_unix_nano.saturating_sub(detail.offset);
        let end = start.saturating_add(detail.total);
        let href = place.trace(of_service, trace_id, Some(span_id), start, end);
        view! { <a href=href rel="external noreferrer">"Open in Honeycomb"</a> }
    });
    view! {
        <div class="panel">
            <header><h2>{name.to_owned()}</h2> {close}</header>
            <p>{service(of_service)} " " <span class="meta">{detail.text(column::SPAN_KIND).to_owned()}</span></p>
            {error}
            <p>{times}</p>
            {phases(detail)}
            {relatives(trace_id, detail)}
            <p class="actions">
                <button type="button" class="small scripted-only" data-copy-link=href::span(trace_id, span_id)>"Copy link"</button>
                <button type="button" class="small scripted-only" data-copy-from=json.clone()>"Copy as JSON"</button>
                <a href=json>"JSON"</a>
                {honeycomb}
            </p>
            <h3>"Fields"</h3>
            {columns(&detail.span)}
            {annotations}
        </div>
    }
    .into_any()
}

/// Where a fetch's time went, each with the pattern that it has in the bar.
fn phases(detail: &Detail) -> Option<impl IntoView + use<>> {
    let phases = detail.phases.as_ref()?;
    let (class, style) = colour(detail.text(column::SERVICE_NAME), false);
    let words: Vec<_> = phases
        .words()
        .into_iter()
        .map(|(name, length)| {
            let pattern = match name {
                "server" | "browser" => name,
                _ => "network",
            };
            view! {
                <div>
                    <dt><i class=format!("key {pattern}") aria-hidden="true"></i>{name}</dt>
                    <dd>{format::duration(length)}</dd>
                </div>
            }
        })
        .collect();
    Some(view! { <dl class=format!("parts {class}") style=style>{words}</dl> })
}

/// What caused the span, and how many it caused.
fn relatives(trace_id: &str, detail: &Detail) -> impl IntoView + use<> {
    let cause = match &detail.parent {
        None => view! { "Nothing in this trace caused it: it is a root." }.into_any(),
        Some((id, None)) => view! { "Caused by a span that is not here: " <code>{id.clone()}</code> "." }.into_any(),
        Some((id, Some(name))) => view! {
            "Caused by " <a href=href::span(trace_id, id) data-span=id.clone()>{name.clone()}</a> "."
        }
        .into_any(),
    };
    let caused = match detail.children {
        0 => String::new(),
        count => format!(" It caused {}.", format::counted(count as u64, "span")),
    };
    view! { <p>{cause} {caused}</p> }
}

/// An event or a link with its fields. `span_start` is that of the span that it is shown with.
pub(super) fn annotation(event: &Event, span_start: Option<i64>) -> AnyView {
    let time = match span_start {
        Some(start) => format!("+{}", format::duration(event.time_unix_nano.saturating_sub(start))),
        None => format::moment(event.time_unix_nano),
    };
    let class = if is_exception(event) { "failed" } else { "" };
    let what = match event.str(column::LINK_TRACE_ID) {
        Some(trace_id) => {
            let span_id = event.str(column::LINK_SPAN_ID).unwrap_or_default();
            let href = href::span(trace_id, span_id);
            view! { <a href=href>"Link to another trace"</a> }.into_any()
        }
        None => {
            let name = event.str(column::NAME).unwrap_or("(no name)").to_owned();
            view! { <strong>{name}</strong> <span class="meta">{time}</span> }.into_any()
        }
    };
    view! { <li class=class>{what} {columns(event)}</li> }.into_any()
}

fn columns(event: &Event) -> impl IntoView + use<> {
    let rows: Vec<_> = event
        .columns()
        .map(|(name, value)| {
            let text = value.to_string();
            let similar = filter_field(name).map(|field| {
                let title = format!("Traces with this {name}");
                view! { " " <a class="similar" href=href::traces_with(field, &text) title=title>"find more"</a> }
            });
            let copy = format!("Copy {name}");
            view! {
                <div>
                    <dt>{name.to_owned()}</dt>
                    <dd>
                        <code>{text}</code>
                        {similar}
                        <button type="button" class="copy scripted-only" data-copy="" aria-label=copy.clone() title=copy>"copy"</button>
                    </dd>
                </div>
            }
            .into_any()
        })
        .collect();
    view! { <dl class="columns">{rows}</dl> }
}

/// The filter that looks at a column.
fn filter_field(name: &str) -> Option<&'static str> {
    match name {
        column::SERVICE_NAME => Some("service"),
        attribute::HTTP_ROUTE => Some("route"),
        attribute::USER_ID | attribute::USER_NAME => Some("user"),
        _ => None,
    }
}
