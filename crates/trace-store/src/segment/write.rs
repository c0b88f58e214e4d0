//! From rows to a segment.

use super::data::DataWriter;
use super::error::SegmentError;
use super::summaries::{Entry, SummaryWriter};
use super::{DATA, Name, SUMMARY, Segment};
use crate::columns::Columns;
use crate::fragment::{Fragment, orphan, text};
use crate::rows;
use honeycomb::{Event, column};
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// Rows that are arrays at a time: with hundreds of columns that each of them has once, they are mostly nulls.
const BATCH: usize = 4096;

/// Writes rows (at least one), in the order in which they came, and opens what was written.
pub(crate) fn write(
    folder: &Path,
    name: Name,
    columns: &Columns,
    events: &[Event],
    position: u64,
) -> Result<Segment, SegmentError> {
    let traces = traces(events);
    let order: Vec<&Event> = traces.iter().flat_map(|trace| trace.rows.iter().copied()).collect();

    let present = rows::present(columns, events.iter());
    let present = present.iter().enumerate().filter(|(_, present)| **present);
    let schema = Arc::new(columns.schema(present.map(|(at, _)| at)));
    let mut data = DataWriter::create(&name.path(folder, DATA), &schema)?;
    for chunk in order.chunks(BATCH) {
        data.write(&rows::whole(columns, &schema, chunk)?)?;
    }
    let times = events.iter().map(|event| event.time_unix_nano);
    let times = (times.clone().min().unwrap_or_default(), times.max().unwrap_or_default());
    let data = data.finish(position, times)?;

    let mut first_row = 0;
    let mut entries: Vec<Entry> = Vec::with_capacity(traces.len());
    for trace in traces {
        let rows = trace.rows.len();
        if let Some(id) = trace.id {
            let fragment = trace.fragment;
            entries.push(Entry {
                orphan: match fragment.root.0 {
                    None => orphan(|| trace.rows.iter().copied()),
                    Some(_) => None,
                },
                id,
                fragment,
                first_row,
                rows,
                again: false,
            });
        }
        first_row += rows;
    }
    entries.sort_by(|a, b| b.order().cmp(&a.order()));
    let mut summary = SummaryWriter::create(&name.path(folder, SUMMARY), entries.len())?;
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

/// Trace by trace, the earliest first: what belongs together is read together, and compresses.
fn traces(events: &[Event]) -> Vec<Trace<'_>> {
    let mut traces: Vec<Trace<'_>> = Vec::new();
    let mut places: HashMap<Arc<str>, usize> = HashMap::new();
    for event in events {
        let id = text(event, column::TRACE_ID);
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
        traces[place].fragment.add(event);
        traces[place].rows.push(event);
    }
    for trace in &mut traces {
        trace.rows.sort_by_key(|event| event.time_unix_nano);
    }
    traces.sort_by_key(|trace| trace.rows.first().map(|event| event.time_unix_nano));
    traces
}
