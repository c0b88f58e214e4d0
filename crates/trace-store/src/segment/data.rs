//! The file with the rows.

use super::error::SegmentError;
use super::{POSITION, Segment, TIMES};
use crate::columns::{DURATION_BUCKET, TIME};
use crate::rows::decode;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use honeycomb::{Event, column};
use parquet::arrow::ArrowWriter;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
    RowSelector,
};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::{KeyValue, PageIndexPolicy};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Rows of a row group: what one thread works on at a time, and what statistics and bloom filters are about.
const ROW_GROUP: usize = 128 * 1024;
/// Rows of a page: what is decompressed to read one row.
const PAGE: usize = 4096;

/// Writes the rows, aside.
pub(super) struct DataWriter {
    writer: ArrowWriter<File>,
    path: PathBuf,
}

impl DataWriter {
    pub(super) fn create(path: &Path, schema: &SchemaRef) -> Result<Self, SegmentError> {
        let path = super::aside(path);
        let column = |name: &str| ColumnPath::new(vec![name.to_owned()]);
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .set_data_page_row_count_limit(PAGE)
            .set_dictionary_page_size_limit(512 << 10)
            // Of each page only where it pays: there may be hundreds of columns.
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_column_bloom_filter_enabled(column(column::TRACE_ID), true)
            .set_column_dictionary_enabled(column(column::SPAN_ID), false)
            .set_column_statistics_enabled(column(column::SPAN_ID), EnabledStatistics::None);
        for name in [TIME, DURATION_BUCKET, column::DURATION_MS] {
            properties = properties.set_column_statistics_enabled(column(name), EnabledStatistics::Page);
        }
        properties = properties
            .set_column_dictionary_enabled(column(TIME), false)
            .set_column_encoding(column(TIME), Encoding::DELTA_BINARY_PACKED)
            .set_column_dictionary_enabled(column(column::DURATION_MS), false)
            .set_column_encoding(column(column::DURATION_MS), Encoding::BYTE_STREAM_SPLIT);
        Ok(Self {
            writer: ArrowWriter::try_new(File::create(&path)?, SchemaRef::clone(schema), Some(properties.build()))?,
            path,
        })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), SegmentError> {
        Ok(self.writer.write(batch)?)
    }

    /// Ends the file and brings it to the disk. Gives its path, to be renamed.
    pub(super) fn finish(mut self, position: u64, times: (i64, i64)) -> Result<PathBuf, SegmentError> {
        let pair = |key: &str, value: String| KeyValue::new(key.to_owned(), value);
        self.writer
            .append_key_value_metadata(pair(POSITION, position.to_string()));
        self.writer
            .append_key_value_metadata(pair(TIMES, format!("{} {}", times.0, times.1)));
        self.writer.finish()?;
        self.writer.inner().sync_all()?;
        Ok(self.path)
    }
}

/// What is at the end of the file, without what it says about pages.
pub(super) fn metadata(path: &Path) -> Result<ArrowReaderMetadata, SegmentError> {
    Ok(ArrowReaderMetadata::load(
        &File::open(path)?,
        ArrowReaderOptions::new(),
    )?)
}

impl Segment {
    /// These ranges of rows (first, how many), ascending.
    pub(crate) fn events(&self, ranges: &[(usize, usize)]) -> Result<Vec<Event>, SegmentError> {
        let file = File::open(&self.data)?;
        let options = ArrowReaderOptions::new().with_offset_index_policy(PageIndexPolicy::Optional);
        let metadata = ArrowReaderMetadata::load(&file, options)?;
        let mut selectors = Vec::new();
        let mut at = 0;
        for (first, rows) in ranges {
            selectors.push(RowSelector::skip(first.saturating_sub(at)));
            selectors.push(RowSelector::select(*rows));
            at = first + rows;
        }
        let groups: Vec<usize> = groups_with(&metadata, ranges);
        let used = columns_with_values(&metadata, &groups);
        let mask = ProjectionMask::leaves(metadata.parquet_schema(), used);
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
            .with_projection(mask)
            .with_row_selection(RowSelection::from(selectors))
            .with_batch_size(PAGE)
            .build()?;
        let mut events = Vec::new();
        for batch in reader {
            events.extend(decode::events(&batch?));
        }
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

fn groups_with(metadata: &ArrowReaderMetadata, ranges: &[(usize, usize)]) -> Vec<usize> {
    let mut end = 0;
    let mut groups = Vec::new();
    for (index, group) in metadata.metadata().row_groups().iter().enumerate() {
        let start = end;
        end += usize::try_from(group.num_rows()).unwrap_or_default();
        if ranges.iter().any(|(first, rows)| *first < end && first + rows > start) {
            groups.push(index);
        }
    }
    groups
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
