//! The log from the outside: what is appended is read, in order, by everybody, after a restart too.

use std::collections::BTreeMap;
use std::thread;

use span_log::{AppendError, Batch, Config, LogError, QUEUE_BYTES, SpanLog};
use tempfile::TempDir;

fn batch(text: impl Into<String>) -> Batch {
    Batch {
        body: text.into().into_bytes(),
        spans: 1,
        flags: 0,
    }
}

fn folder_and_config() -> (TempDir, Config) {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::new(folder.path().join("made/on/the/way/spans.sqlite"));
    (folder, config)
}

/// Everything after `after`, in pages of about `max_bytes`.
fn read_all(log: &SpanLog, after: u64, max_bytes: usize) -> Vec<(u64, String)> {
    let mut reader = log.reader(after);
    let mut all = Vec::new();
    loop {
        let page = reader.page(max_bytes).unwrap();
        assert_eq!((page.skipped, page.unreadable), (0, 0));
        if page.batches.is_empty() {
            return all;
        }
        all.extend(
            page.batches
                .into_iter()
                .map(|stored| (stored.seq, String::from_utf8(stored.body).unwrap())),
        );
    }
}

#[test]
fn what_is_appended_is_read() {
    let (_folder, config) = folder_and_config();
    let log = SpanLog::open(config).unwrap();
    let bodies = [vec![0; 300_000], Vec::new(), (0..=255).collect::<Vec<u8>>()];
    for (n, body) in bodies.iter().enumerate() {
        let batch = Batch {
            body: body.clone(),
            spans: 10 + n as u32,
            flags: n as u32,
        };
        assert_eq!(log.append(batch).unwrap().wait().unwrap(), n as u64 + 1);
    }
    let page = log.reader(0).page(1 << 20).unwrap();
    assert_eq!((page.skipped, page.unreadable), (0, 0));
    for (n, (stored, body)) in page.batches.iter().zip(&bodies).enumerate() {
        assert_eq!(
            (stored.seq, stored.spans, stored.flags),
            (n as u64 + 1, 10 + n as u32, n as u32)
        );
        assert_eq!(&stored.body, body);
    }
    assert!(page.batches.is_sorted_by_key(|stored| stored.received));
    // 2026-01-01 in microseconds: the unit is right.
    assert!(page.batches[0].received > 1_767_225_600_000_000);
    let counts = log.counts();
    assert_eq!(
        (counts.appended_batches, counts.appended_spans, counts.stored_batches),
        (3, 33, 3)
    );
    assert_eq!((counts.first_seq, counts.last_seq), (1, 3));
    assert!(counts.stored_bytes < 1_000, "300,000 zeros are compressed: {counts:?}");
}

#[test]
fn a_page_ends_at_its_size_and_has_at_least_one_batch() {
    let (_folder, config) = folder_and_config();
    let log = SpanLog::open(config).unwrap();
    for _ in 0..5 {
        log.append(Batch {
            body: vec![7; 1000],
            spans: 1,
            flags: 0,
        })
        .unwrap()
        .wait()
        .unwrap();
    }
    let mut reader = log.reader(0);
    let mut page = |max_bytes| reader.page(max_bytes).unwrap().batches.len();
    assert_eq!([page(2500), page(10), page(0), page(1000), page(1000)], [2, 1, 1, 1, 0]);
    assert_eq!(reader.position(), 5);
}

#[test]
fn many_threads_get_numbers_of_their_own_and_all_survives_a_restart() {
    let (_folder, config) = folder_and_config();
    let log = SpanLog::open(config.clone()).unwrap();
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let log = log.clone();
            thread::spawn(move || {
                (0..50)
                    .map(|n| {
                        let text = format!("{thread}/{n}");
                        (log.append(batch(&text)).unwrap().wait().unwrap(), text)
                    })
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    let acknowledged: BTreeMap<u64, String> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    assert!(acknowledged.keys().copied().eq(1..=400), "no number twice, no gap");
    log.close();

    let log = SpanLog::open(config).unwrap();
    assert!(read_all(&log, 0, 64).into_iter().eq(acknowledged));
    assert_eq!(log.append(batch("next")).unwrap().wait().unwrap(), 401);
}

#[test]
fn closing_writes_what_is_queued_and_takes_nothing_more() {
    let (_folder, config) = folder_and_config();
    let log = SpanLog::open(config.clone()).unwrap();
    let other = log.clone();
    let tail = log.tail();
    let waiting: Vec<_> = (0..200).map(|n| log.append(batch(n.to_string())).unwrap()).collect();
    log.close();
    for (n, pending) in waiting.into_iter().enumerate() {
        assert_eq!(pending.wait().unwrap(), n as u64 + 1);
    }
    assert_eq!(other.append(batch("late")).unwrap_err(), AppendError::Closed);
    assert_eq!(other.counts().refused_batches, 1);
    assert!(tail.has_changed().is_err(), "followers see the end");
    assert_eq!(read_all(&SpanLog::open(config).unwrap(), 0, 1 << 20).len(), 200);
}

#[test]
fn a_cursor_survives_a_restart_and_goes_with_no_other() {
    let (_folder, config) = folder_and_config();
    let log = SpanLog::open(config.clone()).unwrap();
    for n in 0..3 {
        log.append(batch(n.to_string())).unwrap().wait().unwrap();
    }
    assert_eq!(log.cursor("store"), 0);
    log.set_cursor("store", 3);
    log.set_cursor("store", 2);
    log.set_cursor("honeycomb", 1);
    assert_eq!(log.cursor("store"), 2, "at once, for whoever asks in this process");
    log.close();
    let log = SpanLog::open(config).unwrap();
    assert_eq!(
        [log.cursor("store"), log.cursor("honeycomb"), log.cursor("none")],
        [2, 1, 0]
    );
    assert_eq!(read_all(&log, log.cursor("store"), 1 << 20), [(3, "2".to_owned())]);
}

#[test]
fn a_reader_can_start_at_the_newest_spans() {
    let (_folder, config) = folder_and_config();
    let log = SpanLog::open(config).unwrap();
    assert_eq!(log.seq_before_spans(10).unwrap(), 0);
    for spans in [5, 3, 4] {
        log.append(Batch {
            body: vec![1],
            spans,
            flags: 0,
        })
        .unwrap()
        .wait()
        .unwrap();
    }
    let before = [0, 1, 4, 5, 7, 8, 12, 13].map(|spans| log.seq_before_spans(spans).unwrap());
    assert_eq!(before, [3, 2, 2, 1, 1, 0, 0, 0]);
}

#[test]
fn a_place_from_another_log_is_no_place_in_this_one() {
    let (_folder, config) = folder_and_config();
    let log = SpanLog::open(config).unwrap();
    log.append(batch("a")).unwrap().wait().unwrap();
    assert_eq!(log.reader(77).page(100).unwrap().batches.len(), 1);
    assert_eq!(log.reader(1).page(100).unwrap().batches.len(), 0);
}

#[test]
fn what_is_larger_than_the_queue_is_refused_with_its_size() {
    let (_folder, config) = folder_and_config();
    let log = SpanLog::open(config).unwrap();
    let bytes = QUEUE_BYTES + 1;
    let refusal = log
        .append(Batch {
            body: vec![0; bytes],
            spans: 9,
            flags: 0,
        })
        .unwrap_err();
    assert_eq!(refusal, AppendError::TooLarge { bytes });
    assert_eq!((log.counts().refused_batches, log.counts().refused_spans), (1, 9));
}

#[tokio::test]
async fn a_follower_wakes_when_something_is_on_disk() {
    let (_folder, config) = folder_and_config();
    let log = SpanLog::open(config).unwrap();
    let mut tail = log.tail();
    assert_eq!(*tail.borrow_and_update(), 0);
    let follower = tokio::spawn(async move {
        tail.changed().await.unwrap();
        let seq = *tail.borrow_and_update();
        (seq, tail)
    });
    assert_eq!(log.append(batch("a")).unwrap().durable().await.unwrap(), 1);
    let (seq, mut tail) = follower.await.unwrap();
    assert_eq!(seq, 1);
    tokio::task::spawn_blocking(|| log.close()).await.unwrap();
    assert!(tail.changed().await.is_err());
}

#[test]
fn somebody_elses_database_is_left_alone() {
    let (_folder, config) = folder_and_config();
    std::fs::create_dir_all(config.path.parent().unwrap()).unwrap();
    let theirs = rusqlite::Connection::open(&config.path).unwrap();
    theirs
        .execute_batch("CREATE TABLE people (name TEXT); INSERT INTO people VALUES ('Ann')")
        .unwrap();
    drop(theirs);
    let error = SpanLog::open(config.clone()).unwrap_err();
    assert!(matches!(error, LogError::Foreign { .. }), "{error:?}");
    let theirs = rusqlite::Connection::open(&config.path).unwrap();
    assert_eq!(
        theirs
            .query_row("SELECT name FROM people", [], |row| row.get::<_, String>(0))
            .unwrap(),
        "Ann"
    );
}
