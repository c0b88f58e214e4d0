//! The file with what the list of traces needs: one row per trace, the latest start first.

mod arrays;

use super::error::SegmentError;
use super::{Effort, Segment};
use crate::fragment::{Fragment, Root};
use crate::id;
use datafusion::arrow::array::cast::AsArray;
use datafusion::arrow::array::types::Int64Type;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::Encoding;
use parquet::bloom_filter::Sbbf;
use parquet::file::metadata::PageIndexPolicy;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnPath;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const ID: &str = "id";
const START: &str = "start";

/// One trace of two hundred that are asked for is looked for in vain: a look reads the ids of a segment.
const FALSE_POSITIVES: f64 = 0.005;

/// What is known of a trace's rows in a segment, and where they are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) id: Arc<str>,
    pub(crate) fragment: Fragment,
    /// The root, if none of these rows is a span without a parent.
    pub(crate) orphan: Option<Root>,
    /// The number of the first row, and how many there are, among which the trace's are.
    pub(crate) first_row: usize,
    pub(crate) rows: usize,
    /// The segment may have more rows of the trace, with an entry of their own.
    pub(crate) again: bool,
}

impl Entry {
    /// What entries are sorted by; one without a span, which no list shows, is last.
    pub(crate) fn order(&self) -> (i64, &str) {
        (self.fragment.start().unwrap_or(i64::MIN), &self.id)
    }

    pub(crate) fn owned_order(&self) -> (i64, Arc<str>) {
        let (start, _) = self.order();
        (start, Arc::clone(&self.id))
    }

    pub(crate) fn key(&self) -> [u8; 16] {
        id::key(&self.id)
    }
}

/// Writes entries in their order, aside.
pub(super) struct SummaryWriter {
    writer: ArrowWriter<File>,
    path: PathBuf,
}

impl SummaryWriter {
    pub(super) fn create(path: &Path, traces: usize, effort: Effort) -> Result<Self, SegmentError> {
        let path = super::aside(path);
        let column = |name: &str| ColumnPath::new(vec![name.to_owned()]);
        let mut properties = WriterProperties::builder()
            .set_compression(effort.compression()?)
            // One, so that there is one bloom filter.
            .set_max_row_group_row_count(Some(traces.max(1)))
            .set_data_page_row_count_limit(2048)
            // A page is read with the whole dictionary.
            .set_dictionary_page_size_limit(64 << 10)
            .set_statistics_enabled(EnabledStatistics::None)
            .set_column_statistics_enabled(column(START), EnabledStatistics::Chunk)
            .set_column_dictionary_enabled(column(ID), false)
            .set_column_bloom_filter_enabled(column(ID), true)
            .set_column_bloom_filter_fpp(column(ID), FALSE_POSITIVES)
            .set_column_bloom_filter_max_ndv(column(ID), traces.max(1) as u64);
        for name in [START, arrays::LENGTH, arrays::FIRST_ROW] {
            properties = properties
                .set_column_dictionary_enabled(column(name), false)
                .set_column_encoding(column(name), Encoding::DELTA_BINARY_PACKED);
        }
        Ok(Self {
            writer: ArrowWriter::try_new(
                File::create(&path)?,
                Arc::new(arrays::schema()),
                Some(properties.build()),
            )?,
            path,
        })
    }

    pub(super) fn write(&mut self, entries: &[Entry]) -> Result<(), SegmentError> {
        Ok(self.writer.write(&arrays::batch(entries)?)?)
    }

    pub(super) fn finish(mut self) -> Result<PathBuf, SegmentError> {
        self.writer.finish()?;
        self.writer.inner().sync_all()?;
        Ok(self.path)
    }
}

/// What is at the end of the file, and where its pages are.
pub(super) fn metadata(path: &Path) -> Result<ArrowReaderMetadata, SegmentError> {
    let options = ArrowReaderOptions::new().with_offset_index_policy(PageIndexPolicy::Optional);
    Ok(ArrowReaderMetadata::load(&File::open(path)?, options)?)
}

/// The filter of the ids; none where there are no traces.
pub(super) fn ids(path: &Path, metadata: &ArrowReaderMetadata) -> Result<Option<Sbbf>, SegmentError> {
    let Some(group) = metadata.metadata().row_groups().first() else {
        return Ok(None);
    };
    let place = metadata.schema().index_of(ID)?;
    Ok(Sbbf::read_from_column_chunk(group.column(place), &File::open(path)?)?)
}

impl Segment {
    /// The latest start of a trace's rows here.
    pub(crate) fn latest_start(&self) -> i64 {
        let statistics = || {
            let place = self.summary_metadata.schema().index_of(START).ok()?;
            let group = self.summary_metadata.metadata().row_groups().first()?;
            match group.column(place).statistics()? {
                Statistics::Int64(statistics) => statistics.max_opt().copied(),
                _ => None,
            }
        };
        // With none, it is read to be sure, unless there are no traces.
        statistics().unwrap_or(if self.traces == 0 { i64::MIN } else { i64::MAX })
    }

    /// The entries, the latest start first, from the first one on that comes after this one.
    pub(crate) fn summaries(
        &self,
        after: Option<&(i64, Arc<str>)>,
    ) -> Result<impl Iterator<Item = Result<Entry, SegmentError>> + use<>, SegmentError> {
        let mut skipped = 0;
        if let Some((start, _)) = after {
            'count: for batch in self.summary_column(START)? {
                for value in batch?.column(0).as_primitive::<Int64Type>().values() {
                    if value <= start {
                        break 'count;
                    }
                    skipped += 1;
                }
            }
        }
        let after = after.cloned();
        let entries = self.summary_rows(vec![
            RowSelector::skip(skipped),
            RowSelector::select(self.traces - skipped),
        ])?;
        Ok(entries.filter(move |entry| match (entry, &after) {
            (Ok(entry), Some((start, id))) => entry.order() < (*start, id),
            _ => true,
        }))
    }

    /// The entries of a trace, in the order of their rows.
    pub(crate) fn find(&self, id: &str) -> Result<Vec<Entry>, SegmentError> {
        let key = id::key(id);
        if !self.may_have(&key) {
            return Ok(Vec::new());
        }
        let (mut selectors, mut row, mut end) = (Vec::new(), 0, 0);
        for batch in self.summary_column(ID)? {
            for value in batch?.column(0).as_fixed_size_binary().iter() {
                if value == Some(&key[..]) {
                    selectors.push(RowSelector::skip(row - end));
                    selectors.push(RowSelector::select(1));
                    end = row + 1;
                }
                row += 1;
            }
        }
        if selectors.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.summary_rows(selectors)?;
        let mut found: Vec<Entry> = found
            .filter(|entry| entry.as_ref().map_or(true, |entry| &*entry.id == id))
            .collect::<Result<_, _>>()?;
        found.sort_by_key(|entry| entry.first_row);
        Ok(found)
    }

    fn summary_rows(
        &self,
        selectors: Vec<RowSelector>,
    ) -> Result<impl Iterator<Item = Result<Entry, SegmentError>> + use<>, SegmentError> {
        let reader = self
            .summary_reader()?
            .with_row_selection(RowSelection::from(selectors))
            .with_batch_size(256)
            .build()?;
        Ok(reader.flat_map(|batch| {
            match batch
                .map_err(SegmentError::from)
                .and_then(|batch| arrays::entries(&batch))
            {
                Ok(entries) => entries.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            }
        }))
    }

    fn summary_column(
        &self,
        name: &str,
    ) -> Result<impl Iterator<Item = Result<datafusion::arrow::array::RecordBatch, SegmentError>> + use<>, SegmentError>
    {
        let reader = self.summary_reader()?;
        let mask = ProjectionMask::columns(reader.parquet_schema(), [name]);
        let reader = reader.with_projection(mask).with_batch_size(8192).build()?;
        Ok(reader.map(|batch| batch.map_err(SegmentError::from)))
    }

    fn summary_reader(&self) -> Result<ParquetRecordBatchReaderBuilder<File>, SegmentError> {
        let file = File::open(&self.summary)?;
        Ok(ParquetRecordBatchReaderBuilder::new_with_metadata(
            file,
            self.summary_metadata.clone(),
        ))
    }
}
