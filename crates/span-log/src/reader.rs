//! Reading from a place, a page at a time, with gaps reported.

use std::fmt;
use std::path::PathBuf;

use rusqlite::Connection;
use zstd::bulk::Decompressor;
use zstd::zstd_safe;

use crate::{LogError, QUEUE_BYTES, file};

/// A batch as it came out of the log.
#[derive(Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its number.
    pub seq: u64,
    /// When it was appended; unix microseconds, on this machine's clock.
    pub received: u64,
    /// As the caller of `append` gave them.
    pub flags: u32,
    /// How many spans are in it, as the caller of `append` said.
    pub spans: u32,
    /// The protobuf bytes, as they were appended (not compressed).
    pub body: Vec<u8>,
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored")
            .field("seq", &self.seq)
            .field("received", &self.received)
            .field("flags", &self.flags)
            .field("spans", &self.spans)
            .field("bytes", &self.body.len())
            .finish()
    }
}

/// What one read found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The next batches, oldest first; none at the end of the log.
    pub batches: Vec<Stored>,
    /// Batches that were deleted at the log's bound before this reader saw them.
    pub skipped: u64,
    /// Batches passed over because their bytes are damaged.
    pub unreadable: u64,
}

/// Reads the log from a place on, with a connection of its own.
pub struct Reader {
    path: PathBuf,
    position: u64,
    /// Opened by the first read, and again after a failed one.
    conn: Option<Connection>,
    decompressor: Option<Decompressor<'static>>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("path", &self.path)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

/// A row before it is decompressed.
struct Row {
    seq: u64,
    received: u64,
    flags: u32,
    spans: u32,
    body: Vec<u8>,
}

impl Reader {
    pub(crate) fn new(path: PathBuf, position: u64) -> Self {
        Self {
            path,
            position,
            conn: None,
            decompressor: None,
        }
    }

    /// The number of the last batch that was read (or lost); the reader goes on after it. To be saved with
    /// [`SpanLog::set_cursor`](crate::SpanLog::set_cursor) when the page's work is done.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Reads on: as many batches as have `max_bytes` of bodies (not compressed), but at least one where there is one.
    ///
    /// The rows are copied, and the read has ended before they are decompressed and returned, so a caller may take
    /// its time. This blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`LogError::Read`]; the reader stays where it was, and another attempt may well succeed.
    pub fn page(&mut self, max_bytes: usize) -> Result<Page, LogError> {
        let rows = self.rows(max_bytes).map_err(|error| {
            self.conn = None;
            LogError::read(error)
        })?;
        let mut page = Page {
            batches: Vec::with_capacity(rows.len()),
            ..Page::default()
        };
        for row in rows {
            page.skipped += row.seq - self.position - 1;
            self.position = row.seq;
            let Row {
                seq,
                received,
                flags,
                spans,
                body,
            } = row;
            match size(&body).and_then(|size| self.decompress(&body, size)) {
                Some(body) => page.batches.push(Stored {
                    seq,
                    received,
                    flags,
                    spans,
                    body,
                }),
                None => {
                    tracing::warn!(seq, spans, "a batch in the span log is damaged and was passed over");
                    page.unreadable += 1;
                }
            }
        }
        Ok(page)
    }

    /// With one context for all: to make one takes as long as some kilobytes.
    fn decompress(&mut self, body: &[u8], size: usize) -> Option<Vec<u8>> {
        let decompressor = match &mut self.decompressor {
            Some(known) => known,
            none => none.insert(Decompressor::new().ok()?),
        };
        decompressor.decompress(body, size).ok()
    }

    fn rows(&mut self, max_bytes: usize) -> rusqlite::Result<Vec<Row>> {
        let conn = match &mut self.conn {
            Some(conn) => conn,
            none => none.insert(file::open_to_read(&self.path)?),
        };
        let mut select =
            conn.prepare_cached("SELECT seq, received, flags, spans, body FROM batches WHERE seq > ?1 ORDER BY seq")?;
        // The read transaction lasts from the first row until `cursor` is dropped.
        let mut cursor = select.query([self.position.cast_signed()])?;
        let (mut rows, mut bytes) = (Vec::new(), 0_usize);
        while bytes < max_bytes.max(1)
            && let Some(row) = cursor.next()?
        {
            let body: Vec<u8> = row.get(4)?;
            bytes = bytes.saturating_add(size(&body).unwrap_or(0).max(1));
            if bytes > max_bytes && !rows.is_empty() {
                break;
            }
            rows.push(Row {
                seq: row.get::<_, i64>(0)?.cast_unsigned(),
                received: row.get::<_, i64>(1)?.cast_unsigned(),
                flags: row.get(2)?,
                spans: row.get(3)?,
                body,
            });
        }
        Ok(rows)
    }
}

/// How long a body is when decompressed; nothing where it says what cannot be true.
fn size(body: &[u8]) -> Option<usize> {
    let size = zstd_safe::get_frame_content_size(body).ok().flatten()?;
    usize::try_from(size).ok().filter(|size| *size <= QUEUE_BYTES)
}
