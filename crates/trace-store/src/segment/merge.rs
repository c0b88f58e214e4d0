//! One segment of several.
//!
//! The rows come one segment after the other, and so do the rows of a trace that lies in two of them: its summary then
//! stands twice, each with rows of its own, marked. So merging takes no more memory than reading does.

use super::data::DataWriter;
use super::error::SegmentError;
use super::summaries::{Entry, SummaryWriter};
use super::write::commit;
use super::{DATA, Name, SUMMARY, Segment};
use crate::columns::{Columns, OVERFLOW};
use datafusion::arrow::array::{ArrayRef, RecordBatch, new_null_array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use std::iter::Peekable;
use std::path::Path;
use std::sync::Arc;

/// Writes the rows of segments that follow on one another into one, and opens it. They are to be doomed then.
pub(crate) fn merge(folder: &Path, columns: &Columns, parts: &[Arc<Segment>]) -> Result<Segment, SegmentError> {
    let (Some(oldest), Some(newest)) = (parts.first(), parts.last()) else {
        return Err(SegmentError::damaged("there is nothing to merge"));
    };
    let name = Name {
        first: oldest.name.first,
        last: newest.name.last,
    };
    let schema = Arc::new(schema_of(columns, parts));
    let mut data = DataWriter::create(&name.path(folder, DATA), &schema)?;
    for part in parts {
        for batch in part.batches(batch_rows(part))? {
            data.write(&adapt(&batch?, &schema)?)?;
        }
    }
    let times = (
        parts.iter().map(|part| part.times.0).min().unwrap_or_default(),
        parts.iter().map(|part| part.times.1).max().unwrap_or_default(),
    );
    let data = data.finish(newest.position, times)?;

    let traces = parts.iter().map(|part| part.traces).sum();
    let mut summary = SummaryWriter::create(&name.path(folder, SUMMARY), traces)?;
    let mut entries = Vec::with_capacity(1024);
    for entry in merged(parts)? {
        entries.push(entry?);
        if entries.len() == entries.capacity() {
            summary.write(&entries)?;
            entries.clear();
        }
    }
    summary.write(&entries)?;
    let summary = summary.finish()?;
    commit(folder, name, &data, &summary)?;
    Segment::open(folder, name)
}

/// So many rows that they take a few megabytes.
fn batch_rows(part: &Segment) -> usize {
    ((4 << 20) / part.row_bytes.max(1)).clamp(16, 4096)
}

fn schema_of(columns: &Columns, parts: &[Arc<Segment>]) -> Schema {
    let has = |name: &str| parts.iter().any(|part| part.schema.index_of(name).is_ok());
    columns.schema((0..columns.len()).filter(|at| has(columns.name(*at))))
}

/// The batch with all columns of the schema, in its order and of its types.
fn adapt(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, SegmentError> {
    let arrays = schema.fields().iter().map(|field| -> Result<ArrayRef, SegmentError> {
        match batch.column_by_name(field.name()) {
            Some(array) if array.data_type() == field.data_type() => Ok(Arc::clone(array)),
            Some(array) => Ok(cast(array, field.data_type())?),
            None => Ok(new_null_array(field.data_type(), batch.num_rows())),
        }
    });
    let arrays = arrays.collect::<Result<_, _>>()?;
    debug_assert!(schema.index_of(OVERFLOW).is_ok());
    Ok(RecordBatch::try_new(SchemaRef::clone(schema), arrays)?)
}

/// The summaries of all parts, the latest start first, with the rows where they will be.
fn merged(parts: &[Arc<Segment>]) -> Result<impl Iterator<Item = Result<Entry, SegmentError>>, SegmentError> {
    let mut offset = 0;
    let mut lists = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let others: Vec<Arc<Segment>> = parts
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != index)
            .map(|(_, part)| Arc::clone(part))
            .collect();
        let list = part.summaries(None)?.map(move |entry| {
            entry.map(|mut entry| {
                entry.first_row += offset;
                let key = entry.key();
                entry.again |= others.iter().any(|other| other.may_have(&key));
                entry
            })
        });
        lists.push(list.peekable());
        offset += part.rows;
    }
    Ok(Latest(lists))
}

/// The latest of what comes next in lists that are each sorted.
struct Latest<I: Iterator>(Vec<Peekable<I>>);

impl<I: Iterator<Item = Result<Entry, SegmentError>>> Iterator for Latest<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<Self::Item> {
        let mut latest: Option<(usize, Option<(i64, Arc<str>)>)> = None;
        for (index, list) in self.0.iter_mut().enumerate() {
            let Some(next) = list.peek() else { continue };
            let order = next.as_ref().ok().map(Entry::owned_order);
            // What cannot be read comes first: it ends the merge.
            if order.is_none() || latest.as_ref().is_none_or(|(_, latest)| order > *latest) {
                let failed = order.is_none();
                latest = Some((index, order));
                if failed {
                    break;
                }
            }
        }
        self.0[latest?.0].next()
    }
}
