//! How long the traces take that match: a histogram whose bars are links, each to the traces of its duration. With the
//! script a range of them filters, by dragging and by keyboard.

use super::List;
use crate::{format, href};
use leptos::prelude::*;
use trace_store::{LOOKED_AT, LatencyBucket, TraceFilter};

pub(super) fn view(list: &List) -> impl IntoView + use<> {
    let buckets = &list.latency.buckets;
    let total: u64 = buckets.iter().map(|bucket| bucket.traces).sum();
    let most = buckets.iter().map(|bucket| bucket.traces).max().unwrap_or_default();
    let filter = TraceFilter {
        cursor: None,
        ..list.filter.clone()
    };
    let bars: Vec<_> = buckets.iter().map(|bucket| bar(bucket, most, &filter)).collect();
    let ranged = filter.min_ms.is_some() || filter.max_ms.is_some();
    let any = ranged.then(|| {
        let filter = TraceFilter {
            min_ms: None,
            max_ms: None,
            ..filter.clone()
        };
        view! { <a href=href::traces(&filter)>"Any latency"</a> }
    });
    let words = match (ranged, total) {
        (_, 0) => "Nothing to measure yet.".to_owned(),
        (true, _) => format!("{}, of which those of {} are listed", traces(total), range(&filter)),
        (false, _) => traces(total),
    };
    let words = match list.latency.cut {
        true => format!(
            "{words}. Of the newest {} traces only, as is what the fields suggest",
            format::count(LOOKED_AT as u64)
        ),
        false => words,
    };
    let count = buckets.len().max(1) as f64;
    // A mark where a decade begins, and at the end.
    let decade = |ms: f64| ms > 0.0 && (ms.log10() - ms.log10().round()).abs() < 1e-9;
    let begins = buckets
        .iter()
        .enumerate()
        .map(|(index, bucket)| (index, Some(bucket.from_ms)));
    let ends = buckets.last().map(|bucket| (buckets.len(), bucket.to_ms));
    let ticks: Vec<_> = begins
        .chain(ends)
        .filter_map(|(index, ms)| Some((index, ms.filter(|ms| decade(*ms))?)))
        .map(|(index, ms)| {
            let style = format!("left:{:.3}%", 100.0 * index as f64 / count);
            view! { <span style=style>{format::edge(ms)}</span> }
        })
        .collect();
    view! {
        <section class="latency" id="latency" aria-labelledby="latency-heading">
            <div class="bar-heading">
                <h2 id="latency-heading">"Latency"</h2>
                <p class="meta" id="latency-words">{words}</p>
                // Shown by the script, which makes it true.
                <p class="meta" id="latency-hint" hidden>{(total > 0).then_some("Drag over the bars to filter.")}</p>
                <p class="meta" id="latency-range" role="status"></p>
                {any}
            </div>
            <div class="histogram" role="group" aria-labelledby="latency-heading" aria-describedby="latency-words">
                <span class="most" aria-hidden="true">{(most > 0).then(|| traces(most))}</span>
                <ol class="bars">{bars}</ol>
                <p class="ticks" aria-hidden="true">{ticks}</p>
            </div>
        </section>
    }
}

fn bar(bucket: &LatencyBucket, most: u64, filter: &TraceFilter) -> impl IntoView + use<> {
    let of = TraceFilter {
        min_ms: (bucket.from_ms > 0.0).then_some(bucket.from_ms),
        max_ms: bucket.to_ms,
        ..filter.clone()
    };
    let name = match bucket.errors {
        0 => format!("{}: {}", range(&of), traces(bucket.traces)),
        errors => format!(
            "{}: {}, {} with errors",
            range(&of),
            traces(bucket.traces),
            format::count(errors)
        ),
    };
    // The filter takes both ends in.
    let chosen = filter.min_ms.is_none_or(|min| bucket.to_ms.is_none_or(|to| to > min))
        && filter.max_ms.is_none_or(|max| bucket.from_ms < max);
    let height = |count: u64| format!("height:{:.2}%", 100.0 * count as f64 / most.max(1) as f64);
    let well = bucket.traces - bucket.errors;
    let column = (bucket.traces > 0).then(|| {
        view! {
            <a href=href::traces(&of) aria-label=name.clone() title=name draggable="false">
                {(bucket.errors > 0).then(|| view! { <i class="failed" style=height(bucket.errors)></i> })}
                {(well > 0).then(|| view! { <i style=height(well)></i> })}
            </a>
        }
    });
    view! {
        <li
            class=if chosen { "" } else { "out" }
            data-from=bucket.from_ms.to_string()
            data-to=bucket.to_ms.map(|to| to.to_string())
            data-traces=bucket.traces.to_string()
        >
            {column}
        </li>
    }
}

fn traces(count: u64) -> String {
    format::counted(count, "trace")
}

/// The durations that a filter asks for.
fn range(filter: &TraceFilter) -> String {
    match (filter.min_ms, filter.max_ms) {
        (Some(min), Some(max)) => format!("{} to {}", format::edge(min), format::edge(max)),
        (Some(min), None) => format!("{} or more", format::edge(min)),
        (None, Some(max)) => format!("up to {}", format::edge(max)),
        (None, None) => "any duration".to_owned(),
    }
}
