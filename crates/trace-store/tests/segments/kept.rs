//! What becomes of segments: merged, bounded, set aside, and neither lost nor doubled.

use crate::{SECOND, all, config, files, now, open, span, text};
use honeycomb::Value;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use trace_store::{StoreConfig, TraceStore};

#[tokio::test]
async fn small_segments_become_one_and_nothing_else_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for round in 0..20 {
        // One trace has a row in each.
        store.ingest_to(
            vec![span(round, round, now(), vec![]), span(99, round, now(), vec![])],
            round + 1,
        );
        store.seal().unwrap();
    }
    assert_eq!(store.stats().segments, 20);
    store.tidy();
    assert_eq!(store.stats().segments, 20 - 2 * 7, "twice eight became one");
    assert_eq!(files(folder.path(), "parquet").len(), 6);
    assert_eq!(files(folder.path(), "summary").len(), 6);
    assert_eq!(
        store
            .trace(&format!("{:032x}", 99 + (1_u128 << 100)))
            .await
            .unwrap()
            .len(),
        20
    );
    assert_eq!(all(&store, &[], 5).await.len(), 21);
    drop(store);

    let store = open(folder.path());
    assert_eq!((store.stats().events, store.sealed_position()), (40, 20));
}

/// A merge that was cut off after its file was there, before those that it is made of were gone.
#[tokio::test]
async fn what_a_crash_leaves_is_neither_lost_nor_doubled() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for round in 0..8 {
        store.ingest_to(vec![span(round, round, now(), vec![])], round + 1);
        store.seal().unwrap();
    }
    store.ingest_to(vec![span(8, 8, now(), vec![])], 9);
    let copies = tempfile::tempdir().unwrap();
    let originals = [files(folder.path(), "parquet"), files(folder.path(), "summary")].concat();
    let copy = |path: &PathBuf| copies.path().join(path.file_name().unwrap());
    originals
        .iter()
        .for_each(|path| _ = fs::copy(path, copy(path)).unwrap());
    store.tidy();
    assert_eq!(store.stats().segments, 1);
    originals
        .iter()
        .for_each(|path| _ = fs::copy(copy(path), path).unwrap());
    fs::write(folder.path().join("0000000009-0000000009.parquet.writing"), "half").unwrap();
    fs::write(
        folder.path().join("0000000009-0000000009.summary"),
        "its rows were not renamed",
    )
    .unwrap();
    fs::write(folder.path().join("notes.txt"), "somebody's").unwrap();
    // As SIGKILL: what is in memory is not sealed.
    std::mem::forget(store);

    let store = open(folder.path());
    let stats = store.stats();
    assert_eq!((stats.events, stats.segments, stats.damaged_segments), (8, 1, 0));
    // The log replays from here: the ninth row is after it.
    assert_eq!(store.sealed_position(), 8);
    let names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 3, "{names:?}");
}

#[tokio::test]
async fn the_oldest_segments_go_first_at_the_bound() {
    let folder = tempfile::tempdir().unwrap();
    let noise = |random: &mut StdRng| {
        text(
            "noise",
            &(0..2000).map(|_| random.random_range('a'..='z')).collect::<String>(),
        )
    };
    let mut random = StdRng::seed_from_u64(7);
    let store = TraceStore::open(StoreConfig {
        max_bytes: 200_000,
        ..config(folder.path())
    })
    .unwrap();
    for round in 0..30 {
        store.ingest(
            (0..10)
                .map(|row| span(round, row, now(), vec![noise(&mut random)]))
                .collect(),
        );
        store.seal().unwrap();
        store.tidy();
        assert!(store.stats().segment_bytes <= 200_000);
    }
    let stats = store.stats();
    assert!(
        stats.expired > 0 && stats.events + stats.expired as usize == 300,
        "{stats:?}"
    );
    let left = all(&store, &[], 100).await.len();
    assert_eq!(left * 10, stats.events);
    assert!(
        store
            .trace(&format!("{:032x}", 1_u128 << 100))
            .await
            .unwrap()
            .is_empty(),
        "the first went first"
    );
    assert_eq!(
        store
            .trace(&format!("{:032x}", 29 + (1_u128 << 100)))
            .await
            .unwrap()
            .len(),
        10
    );
}

/// A clock that is wrong does not keep what is too old behind it.
#[tokio::test]
async fn one_segment_of_the_future_keeps_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let month = 31 * 24 * 60 * 60 * SECOND;
    for (trace, time) in [(1, now() + month), (2, now() - month), (3, now())] {
        store.ingest(vec![span(trace, 1, time, vec![])]);
        store.seal().unwrap();
    }
    store.tidy();
    let ids: Vec<_> = all(&store, &[], 10)
        .await
        .iter()
        .map(|trace| trace.time_unix_nano)
        .collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    assert!(ids.iter().all(|time| *time >= now() - SECOND * 60), "{ids:?}");
}

/// Who looks at another process's folder changes nothing there, and finds what was merged meanwhile.
#[tokio::test]
async fn a_reader_follows_the_folder_of_another_process_and_renames_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for trace in 1..=8 {
        store.ingest(vec![span(trace, 1, now(), vec![])]);
        store.seal().unwrap();
    }
    let reader = TraceStore::open_to_read(folder.path()).unwrap();
    store.tidy();
    assert_eq!(files(folder.path(), "parquet").len(), 1);
    assert_eq!(all(&reader, &[], 10).await.len(), 8);
    let count = "SELECT count(*) FROM spans";
    let counted = |table: trace_store::SqlTable| table.rows[0][0].clone();
    assert_eq!(counted(reader.sql(count).await.unwrap()), Some(Value::Integer(8)));

    // Damaged for good: left out, and left alone.
    let path = &files(folder.path(), "parquet")[0];
    let bytes = fs::read(path).unwrap();
    fs::write(path, &bytes[..bytes.len() - 10]).unwrap();
    let reader = TraceStore::open_to_read(folder.path()).unwrap();
    assert_eq!(all(&reader, &[], 10).await.len(), 0);
    let mut damaged = bytes.clone();
    damaged[4..200].fill(0xff);
    fs::write(path, &damaged).unwrap();
    let reader = TraceStore::open_to_read(folder.path()).unwrap();
    _ = reader.sql("SELECT name, \"trace.trace_id\" FROM spans").await;
    assert_eq!(files(folder.path(), "parquet").len(), 1);
    assert_eq!(files(folder.path(), "damaged").len(), 0);
}

#[tokio::test]
async fn what_is_too_old_goes_and_the_place_in_the_log_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = TraceStore::open(StoreConfig {
        max_age: Duration::from_secs(3600),
        ..config(folder.path())
    })
    .unwrap();
    for (round, age) in [7200, 7000, 60].into_iter().enumerate() {
        store.ingest_to(
            vec![span(round as u64, 1, now() - age * SECOND, vec![])],
            round as u64 + 1,
        );
        store.seal().unwrap();
    }
    store.tidy();
    assert_eq!((store.stats().segments, store.stats().expired), (1, 2));
    drop(store);
    assert_eq!(open(folder.path()).sealed_position(), 3);
}

#[tokio::test]
async fn a_damaged_segment_is_set_aside_at_the_start_or_when_it_is_read_and_the_rest_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for round in 0..4 {
        let note = text("note", &"a text that takes some room ".repeat(40 + round as usize));
        store.ingest_to(
            (0..50).map(|row| span(row, row, now(), vec![note.clone()])).collect(),
            round + 1,
        );
        store.seal().unwrap();
    }
    let segments = files(folder.path(), "parquet");
    // The middle of the third is other bytes.
    let mut bytes = fs::read(&segments[2]).unwrap();
    let half = bytes.len() / 2;
    bytes[100..half].fill(0xAA);
    fs::write(&segments[2], bytes).unwrap();
    let id = format!("{:032x}", 7 + (1_u128 << 100));
    assert_eq!(store.trace(&id).await.unwrap().len(), 3);
    assert_eq!((store.stats().damaged_segments, store.stats().segments), (1, 3));
    drop(store);

    // The first is cut off, and the second's summary.
    let cut = |path: &Path| {
        let file = fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    };
    cut(&segments[0]);
    cut(&segments[1].with_extension("summary"));
    let store = open(folder.path());
    assert_eq!((store.stats().damaged_segments, store.stats().segments), (2, 1));
    assert_eq!(store.trace(&id).await.unwrap().len(), 1);
    assert_eq!(all(&store, &[], 100).await.len(), 50);
    assert_eq!(
        files(folder.path(), "damaged").len(),
        6,
        "rows and summaries, for somebody to look at"
    );
    assert_eq!(store.sealed_position(), 4);
}

/// The threads do by themselves what the tests above ask for.
#[tokio::test]
async fn rows_are_sealed_merged_and_kept_within_the_bound_of_memory_while_they_come() {
    let folder = tempfile::tempdir().unwrap();
    let store = TraceStore::open(StoreConfig {
        seal_rows: 100,
        ..StoreConfig::new(folder.path())
    })
    .unwrap();
    for batch in 0..200_u64 {
        store.ingest_to((0..25).map(|row| span(batch, row, now(), vec![])).collect(), batch + 1);
        assert!(store.stats().memory_events <= 2 * 100 + 25, "{:?}", store.stats());
    }
    let stats = store.stats();
    assert_eq!((stats.events, stats.dropped), (5000, 0));
    assert!(stats.segments > 0);
    assert_eq!(all(&store, &[], 100).await.len(), 200);
    store.seal().unwrap();
    assert_eq!((store.sealed_position(), store.stats().memory_events), (200, 0));
}
