//! The one thread that writes: groups of batches, one transaction and one fsync each.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::watch;
use zstd::bulk::Compressor;
use zstd::zstd_safe::CParameter;

use crate::contents::{Contents, Evicted, evict};
use crate::queue::{Counts, Group, Job, Queue};
use crate::{LogError, file};

/// What one committed group did.
#[derive(Debug)]
struct Written {
    /// Of the group's batches, in their order.
    seqs: Vec<u64>,
    evicted_batches: u64,
    evicted_spans: u64,
    contents: Contents,
}

pub(crate) struct Writer {
    conn: Connection,
    compressor: Compressor<'static>,
    max_bytes: u64,
    contents: Contents,
    tail: watch::Sender<u64>,
    /// Batches lost since the disk began to fail; 0 while it is well.
    failing: u64,
    /// After the connection, so that it is let go last.
    _lock: file::Lock,
}

impl Writer {
    /// Takes over an open file; also says what it holds, and where its readers are.
    pub(crate) fn new(
        conn: Connection,
        lock: file::Lock,
        max_bytes: u64,
    ) -> rusqlite::Result<(Self, Counts, BTreeMap<String, u64>)> {
        let contents = Contents::read(&conn)?;
        let cursors = conn
            .prepare("SELECT name, seq FROM cursors")?
            .query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned())))?
            .collect::<rusqlite::Result<_>>()?;
        let mut compressor = Compressor::new(1).map_err(outside)?;
        compressor
            .set_parameter(CParameter::ChecksumFlag(true))
            .map_err(outside)?;
        let mut counts = Counts::default();
        contents.show(&mut counts);
        let tail = watch::Sender::new(contents.last_seq);
        Ok((
            Self {
                conn,
                compressor,
                max_bytes,
                contents,
                tail,
                failing: 0,
                _lock: lock,
            },
            counts,
            cursors,
        ))
    }

    pub(crate) fn tail(&self) -> watch::Receiver<u64> {
        self.tail.subscribe()
    }

    /// Writes until the queue is closed and empty.
    pub(crate) fn run(mut self, queue: &Queue) {
        /// However the thread ends, nobody waits for it for ever.
        struct Abandon<'a>(&'a Queue);
        impl Drop for Abandon<'_> {
            fn drop(&mut self) {
                self.0.abandon();
            }
        }
        let _abandon = Abandon(queue);
        loop {
            let group = queue.next();
            let last = group.last;
            self.handle(group, queue);
            if last {
                break;
            }
        }
        // For a small file and a quick start; what is in the write-ahead log is safe all the same.
        if let Err(error) = self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
            tracing::debug!(%error, "the span log was closed without a checkpoint");
        }
    }

    /// Writes one group and answers everybody in it.
    fn handle(&mut self, group: Group, queue: &Queue) {
        if group.jobs.is_empty() && group.cursors.is_empty() {
            return;
        }
        let batches = group.jobs.len() as u64;
        let spans: u64 = group.jobs.iter().map(|job| u64::from(job.batch.spans)).sum();
        match self.write(&group.jobs, &group.cursors) {
            Ok(written) => {
                self.contents = written.contents;
                queue.count(|counts| {
                    counts.appended_batches += batches;
                    counts.appended_spans += spans;
                    counts.evicted_batches += written.evicted_batches;
                    counts.evicted_spans += written.evicted_spans;
                    written.contents.show(counts);
                });
                if self.failing > 0 {
                    tracing::info!(lost_batches = self.failing, "the span log can be written again");
                    self.failing = 0;
                }
                for (job, seq) in group.jobs.into_iter().zip(written.seqs) {
                    job.answer(Ok(seq));
                }
                if batches > 0 {
                    self.tail.send_replace(self.contents.last_seq);
                }
            }
            Err(error) => {
                if self.failing == 0 && batches > 0 {
                    tracing::warn!(%error, "the span log cannot be written: spans are lost until it can");
                }
                self.failing += batches;
                queue.count(|counts| {
                    counts.failed_batches += batches;
                    counts.failed_spans += spans;
                });
                queue.put_back(group.cursors);
                let error = LogError::Write(Arc::new(error));
                for job in group.jobs {
                    job.answer(Err(error.clone()));
                }
            }
        }
    }

    fn write(&mut self, jobs: &[Job], cursors: &BTreeMap<String, u64>) -> rusqlite::Result<Written> {
        // Before the transaction begins: compressing is most of the work.
        let bodies = jobs
            .iter()
            .map(|job| self.compressor.compress(&job.batch.body).map_err(outside))
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let added: u64 = bodies.iter().map(|body| body.len() as u64).sum();
        let excess = (self.contents.bytes + added).saturating_sub(self.max_bytes);

        let transaction = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Deleting first lets the new rows use the pages that become free. The group itself always stays: what was
        // acknowledged is not deleted in the same breath, so the bound may be passed by the size of one group.
        let evicted = if jobs.is_empty() {
            Evicted::default()
        } else {
            evict(&transaction, excess)?
        };
        let mut seqs = Vec::with_capacity(jobs.len());
        {
            let mut insert = transaction
                .prepare_cached("INSERT INTO batches (received, flags, spans, body) VALUES (?1, ?2, ?3, ?4)")?;
            for (job, body) in jobs.iter().zip(&bodies) {
                let row = insert.insert((job.received.cast_signed(), job.batch.flags, job.batch.spans, body))?;
                seqs.push(row.cast_unsigned());
            }
            let mut set = transaction.prepare_cached(
                "INSERT INTO cursors (name, seq) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq",
            )?;
            for (name, seq) in cursors {
                set.execute((name, seq.cast_signed()))?;
            }
        }
        transaction.commit()?;

        let before = self.contents;
        let contents = Contents {
            batches: before.batches - evicted.batches + jobs.len() as u64,
            bytes: before.bytes - evicted.bytes + added,
            first_seq: before.first_seq + evicted.batches,
            last_seq: seqs.last().copied().unwrap_or(before.last_seq),
        };
        Ok(Written {
            seqs,
            evicted_batches: evicted.batches,
            evicted_spans: evicted.spans,
            contents,
        })
    }
}

/// An error of the compressor's, in the type that the rest of a group's errors have.
fn outside(error: std::io::Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Batch, Pending};

    fn batch(seed: u8) -> Batch {
        // Does not compress, so that the file really grows.
        let mut state = u64::from(seed) + 1;
        let body = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        });
        Batch {
            body: body.take(20_000).collect(),
            spans: 2,
            flags: 0,
        }
    }

    fn open(path: &std::path::Path) -> (Writer, Queue) {
        let lock = file::lock(path).unwrap();
        let (writer, counts, cursors) = Writer::new(file::open_or_replace(path).unwrap(), lock, 1 << 30).unwrap();
        (writer, Queue::new(counts, cursors))
    }

    fn append(writer: &mut Writer, queue: &Queue, seed: u8) -> Pending {
        let pending = queue.push(batch(seed)).unwrap();
        writer.handle(queue.next(), queue);
        pending
    }

    #[test]
    fn a_full_disk_fails_the_group_and_the_next_one_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let (mut writer, queue) = open(&folder.path().join("log"));
        assert_eq!(append(&mut writer, &queue, 1).wait().unwrap(), 1);

        // SQLite answers SQLITE_FULL, as it does when the file system has no room.
        let pages: i64 = writer
            .conn
            .pragma_query_value(None, "page_count", |row| row.get(0))
            .unwrap();
        let limit = |writer: &Writer, pages: i64| {
            writer
                .conn
                .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
                .unwrap();
        };
        limit(&writer, pages);
        queue.set_cursor("reader", 1);
        let error = append(&mut writer, &queue, 2).wait().unwrap_err();
        let LogError::Write(source) = &error else {
            panic!("{error:?}")
        };
        assert_eq!(source.sqlite_error_code(), Some(rusqlite::ErrorCode::DiskFull));
        assert_eq!((queue.counts().failed_batches, queue.counts().failed_spans), (1, 2));
        assert_eq!(*writer.tail().borrow(), 1);

        limit(&writer, 1 << 30);
        assert_eq!(
            append(&mut writer, &queue, 3).wait().unwrap(),
            2,
            "the failed batch used no number"
        );
        let counts = queue.counts();
        assert_eq!(
            (counts.appended_batches, counts.stored_batches, counts.last_seq),
            (2, 2, 2)
        );
        let cursor: i64 = writer
            .conn
            .query_row("SELECT seq FROM cursors", [], |row| row.get(0))
            .unwrap();
        assert_eq!(
            cursor, 1,
            "a cursor that failed with its group is written with the next"
        );
    }

    #[test]
    fn what_is_remembered_agrees_with_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let (mut writer, queue) = open(&folder.path().join("log"));
        writer.max_bytes = 90_000;
        for seed in 0..20 {
            append(&mut writer, &queue, seed).wait().unwrap();
        }
        let (remembered, real) = (writer.contents, Contents::read(&writer.conn).unwrap());
        assert_eq!(remembered, real);
        assert_eq!((real.batches, real.first_seq, real.last_seq), (4, 17, 20));
    }

    #[test]
    fn a_group_takes_what_waits_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let (mut writer, queue) = open(&folder.path().join("log"));
        let waiting: Vec<_> = (0..100).map(|seed| queue.push(batch(seed)).unwrap()).collect();
        let group = queue.next();
        assert_eq!(group.jobs.len(), crate::GROUP_BATCHES);
        writer.handle(group, &queue);
        assert_eq!(queue.counts().queued_batches, 36);
        assert_eq!(*writer.tail().borrow(), 64);
        writer.handle(queue.next(), &queue);
        let seqs: Vec<_> = waiting.into_iter().map(|pending| pending.wait().unwrap()).collect();
        assert_eq!(seqs, (1..=100).collect::<Vec<_>>());
    }
}
