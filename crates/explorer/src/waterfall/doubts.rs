//! What is not certain about a trace: it is shown, not hidden.

use super::{Row, Waterfall};
use honeycomb::Event;
use std::collections::BTreeMap;
use trace_wire::attribute;

/// How many spans a doubt is about, and how far clocks may be off.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Doubts {
    /// Spans whose parent is not there.
    pub(crate) missing_parents: u64,
    /// Spans that the server made in place of the page's.
    pub(crate) synthetic: u64,
    /// Spans that were open when their page went away.
    pub(crate) incomplete: u64,
    /// Spans that start before the one that caused them.
    pub(crate) before_parent: u64,
    /// By service whose times were moved onto the server's clock: by how much, and the largest error that is left. Both
    /// in milliseconds.
    pub(crate) moved: BTreeMap<String, (f64, f64)>,
}

impl Doubts {
    pub(crate) fn of(waterfall: &Waterfall) -> Self {
        let count = |has: fn(&Row) -> bool| waterfall.rows.iter().filter(|row| has(row)).count() as u64;
        let mut moved = BTreeMap::new();
        for row in &waterfall.rows {
            let stated = |name| row.span.number(name).filter(|ms| ms.is_finite());
            let (Some(offset), Some(error)) = (stated(attribute::CLOCK_OFFSET_MS), stated(attribute::CLOCK_ERROR_MS))
            else {
                continue;
            };
            let most = moved.entry(row.service().to_owned()).or_insert((offset, error));
            if error > most.1 {
                *most = (offset, error);
            }
        }
        Self {
            missing_parents: count(|row| row.place.parent_missing),
            synthetic: count(Row::is_synthetic),
            incomplete: count(Row::is_incomplete),
            before_parent: count(|row| row.before_parent),
            moved,
        }
    }
}

/// Times in columns have a resolution, and so have clocks.
const RESOLUTION_MS: f64 = 0.01;

/// Whether a span starts before the one that caused it, by more than both say that their clocks may be off.
pub(super) fn is_before(span: &Event, parent: &Event) -> bool {
    let error = |span: &Event| {
        span.number(attribute::CLOCK_ERROR_MS)
            .filter(|ms| *ms >= 0.0)
            .unwrap_or_default()
    };
    let early_ms = parent.time_unix_nano.saturating_sub(span.time_unix_nano) as f64 / 1e6;
    early_ms > error(span) + error(parent) + RESOLUTION_MS
}
