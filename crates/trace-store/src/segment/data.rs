//! The file with the rows.

use super::error::SegmentError;
use super::runs::Runs;
use super::services::Services;
use super::{Effort, POSITION, RUNS, SERVICES, Segment, TIMES};
use crate::columns::{self, DURATION_BUCKET, TIME};
use crate::rows::decode;
use crate::{id, milliseconds};
use datafusion::arrow::array::cast::AsArray;
use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use honeycomb::{Event, Value, column};
use parquet::arrow::ArrowWriter;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
    RowSelector,
};
use parquet::basic::{Compression, Encoding};
use parquet::file::metadata::{KeyValue, PageIndexPolicy};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use trace_wire::attribute;

/// Rows of a row group: what one thread works on at a time, and what statistics and bloom filters are about.
const ROW_GROUP: usize = 512 * 1024;
/// Rows of a page: what is decompressed to read one row.
const PAGE: usize = 16 * 1024;
/// Bytes of a page of durations, which are 8 each: filters leave a few rows, whose durations are then asked for.
const DURATIONS: usize = 32 * 1024;
/// Bytes of a dictionary; a column with more values than that has no dictionary from there on.
const DICTIONARY: usize = 512 << 10;
/// The same of trace ids, so that those of a whole row group have room.
const TRACE_IDS: usize = 2 << 20;
/// What filters look at in every row. These lie in runs of equal values, since rows lie together by kind: so they are small without
/// zstd, and without it they are read in two thirds of the time.
const LOOKED_AT: [&str; 3] = [
    column::SERVICE_NAME,
    attribute::HTTP_ROUTE,
    attribute::HTTP_RESPONSE_STATUS_CODE,
];

/// Writes the rows, aside.
pub(super) struct DataWriter {
    writer: ArrowWriter<File>,
    schema: SchemaRef,
    path: PathBuf,
    runs: Option<Runs>,
}

impl DataWriter {
    pub(super) fn create(path: &Path, schema: &SchemaRef, effort: Effort) -> Result<Self, SegmentError> {
        let path = super::aside(path);
        let column = |name: &str| ColumnPath::new(vec![name.to_owned()]);
        let mut properties = WriterProperties::builder()
            .set_compression(effort.compression()?)
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .set_data_page_row_count_limit(PAGE)
            .set_column_data_page_size_limit(column(column::DURATION_MS), DURATIONS)
            .set_dictionary_page_size_limit(DICTIONARY)
            .set_column_dictionary_page_size_limit(column(column::TRACE_ID), TRACE_IDS)
            // Of each page only where it pays: there may be hundreds of columns.
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_column_bloom_filter_enabled(column(column::TRACE_ID), true)
            .set_column_dictionary_enabled(column(column::SPAN_ID), false)
            .set_column_statistics_enabled(column(column::SPAN_ID), EnabledStatistics::None);
        for name in [TIME, DURATION_BUCKET, column::DURATION_MS] {
            properties = properties.set_column_statistics_enabled(column(name), EnabledStatistics::Page);
        }
        for name in LOOKED_AT {
            properties = properties.set_column_compression(column(name), Compression::UNCOMPRESSED);
        }
        for name in milliseconds::COLUMNS {
            properties = properties
                .set_column_dictionary_enabled(column(name), false)
                .set_column_encoding(column(name), Encoding::BYTE_STREAM_SPLIT);
        }
        properties = properties
            .set_column_dictionary_enabled(column(TIME), false)
            .set_column_encoding(column(TIME), Encoding::DELTA_BINARY_PACKED);
        let schema = Arc::new(stored(schema));
        let file = File::create(&path)?;
        Ok(Self {
            writer: ArrowWriter::try_new(file, SchemaRef::clone(&schema), Some(properties.build()))?,
            schema,
            path,
            runs: Some(Runs::default()),
        })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), SegmentError> {
        self.runs = self.runs.take().and_then(|runs| runs.with(batch));
        let fields = batch.schema_ref().fields().iter();
        let arrays = fields.zip(batch.columns()).map(|(field, array)| {
            if milliseconds::COLUMNS.contains(&field.name().as_str()) {
                return milliseconds::stored(array);
            }
            Ok(Arc::clone(array))
        });
        let batch = RecordBatch::try_new(SchemaRef::clone(&self.schema), arrays.collect::<Result<_, _>>()?)?;
        Ok(self.writer.write(&batch)?)
    }

    /// Ends the file and brings it to the disk. Gives its path, to be renamed.
    pub(super) fn finish(
        mut self,
        position: u64,
        times: (i64, i64),
        services: &Services,
    ) -> Result<PathBuf, SegmentError> {
        let pair = |key: &str, value: String| KeyValue::new(key.to_owned(), value);
        self.writer
            .append_key_value_metadata(pair(POSITION, position.to_string()));
        self.writer
            .append_key_value_metadata(pair(TIMES, format!("{} {}", times.0, times.1)));
        self.writer.append_key_value_metadata(pair(SERVICES, services.write()));
        if let Some(runs) = self.runs.as_ref().and_then(Runs::write) {
            self.writer.append_key_value_metadata(pair(RUNS, runs));
        }
        self.writer.finish()?;
        self.writer.inner().sync_all()?;
        Ok(self.path)
    }
}

/// The schema of a file with a table's columns.
fn stored(table: &Schema) -> Schema {
    let fields = table.fields().iter().map(|field| {
        if milliseconds::COLUMNS.contains(&field.name().as_str()) {
            return Field::new(field.name(), milliseconds::STORED, field.is_nullable());
        }
        Field::clone(field)
    });
    Schema::new(fields.collect::<Vec<_>>())
}

/// What is at the end of the file, without what it says about pages.
pub(super) fn metadata(path: &Path) -> Result<ArrowReaderMetadata, SegmentError> {
    Ok(ArrowReaderMetadata::load(
        &File::open(path)?,
        ArrowReaderOptions::new(),
    )?)
}

impl Segment {
    /// The rows of a trace that are in these ranges of rows (first, how many), ascending.
    pub(crate) fn events(&self, id: &str, ranges: &[(usize, usize)]) -> Result<Vec<Event>, SegmentError> {
        let file = File::open(&self.data)?;
        let options = ArrowReaderOptions::new().with_offset_index_policy(PageIndexPolicy::Optional);
        let metadata = ArrowReaderMetadata::load(&file, options)?;
        let (ranges, services) = of_trace(id, &file, &metadata, ranges)?;
        let ranges = &ranges;
        let (groups, selection) = groups_with(&metadata, ranges);
        let mut used = columns_with_values(&metadata, &groups);
        if let Some(known) = self.services.columns(services.iter().map(String::as_str)) {
            let fields = metadata.schema().fields();
            used.retain(|at| {
                columns::OWN.contains(&fields[*at].name().as_str()) || known.contains(fields[*at].name().as_str())
            });
        }
        let mask = ProjectionMask::leaves(metadata.parquet_schema(), used);
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
            .with_projection(mask)
            // Those alone: a reader of a row group costs time, even if all that it does is to pass over it.
            .with_row_groups(groups)
            .with_row_selection(selection)
            .with_batch_size(PAGE)
            .build()?;
        let mut events = Vec::new();
        for batch in reader {
            events.extend(decode::events(&batch?));
        }
        // Of an id that is no bytes, the column says nothing.
        events.retain(|event| event.str(column::TRACE_ID) == Some(id));
        Ok(events)
    }

    /// All rows, in batches.
    pub(crate) fn batches(&self, rows: usize) -> Result<ParquetRecordBatchReader, SegmentError> {
        let file = File::open(&self.data)?;
        Ok(ParquetRecordBatchReaderBuilder::try_new(file)?
            .with_batch_size(rows)
            .build()?)
    }

    /// Reads everything, to find out whether it can be read.
    pub(crate) fn verify(&self) -> Result<(), SegmentError> {
        for batch in self.batches(1024)? {
            batch?;
        }
        self.summaries(None)?.try_for_each(|entry| entry.map(drop))
    }
}

/// Rows: the first, and how many.
type Ranges = Vec<(usize, usize)>;

/// Of ranges of rows, those that are or may be of a trace, and what services they are of.
fn of_trace(
    id: &str,
    file: &File,
    metadata: &ArrowReaderMetadata,
    ranges: &[(usize, usize)],
) -> Result<(Ranges, HashSet<String>), SegmentError> {
    let wanted = [column::TRACE_ID, column::SERVICE_NAME].map(|name| metadata.schema().index_of(name).ok());
    let key = id::trace_id(id);
    let (groups, selection) = groups_with(metadata, ranges);
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file.try_clone()?, metadata.clone())
        .with_projection(ProjectionMask::leaves(
            metadata.parquet_schema(),
            wanted.into_iter().flatten(),
        ))
        .with_row_groups(groups)
        .with_row_selection(selection)
        .with_batch_size(PAGE)
        .build()?;
    let mut rows = ranges.iter().flat_map(|(first, rows)| *first..first + rows);
    let mut found = Ranges::new();
    let mut services = HashSet::new();
    for batch in reader {
        let batch = batch?;
        let ids = batch
            .column_by_name(column::TRACE_ID)
            .map(|ids| ids.as_fixed_size_binary());
        let names = batch.column_by_name(column::SERVICE_NAME);
        for at in 0..batch.num_rows() {
            let Some(row) = rows.next() else { break };
            // Of an id that is no bytes, the column says nothing.
            let other = ids.filter(|ids| ids.is_valid(at)).map(|ids| ids.value(at));
            if other.is_some() && other != key.as_ref().map(<[u8; 16]>::as_slice) {
                continue;
            }
            match found.last_mut() {
                Some((first, rows)) if *first + *rows == row => *rows += 1,
                _ => found.push((row, 1)),
            }
            let service = names.and_then(|names| decode::value(names, at));
            let service = service.as_ref().and_then(Value::as_str).unwrap_or_default();
            if !services.contains(service) {
                services.insert(service.to_owned());
            }
        }
    }
    Ok((found, services))
}

/// The row groups in which these ranges lie, and the ranges among their rows.
fn groups_with(metadata: &ArrowReaderMetadata, ranges: &[(usize, usize)]) -> (Vec<usize>, RowSelection) {
    let mut groups = Vec::new();
    let mut selectors = Vec::new();
    let mut start = 0;
    for (index, group) in metadata.metadata().row_groups().iter().enumerate() {
        let end = start + usize::try_from(group.num_rows()).unwrap_or_default();
        let within = |(first, rows): &(usize, usize)| (start.max(*first), end.min(first + rows));
        let parts: Vec<_> = ranges.iter().map(within).filter(|(from, to)| from < to).collect();
        if !parts.is_empty() {
            groups.push(index);
            let mut at = start;
            for (from, to) in parts {
                selectors.push(RowSelector::skip(from - at));
                selectors.push(RowSelector::select(to - from));
                at = to;
            }
            selectors.push(RowSelector::skip(end - at));
        }
        start = end;
    }
    (groups, RowSelection::from(selectors))
}

/// Without the columns in which these row groups hold nothing: of hundreds, a trace has a few dozen.
fn columns_with_values(metadata: &ArrowReaderMetadata, groups: &[usize]) -> Vec<usize> {
    let metadata = metadata.metadata();
    let empty = |group: usize, column: usize| {
        let group = metadata.row_group(group);
        let nulls = group
            .column(column)
            .statistics()
            .and_then(|statistics| statistics.null_count_opt());
        nulls.is_some_and(|nulls| i64::try_from(nulls).is_ok_and(|nulls| nulls == group.num_rows()))
    };
    (0..metadata.file_metadata().schema_descr().num_columns())
        .filter(|column| !groups.iter().all(|group| empty(*group, *column)))
        .collect()
}
