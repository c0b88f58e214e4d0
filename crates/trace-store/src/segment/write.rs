//! From rows to a segment.

use super::data::DataWriter;
use super::error::SegmentError;
use super::services::Services;
use super::summaries::{Entry, SummaryWriter};
use super::{DATA, Effort, Name, SUMMARY, Segment};
use crate::columns::Columns;
use crate::fragment::{Fragment, orphan};
use crate::row::{Found, KIND, Key};
use crate::rows;
use foldhash::fast::RandomState;
use honeycomb::Event;
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// Rows that are arrays at a time: with hundreds of columns that each of them has once, they are mostly nulls.
const BATCH: usize = 4096;

/// Rows of a block, about. Those of a block's traces lie together by service and kind: what a kind of span has as attributes
/// and another has not then comes in runs, which take next to nothing. As many have to be looked through to read one trace.
const BLOCK: usize = 4096;

/// Writes rows (at least one), in the order in which they came, and opens what was written.
pub(crate) fn write(
    folder: &Path,
    name: Name,
    columns: &Columns,
    events: &[Event],
    position: u64,
) -> Result<Segment, SegmentError> {
    let traces = traces(events);
    let blocks = blocks(&traces);
    let mut order: Vec<&Event> = Vec::with_capacity(events.len());
    let mut found = Found::default();
    for block in &blocks {
        let start = order.len();
        order.extend(block.iter().flat_map(|trace| trace.rows.iter().copied()));
        order[start..].sort_by_cached_key(|event| {
            let row = found.row(event);
            KIND.map(|key| row.str(key))
        });
    }

    let present = rows::present(columns, events.iter());
    let present = present.iter().enumerate().filter(|(_, present)| **present);
    let schema = Arc::new(columns.schema(present.map(|(at, _)| at)));
    let mut data = DataWriter::create(&name.path(folder, DATA), &schema, Effort::Quick)?;
    for chunk in order.chunks(BATCH) {
        data.write(&rows::whole(columns, &schema, chunk)?)?;
    }
    let times = events.iter().map(|event| event.time_unix_nano);
    let times = (times.clone().min().unwrap_or_default(), times.max().unwrap_or_default());
    let data = data.finish(position, times, &Services::of(columns, events))?;

    let mut first_row = 0;
    let mut entries: Vec<Entry> = Vec::with_capacity(traces.len());
    for block in &blocks {
        let rows = block.iter().map(|trace| trace.rows.len()).sum();
        for trace in *block {
            let Some(id) = &trace.id else { continue };
            entries.push(Entry {
                orphan: match trace.fragment.root.0 {
                    None => orphan(|| trace.rows.iter().copied()),
                    Some(_) => None,
                },
                id: Arc::clone(id),
                fragment: trace.fragment.clone(),
                first_row,
                rows,
                again: false,
            });
        }
        first_row += rows;
    }
    entries.sort_by(|a, b| b.order().cmp(&a.order()));
    let mut summary = SummaryWriter::create(&name.path(folder, SUMMARY), entries.len(), Effort::Quick)?;
    for chunk in entries.chunks(BATCH) {
        summary.write(chunk)?;
    }
    let summary = summary.finish()?;
    commit(folder, name, &data, &summary)?;
    Segment::open(folder, name)
}

/// Gives two whole files their names.
pub(super) fn commit(folder: &Path, name: Name, data: &Path, summary: &Path) -> Result<(), SegmentError> {
    fs::rename(summary, name.path(folder, SUMMARY))?;
    fs::rename(data, name.path(folder, DATA))?;
    super::sync_folder(folder)
}

/// The rows of one trace by time, or a row of none.
struct Trace<'a> {
    id: Option<Arc<str>>,
    fragment: Fragment,
    rows: Vec<&'a Event>,
}

/// Whole traces that follow on one another, in blocks of at least [`BLOCK`] rows but for the last.
fn blocks<'a, 'b>(mut traces: &'b [Trace<'a>]) -> Vec<&'b [Trace<'a>]> {
    let mut blocks = Vec::new();
    while !traces.is_empty() {
        let mut rows = 0;
        let full = traces.iter().position(|trace| {
            rows += trace.rows.len();
            rows >= BLOCK
        });
        let (block, rest) = traces.split_at(full.map_or(traces.len(), |last| last + 1));
        blocks.push(block);
        traces = rest;
    }
    blocks
}

/// Trace by trace, the earliest first: what belongs together is read together, and compresses.
fn traces(events: &[Event]) -> Vec<Trace<'_>> {
    let mut traces: Vec<Trace<'_>> = Vec::new();
    let mut places: HashMap<Arc<str>, usize, RandomState> = HashMap::default();
    let mut found = Found::default();
    for event in events {
        let row = found.row(event);
        let id = row.text(Key::TraceId);
        let place = id
            .as_ref()
            .and_then(|id| places.get(id).copied())
            .unwrap_or(traces.len());
        if place == traces.len() {
            if let Some(id) = &id {
                places.insert(Arc::clone(id), place);
            }
            traces.push(Trace {
                id,
                fragment: Fragment::default(),
                rows: Vec::new(),
            });
        }
        traces[place].fragment.add(&row);
        traces[place].rows.push(event);
    }
    for trace in &mut traces {
        trace.rows.sort_by_key(|event| event.time_unix_nano);
    }
    traces.sort_by_key(|trace| trace.rows.first().map(|event| event.time_unix_nano));
    traces
}
