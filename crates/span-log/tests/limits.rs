//! The log when something gives: the bound, the queue, the disk, the file.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use span_log::{AppendError, Batch, Config, LogError, QUEUE_BATCHES, SpanLog};

/// A body that does not compress.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let bytes = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[4]
    });
    bytes.take(len).collect()
}

fn batch(seed: u64, len: usize) -> Batch {
    Batch {
        body: noise(seed, len),
        spans: 3,
        flags: 0,
    }
}

fn append(log: &SpanLog, batch: Batch) -> Result<u64, LogError> {
    log.append(batch).unwrap().wait()
}

/// The files whose names go on after the log's, such as `.damaged-…`.
fn beside(path: &Path, infix: &str) -> Vec<PathBuf> {
    let start = format!("{}{infix}", path.file_name().unwrap().to_str().unwrap());
    let entries = fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(&start))
        .collect()
}

#[test]
fn at_the_bound_the_oldest_go_and_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spans.sqlite");
    let log = SpanLog::open(Config {
        path: path.clone(),
        max_bytes: 1_000_000,
    })
    .unwrap();
    let mut slow = log.reader(0);
    for seed in 0..10 {
        append(&log, batch(seed, 10_000)).unwrap();
    }
    assert_eq!(slow.page(20_000).unwrap().batches.len(), 2);
    assert_eq!(log.counts().evicted_batches, 0);

    for seed in 10..1_000 {
        append(&log, batch(seed, 10_000)).unwrap();
    }
    let counts = log.counts();
    assert!(
        counts.stored_bytes <= 1_000_000 && counts.stored_bytes > 980_000,
        "{counts:?}"
    );
    assert_eq!((counts.last_seq, counts.first_seq), (1_000, counts.evicted_batches + 1));
    assert_eq!(counts.stored_batches + counts.evicted_batches, 1_000);
    assert_eq!(counts.evicted_spans, 3 * counts.evicted_batches);

    let page = slow.page(usize::MAX).unwrap();
    assert_eq!(
        page.skipped,
        counts.first_seq - 1 - 2,
        "two were seen, the rest of the evicted were not"
    );
    assert_eq!(page.batches.len() as u64, counts.stored_batches);
    assert_eq!(page.batches[0].body, noise(counts.first_seq - 1, 10_000));
    assert_eq!(log.seq_before_spans(u64::MAX).unwrap(), counts.first_seq - 1);

    log.close();
    let size = fs::metadata(&path).unwrap().len();
    assert!(
        size < 1_600_000,
        "ten times the bound went through a file of {size} bytes"
    );
    let log = SpanLog::open(Config {
        path,
        max_bytes: 1_000_000,
    })
    .unwrap();
    let again = log.counts();
    assert_eq!(
        (
            again.stored_batches,
            again.stored_bytes,
            again.first_seq,
            again.last_seq
        ),
        (
            counts.stored_batches,
            counts.stored_bytes,
            counts.first_seq,
            counts.last_seq
        )
    );
}

#[test]
fn a_batch_larger_than_the_bound_is_kept_until_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let log = SpanLog::open(Config {
        path: folder.path().join("log"),
        max_bytes: 1_000,
    })
    .unwrap();
    append(&log, batch(1, 5_000)).unwrap();
    assert_eq!(log.reader(0).page(1).unwrap().batches[0].body, noise(1, 5_000));
    append(&log, batch(2, 100)).unwrap();
    assert_eq!((log.counts().stored_batches, log.counts().evicted_batches), (1, 1));
}

#[test]
fn a_full_queue_is_an_answer_and_not_a_wait() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let log = SpanLog::open(Config::new(&path)).unwrap();
    // The writer waits for this lock, as it would for a stuck disk.
    let blocker = Connection::open(&path).unwrap();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();

    let mut waiting = vec![log.append(batch(0, 10)).unwrap()];
    while log.counts().queued_batches > 0 {
        // Until the writer has taken it; from then on it is stuck, and the queue can only grow.
        std::thread::yield_now();
    }
    let refusal = loop {
        match log.append(batch(waiting.len() as u64, 10)) {
            Ok(pending) => waiting.push(pending),
            Err(refusal) => break refusal,
        }
    };
    assert_eq!(refusal, AppendError::Full);
    let counts = log.counts();
    assert_eq!(
        (counts.refused_batches, counts.refused_spans, counts.appended_batches),
        (1, 3, 0)
    );
    assert_eq!(
        (counts.queued_batches, waiting.len()),
        (QUEUE_BATCHES as u64, QUEUE_BATCHES + 1)
    );

    blocker.execute_batch("COMMIT").unwrap();
    for (n, pending) in waiting.into_iter().enumerate() {
        assert_eq!(pending.wait().unwrap(), n as u64 + 1);
    }
    assert_eq!(append(&log, batch(0, 10)).unwrap(), log.counts().last_seq);
}

#[test]
fn a_group_that_fails_is_answered_and_the_log_lives_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let log = SpanLog::open(Config::new(&path)).unwrap();
    append(&log, batch(1, 10)).unwrap();
    let saboteur = Connection::open(&path).unwrap();
    saboteur
        .execute_batch("CREATE TRIGGER fails BEFORE INSERT ON batches BEGIN SELECT RAISE(ABORT, 'disk on fire'); END")
        .unwrap();
    log.set_cursor("reader", 1);
    let error = append(&log, batch(2, 10)).unwrap_err();
    let LogError::Write(cause) = &error else {
        panic!("{error:?}")
    };
    assert!(cause.to_string().contains("disk on fire"), "the cause is kept: {cause}");
    assert_eq!((log.counts().failed_batches, log.counts().failed_spans), (1, 3));
    saboteur.execute_batch("DROP TRIGGER fails").unwrap();
    assert_eq!(append(&log, batch(3, 10)).unwrap(), 2);
    log.close();
    assert_eq!(SpanLog::open(Config::new(path)).unwrap().cursor("reader"), 1);
}

#[test]
fn a_file_that_is_no_database_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spans.sqlite");
    fs::write(&path, "not a database, and longer than its header would be".repeat(100)).unwrap();
    let log = SpanLog::open(Config::new(&path)).unwrap();
    assert_eq!(append(&log, batch(1, 10)).unwrap(), 1);
    let aside = beside(&path, ".damaged-");
    assert_eq!(aside.len(), 1);
    assert!(fs::read_to_string(&aside[0]).unwrap().starts_with("not a database"));
}

#[test]
fn a_damaged_log_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spans.sqlite");
    let log = SpanLog::open(Config::new(&path)).unwrap();
    for seed in 0..50 {
        append(&log, batch(seed, 10_000)).unwrap();
    }
    log.close();
    // Everything but the first page.
    let mut bytes = fs::read(&path).unwrap();
    bytes[4096..].fill(0xa5);
    fs::write(&path, bytes).unwrap();

    let log = SpanLog::open(Config::new(&path)).unwrap();
    assert_eq!((log.counts().stored_batches, log.counts().last_seq), (0, 0));
    assert_eq!(append(&log, batch(1, 10)).unwrap(), 1);
    assert!(!beside(&path, ".damaged-").is_empty());
}

#[test]
fn a_damaged_body_is_passed_over_and_the_rest_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spans.sqlite");
    let log = SpanLog::open(Config::new(&path)).unwrap();
    for seed in 0..4 {
        append(&log, batch(seed, 500)).unwrap();
    }
    let other = Connection::open(&path).unwrap();
    // One bit of the contents (only the checksum sees that), and a header that is none.
    let mut body: Vec<u8> = other
        .query_row("SELECT body FROM batches WHERE seq = 2", [], |row| row.get(0))
        .unwrap();
    body[250] ^= 1;
    other
        .execute("UPDATE batches SET body = ?1 WHERE seq = 2", [body])
        .unwrap();
    other
        .execute("UPDATE batches SET body = x'00' WHERE seq = 3", [])
        .unwrap();
    let page = log.reader(0).page(1 << 20).unwrap();
    assert_eq!(page.batches.iter().map(|stored| stored.seq).collect::<Vec<_>>(), [1, 4]);
    assert_eq!((page.unreadable, page.skipped), (2, 0));
}

#[test]
fn an_idle_reader_does_not_let_the_write_ahead_log_grow() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spans.sqlite");
    let log = SpanLog::open(Config {
        path,
        max_bytes: 2_000_000,
    })
    .unwrap();
    let mut reader = log.reader(0);
    append(&log, batch(0, 100_000)).unwrap();
    append(&log, batch(0, 100_000)).unwrap();
    // It has read one of two rows: a statement left open would hold its snapshot from here on.
    assert_eq!(reader.page(1).unwrap().batches.len(), 1);
    for seed in 0..400 {
        append(&log, batch(seed, 100_000)).unwrap();
    }
    let wal = fs::metadata(folder.path().join("spans.sqlite-wal")).unwrap().len();
    assert!(wal < 16 << 20, "40 MB went through a write-ahead log of {wal} bytes");
    assert!(reader.page(1).unwrap().skipped > 0);
}
