//! Where the store is and what it may hold.

use std::path::PathBuf;
use std::time::Duration;

/// Where a store is and what it may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreConfig {
    /// The folder of the segments; it is created. With none, nothing is written, and only the newest rows are kept.
    pub folder: Option<PathBuf>,
    /// So many bytes of segments are kept; the oldest go first.
    pub max_bytes: u64,
    /// So long rows are kept, by their own time.
    pub max_age: Duration,
    /// So many rows make a segment; at most twice as many are in memory.
    pub seal_rows: usize,
    /// So many bytes of rows make a segment, whatever their number.
    pub seal_bytes: usize,
    /// So many rows are kept in memory where they cannot be written, or as many as take four times `seal_bytes`.
    pub memory_rows: usize,
    /// Up to so many rows that match, a query's percentiles and heatmaps are exact; else within 1 %.
    pub exact_rows: u64,
}

impl StoreConfig {
    /// A store in a folder: 2 GiB, 30 days, segments of 50,000 rows or 32 MiB in memory.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: Some(folder.into()),
            ..Self::in_memory(200_000)
        }
    }

    /// A store without a folder, of the newest rows.
    pub fn in_memory(rows: usize) -> Self {
        Self {
            folder: None,
            max_bytes: 2 << 30,
            max_age: Duration::from_secs(30 * 24 * 60 * 60),
            seal_rows: 50_000,
            seal_bytes: 32 << 20,
            memory_rows: rows.max(1),
            exact_rows: 100_000,
        }
    }

    /// What rows may take in memory where they cannot be written.
    pub(crate) fn memory_bytes(&self) -> usize {
        match self.folder {
            Some(_) => self.seal_bytes.saturating_mul(4),
            None => usize::MAX,
        }
    }

    /// No segment is made larger than this by merging: what is removed at the bound is small against it.
    pub(crate) fn max_segment_bytes(&self) -> u64 {
        (self.max_bytes / 8).min(64 << 20)
    }
}
