//! The table of traces.

use super::{List, moment, service};
use crate::{format, href};
use leptos::prelude::*;
use std::time::SystemTime;
use trace_store::TraceSummary;

/// So many services are named beside the trace's own.
const MAX_SERVICES: usize = 4;
/// What the column says.
const NETWORK: &str = "On the network: what its fetches say (timing.network_ms), and the share of the duration";

pub(super) fn view(list: &List) -> impl IntoView + use<> {
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
                    <th role="columnheader" scope="col" class="number" title=NETWORK>"Network"</th>
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
    let mut others = trace.services.iter().filter(|other| **other != trace.service);
    let shown: Vec<_> = others.by_ref().take(MAX_SERVICES).map(|other| service(other)).collect();
    let more: Vec<_> = others.map(|other| &**other).collect();
    let more = (!more.is_empty()).then(|| {
        let names = more.join(", ");
        view! {
            <span class="more" title=names>
                {format!("+{}", more.len())} <span class="hidden">{format!(" more: {names}")}</span>
            </span>
        }
    });
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
        <tr role="row" data-trace=trace.trace_id.to_string()>
            <th role="rowheader" scope="row" class="trace">
                <a href=href::trace(&trace.trace_id)>{name.to_owned()}</a>
                <span class="services">{service(&trace.service)} {shown} {more}</span>
            </th>
            <td role="cell" class="person">{person}</td>
            <td role="cell" class="when">{moment(trace.time_unix_nano, now)}</td>
            <td role="cell" class="number duration">
                <span>{format::milliseconds(trace.duration_ms)}</span>
                <span class="share" aria-hidden="true"><i style=format!("width:{share:.1}%")></i></span>
            </td>
            <td role="cell" class="number network">{network(trace)}</td>
            <td role="cell" class="number spans">{format::count(trace.span_count)}</td>
            <td role="cell" class="errors">{errors}</td>
        </tr>
    }
}

/// The time on the network and its share. Fetches that overlap count each, so that together they may take longer than the
/// trace: no more than all of it is said.
fn network(trace: &TraceSummary) -> Option<impl IntoView + use<>> {
    let network = trace.network_ms?;
    let share = match trace.duration_ms > 0.0 {
        true => (100.0 * network / trace.duration_ms).clamp(0.0, 100.0),
        false => 0.0,
    };
    Some(view! {
        <span>{format::milliseconds(network)}</span>
        <span class="percent">{format!("{share:.0} %")}</span>
    })
}
