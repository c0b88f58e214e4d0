//! What the file holds, in numbers, and how it is kept within its bound.

use rusqlite::{Connection, Transaction};

use crate::queue::Counts;

/// What the file holds; changed only after a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) batches: u64,
    pub(crate) bytes: u64,
    pub(crate) first_seq: u64,
    pub(crate) last_seq: u64,
}

impl Contents {
    /// Asks the file.
    pub(crate) fn read(conn: &Connection) -> rusqlite::Result<Self> {
        let (batches, bytes, first): (i64, i64, Option<i64>) = conn.query_row(
            "SELECT count(*), coalesce(sum(length(body)), 0), min(seq) FROM batches",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        // Not max(seq): numbers are not used again, even if somebody has emptied the table by hand.
        let last: i64 = conn.query_row(
            "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'batches'",
            [],
            |row| row.get(0),
        )?;
        Ok(Self {
            batches: batches.cast_unsigned(),
            bytes: bytes.cast_unsigned(),
            first_seq: first.unwrap_or(last + 1).cast_unsigned(),
            last_seq: last.cast_unsigned(),
        })
    }

    pub(crate) fn show(self, counts: &mut Counts) {
        counts.stored_batches = self.batches;
        counts.stored_bytes = self.bytes;
        counts.first_seq = self.first_seq;
        counts.last_seq = self.last_seq;
    }
}

/// What was deleted at the bound.
#[derive(Debug, Default)]
pub(crate) struct Evicted {
    pub(crate) batches: u64,
    pub(crate) spans: u64,
    pub(crate) bytes: u64,
}

/// Deletes the oldest rows until `excess` bytes are free, or none is left.
pub(crate) fn evict(transaction: &Transaction<'_>, excess: u64) -> rusqlite::Result<Evicted> {
    let mut evicted = Evicted::default();
    if excess == 0 {
        return Ok(evicted);
    }
    let mut newest = 0_i64;
    {
        let mut oldest = transaction.prepare_cached("SELECT seq, spans, length(body) FROM batches ORDER BY seq")?;
        let mut rows = oldest.query([])?;
        while evicted.bytes < excess
            && let Some(row) = rows.next()?
        {
            newest = row.get(0)?;
            evicted.batches += 1;
            evicted.spans += u64::from(row.get::<_, u32>(1)?);
            evicted.bytes += row.get::<_, i64>(2)?.cast_unsigned();
        }
    }
    transaction
        .prepare_cached("DELETE FROM batches WHERE seq <= ?1")?
        .execute([newest])?;
    Ok(evicted)
}
