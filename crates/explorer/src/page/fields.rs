//! Everything that is known of a span: times, fields, events, links. Plain text, so that it can be selected and copied.

use crate::waterfall::{Row, Waterfall};
use crate::{format, href};
use honeycomb::{Event, column};
use leptos::prelude::*;
use trace_wire::attribute;

pub(super) fn view(waterfall: &Waterfall, row: &Row) -> impl IntoView + use<> {
    let error = row.error().map(|words| view! { <p class="error words">{words}</p> });
    let times = format!(
        "Starts at +{} and takes {} ({:.1} % of the trace), of which {} itself.",
        format::duration(row.offset),
        format::duration(row.duration),
        waterfall.percent(row.duration),
        format::duration(row.self_time),
    );
    let annotations: Vec<_> = row
        .annotations
        .iter()
        .map(|event| annotation(event, Some(row.span.time_unix_nano)))
        .collect();
    let annotations = (!annotations.is_empty()).then(|| {
        view! {
            <h3>"Events and links"</h3>
            <ul class="annotations">{annotations}</ul>
        }
    });
    view! {
        <div class="panel">
            {error}
            <p>{times}</p>
            {columns(&row.span)}
            {annotations}
        </div>
    }
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
            let href = format!("{}#{}", href::trace(trace_id), href::span_anchor(span_id));
            view! { <a href=href>"Link to another trace"</a> }.into_any()
        }
        None => {
            let name = event.str(column::NAME).unwrap_or("(no name)").to_owned();
            view! { <strong>{name}</strong> <span class="meta">{time}</span> }.into_any()
        }
    };
    view! { <li class=class>{what} {columns(event)}</li> }.into_any()
}

/// Every event of a failed span has its `error`; what went wrong is told by the exceptions.
pub(super) fn is_exception(event: &Event) -> bool {
    event.is_error() && event.str(column::NAME) == Some(column::EXCEPTION)
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
            view! { <div><dt>{name.to_owned()}</dt><dd><code>{text}</code>{similar}</dd></div> }.into_any()
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
