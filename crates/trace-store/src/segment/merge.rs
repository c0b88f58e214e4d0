//! One segment of several.
//!
//! The rows come one segment after the other, and so do the rows of a trace that lies in two of them: its summary then
//! stands twice, each with rows of its own, marked. So merging takes no more memory than reading does.

use super::data::DataWriter;
use super::error::SegmentError;
use super::services::Services;
use super::summaries::{Entry, SummaryWriter};
use super::write::commit;
use super::{DATA, Effort, Name, SUMMARY, Segment};
use crate::columns::{self, Columns, OVERFLOW};
use datafusion::arrow::array::cast::AsArray;
use datafusion::arrow::array::types::{Float64Type, Int64Type};
use datafusion::arrow::array::{ArrayRef, Float64Array, RecordBatch, StringViewArray, new_null_array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use serde_json::{Map, Value as Json};
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
    let mut data = DataWriter::create(&name.path(folder, DATA), &schema, Effort::Thorough)?;
    for part in parts {
        for batch in part.batches(batch_rows(part))? {
            data.write(&adapt(&batch?, &schema)?)?;
        }
    }
    let times = (
        parts.iter().map(|part| part.times.0).min().unwrap_or_default(),
        parts.iter().map(|part| part.times.1).max().unwrap_or_default(),
    );
    let services = Services::merged(parts.iter().map(|part| &part.services));
    let data = data.finish(newest.position, times, &services)?;

    let traces = parts.iter().map(|part| part.traces).sum();
    let mut summary = SummaryWriter::create(&name.path(folder, SUMMARY), traces, Effort::Thorough)?;
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
    let mut beside: Vec<(usize, &str, i64)> = Vec::new();
    let mut arrays = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        arrays.push(match batch.column_by_name(field.name()) {
            Some(array) if array.data_type() == field.data_type() => Arc::clone(array),
            Some(array) => {
                if let Some(numbers) = array.as_primitive_opt::<Int64Type>() {
                    let inexact = numbers
                        .iter()
                        .enumerate()
                        .filter_map(|(row, number)| Some((row, number?)));
                    let inexact = inexact.filter(|(_, number)| number.unsigned_abs() > columns::EXACT_FLOAT);
                    beside.extend(inexact.map(|(row, number)| (row, field.name().as_str(), number)));
                }
                cast(array, field.data_type())?
            }
            None => new_null_array(field.data_type(), batch.num_rows()),
        });
    }
    if !beside.is_empty() {
        put_beside(schema, &mut arrays, &beside)?;
    }
    Ok(RecordBatch::try_new(SchemaRef::clone(schema), arrays)?)
}

/// Integers of a column that became one of floats, and that a float cannot say, go into the overflow.
fn put_beside(schema: &Schema, arrays: &mut [ArrayRef], numbers: &[(usize, &str, i64)]) -> Result<(), SegmentError> {
    let place = schema.index_of(OVERFLOW)?;
    let texts = arrays[place].as_string_view().iter();
    let mut overflow: Vec<Option<String>> = texts.map(|text| text.map(str::to_owned)).collect();
    for (row, name, number) in numbers {
        let text = overflow[*row].as_deref().unwrap_or("{}");
        let mut object: Map<String, Json> = serde_json::from_str(text).unwrap_or_default();
        object.insert((*name).to_owned(), Json::from(*number));
        overflow[*row] = Some(Json::Object(object).to_string());
        let column = schema.index_of(name)?;
        let floats = arrays[column].as_primitive::<Float64Type>().iter().enumerate();
        let without: Float64Array = floats.map(|(at, float)| float.filter(|_| at != *row)).collect();
        arrays[column] = Arc::new(without);
    }
    arrays[place] = Arc::new(StringViewArray::from_iter(overflow));
    Ok(())
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
        let mut latest = None::<(usize, Option<_>)>;
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
