//! How the engine reads a segment's file: at once, on its own threads, and with the places of the pages.
//!
//! By itself it hands each read to another thread, which for a file that the system has cached takes longer than reading; and
//! where no page can be left out by its statistics, it does not ask where pages are, and reads whole columns for a few rows that a
//! filter leaves.

use crate::segment::Segment;
use bytes::Bytes;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::{CachedParquetFileReaderFactory, ParquetFileReaderFactory};
use datafusion::error::{DataFusionError, Result};
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures::FutureExt;
use futures::future::BoxFuture;
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;

/// Makes readers of files that have their [`Segment`] (an `Arc` of it) with them.
#[derive(Debug)]
pub(super) struct SegmentReaders {
    /// For what is at the end of a file, which is kept for the next question.
    pub(super) cached: CachedParquetFileReaderFactory,
    /// Whether some rows only are wanted.
    pub(super) is_filtered: bool,
}

impl ParquetFileReaderFactory for SegmentReaders {
    fn create_reader(
        &self,
        partition: usize,
        file: PartitionedFile,
        size_hint: Option<usize>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> Result<Box<dyn AsyncFileReader + Send>> {
        let segment = file.extension::<Arc<Segment>>().cloned();
        let segment = segment.ok_or_else(|| DataFusionError::Internal("a file without its segment".to_owned()))?;
        Ok(Box::new(SegmentReader {
            file: File::open(&segment.data)?,
            _segment: segment,
            cached: self.cached.create_reader(partition, file, size_hint, metrics)?,
            is_filtered: self.is_filtered,
        }))
    }
}

struct SegmentReader {
    file: File,
    /// Its files are there for as long as somebody has it.
    _segment: Arc<Segment>,
    cached: Box<dyn AsyncFileReader + Send>,
    is_filtered: bool,
}

impl SegmentReader {
    fn read(&mut self, range: Range<u64>) -> io::Result<Bytes> {
        let length = range.end - range.start;
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        self.file.seek(SeekFrom::Start(range.start))?;
        if (&self.file).take(length).read_to_end(&mut bytes)? as u64 != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(bytes.into())
    }
}

impl AsyncFileReader for SegmentReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, ParquetError>> {
        let read = self.read(range).map_err(|error| ParquetError::External(error.into()));
        std::future::ready(read).boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>, ParquetError>> {
        async move {
            let mut options = options.cloned().unwrap_or_default();
            if self.is_filtered {
                options = options.with_page_index_policy(PageIndexPolicy::Optional);
            }
            self.cached.get_metadata(Some(&options)).await
        }
        .boxed()
    }
}
