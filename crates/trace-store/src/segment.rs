//! A segment: some rows, for good.
//!
//! Two Parquet files. `<first>-<last>.parquet` holds the rows, one column per attribute, in blocks of some traces each; any
//! tool that reads Parquet can ask it. `<first>-<last>.summary` holds what the list of traces needs, one row per trace, the
//! newest first, and in which rows of the other file the trace's are. Both are written aside, synced and renamed, the rows
//! last: where they are, the segment is. The numbers say which seals a segment covers: one that is made of others covers theirs,
//! so what a crash leaves of these is known and removed.

pub(crate) mod data;
pub(crate) mod error;
pub(crate) mod merge;
pub(crate) mod runs;
mod services;
pub(crate) mod summaries;
pub(crate) mod write;

use datafusion::arrow::datatypes::SchemaRef;
use error::SegmentError;
use parquet::basic::{Compression, ZstdLevel};
use parquet::bloom_filter::Sbbf;
use parquet::file::metadata::{KeyValue, ParquetMetaData};
use runs::Runs;
use services::Services;
use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The keys of a file's own metadata.
const POSITION: &str = "trace-store.position";
const TIMES: &str = "trace-store.times";
const SERVICES: &str = "trace-store.services";
const RUNS: &str = "trace-store.runs";

/// How much is done to make the file small: the level of zstd. (It has to find an id again that is as far away as a block is long:
/// 5 does in blocks of 1,024 rows, 12 in those of 4,096.)
#[derive(Clone, Copy, Debug)]
enum Effort {
    /// Rows wait to be written.
    Quick = 1,
    /// The file is to stay.
    Thorough = 12,
}

impl Effort {
    fn compression(self) -> Result<Compression, SegmentError> {
        Ok(Compression::ZSTD(ZstdLevel::try_new(self as i32)?))
    }
}

/// An open segment. Its files go when it is [`Segment::doom`]ed and nobody reads it any more.
pub(crate) struct Segment {
    pub(crate) name: Name,
    /// The place in the log up to which rows are in this segment or in older ones.
    pub(crate) position: u64,
    /// The earliest and the latest time of a row.
    pub(crate) times: (i64, i64),
    pub(crate) rows: usize,
    /// How many traces it has rows of.
    pub(crate) traces: usize,
    /// Of both files.
    pub(crate) bytes: u64,
    pub(crate) data: PathBuf,
    pub(crate) data_bytes: u64,
    pub(crate) schema: SchemaRef,
    /// How large a row is at most, on the average of a row group, when it is read.
    pub(crate) row_bytes: usize,
    /// Which rows are whose, if it is known.
    pub(crate) runs: Option<Runs>,
    services: Services,
    summary: PathBuf,
    summary_metadata: parquet::arrow::arrow_reader::ArrowReaderMetadata,
    ids: Option<Sbbf>,
    doomed: AtomicBool,
}

/// The numbers of the first and the last seal whose rows are in a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

/// The extension of the file with the rows.
pub(crate) const DATA: &str = "parquet";
/// The extension of the file with what the list needs.
pub(crate) const SUMMARY: &str = "summary";

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:010}-{:010}", self.first, self.last)
    }
}

impl Name {
    pub(crate) fn parse(stem: &str) -> Option<Self> {
        let (first, last) = stem.split_once('-')?;
        let name = Self {
            first: first.parse().ok()?,
            last: last.parse().ok()?,
        };
        (name.first <= name.last && name.to_string() == stem).then_some(name)
    }

    /// Whether the other segment's rows are all in this one.
    pub(crate) fn covers(self, other: Self) -> bool {
        self != other && self.first <= other.first && other.last <= self.last
    }

    pub(crate) fn path(self, folder: &Path, extension: &str) -> PathBuf {
        folder.join(format!("{self}.{extension}"))
    }
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Segment({}, {} rows)", self.name, self.rows)
    }
}

impl Segment {
    /// Opens a segment: reads what is at the end of its files.
    pub(crate) fn open(folder: &Path, name: Name) -> Result<Self, SegmentError> {
        let (data, summary) = (name.path(folder, DATA), name.path(folder, SUMMARY));
        let rows = data::metadata(&data)?;
        let metadata = rows.metadata();
        let summary_metadata = summaries::metadata(&summary)?;
        let (earliest, latest) = value(metadata, TIMES)?
            .split_once(' ')
            .and_then(|(earliest, latest)| Some((earliest.parse().ok()?, latest.parse().ok()?)))
            .ok_or_else(|| SegmentError::damaged("its times cannot be read"))?;
        let row_bytes = metadata.row_groups().iter().map(|group| {
            let rows = usize::try_from(group.num_rows()).unwrap_or_default().max(1);
            usize::try_from(group.total_byte_size()).unwrap_or_default() / rows
        });
        let row_count = usize::try_from(metadata.file_metadata().num_rows()).unwrap_or_default();
        let length = |path: &Path| fs::metadata(path).map(|metadata| metadata.len());
        let data_bytes = length(&data)?;
        Ok(Self {
            name,
            position: value(metadata, POSITION)?
                .parse()
                .map_err(|_| SegmentError::damaged("its position cannot be read"))?,
            times: (earliest, latest),
            services: Services::read(value(metadata, SERVICES).unwrap_or_default()),
            runs: value(metadata, RUNS).ok().and_then(|text| Runs::read(text, row_count)),
            rows: row_count,
            traces: usize::try_from(summary_metadata.metadata().file_metadata().num_rows()).unwrap_or_default(),
            bytes: data_bytes + length(&summary)?,
            data_bytes,
            schema: Arc::clone(rows.schema()),
            row_bytes: row_bytes.max().unwrap_or_default(),
            ids: summaries::ids(&summary, &summary_metadata)?,
            data,
            summary,
            summary_metadata,
            doomed: AtomicBool::new(false),
        })
    }

    /// Whether rows of this trace may be here; seldom yes where there are none.
    pub(crate) fn may_have(&self, key: &[u8; 16]) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.check(&key[..]))
    }

    /// Removes the files when the last reader is done.
    pub(crate) fn doom(&self) {
        self.doomed.store(true, Ordering::Relaxed);
    }

    /// Renames the files, so that they are out of the way and a person can look at them.
    pub(crate) fn set_aside(folder: &Path, name: Name) {
        for extension in [DATA, SUMMARY] {
            let path = name.path(folder, extension);
            _ = fs::rename(&path, name.path(folder, &format!("{extension}.damaged")));
        }
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        if *self.doomed.get_mut() {
            // The rows first: where they are, the segment is.
            for path in [&self.data, &self.summary] {
                if let Err(error) = fs::remove_file(path) {
                    tracing::warn!(%error, segment = %self.name, "a segment that is no longer needed could not be removed");
                }
            }
        }
    }
}

fn value<'a>(metadata: &'a ParquetMetaData, key: &str) -> Result<&'a str, SegmentError> {
    let list: &[KeyValue] = metadata.file_metadata().key_value_metadata().map_or(&[], Vec::as_slice);
    let found = list.iter().find(|pair| pair.key == key);
    found
        .and_then(|pair| pair.value.as_deref())
        .ok_or_else(|| SegmentError::damaged("it is not one of this store's"))
}

/// The extension of a file that is not whole.
pub(crate) const WRITING: &str = "writing";

/// What a new file is called until it is whole.
fn aside(path: &Path) -> PathBuf {
    path.with_added_extension(WRITING)
}

/// Makes the new names in a folder survive a power cut.
fn sync_folder(folder: &Path) -> Result<(), SegmentError> {
    Ok(File::open(folder)?.sync_all()?)
}
