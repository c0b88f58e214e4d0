//! What is written to the disk, and what becomes of it: everything comes back as it was, after a crash too.

use honeycomb::{Column, Event, Value, column};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use trace_store::{StoreConfig, TraceFilter, TraceStore, TraceSummary};

const SECOND: i64 = 1_000_000_000;

fn column(name: &str, value: Value) -> Column {
    Column {
        name: name.into(),
        value,
    }
}

fn text(name: &str, value: &str) -> Column {
    column(name, Value::String(value.into()))
}

fn event(time: i64, columns: Vec<Column>) -> Event {
    Event::new(time, 1, columns, [].into())
}

/// Now, in whole seconds: what is older than a store keeps would go at once.
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap().as_secs() as i64 * SECOND
}

fn span(trace: u64, number: u64, time: i64, more: Vec<Column>) -> Event {
    let mut columns = vec![
        text(column::TRACE_ID, &format!("{:032x}", u128::from(trace) + (1 << 100))),
        text(column::SPAN_ID, &format!("{number:016x}")),
        text(column::NAME, "GET /"),
        text(column::SERVICE_NAME, "shop"),
        column(column::DURATION_MS, Value::Float(number as f64)),
    ];
    columns.extend(more);
    event(time, columns)
}

/// A row with whatever may come: ids that are none, names in another case, one name with several types, links and events.
fn random_event(random: &mut StdRng, round: u64, base: i64) -> Event {
    // A trace comes within a few rounds.
    let trace = 3 * round + random.random_range(0..8_u64);
    let id = match trace % 10 {
        0 => format!("odd {trace}"),
        1 => format!("{:016x}", trace + 1),
        _ => format!("{:032x}", u128::from(trace) << 90),
    };
    let mut columns = vec![text(column::TRACE_ID, &id)];
    if random.random_ratio(5, 6) {
        columns.push(text(column::SPAN_ID, &format!("{:016x}", random.random_range(0..30))));
    } else {
        columns.push(text(column::ANNOTATION_TYPE, column::SPAN_EVENT));
    }
    if random.random_ratio(9, 10) {
        columns.push(text(column::PARENT_ID, &format!("{:016x}", random.random_range(0..40))));
    }
    columns.push(text(column::NAME, &format!("span {}", random.random_range(0..5))));
    columns.push(text(
        "service.name",
        ["shop", "browser", "mail"][random.random_range(0..3)],
    ));
    // Quarters add up exactly, in any order.
    let quarter = |random: &mut StdRng| f64::from(random.random_range(0..200)) / 4.0;
    columns.push(column(column::DURATION_MS, Value::Float(quarter(random))));
    for name in [
        "user.id",
        "user.name",
        "http.route",
        "timing.network_ms",
        "anything",
        "Anything",
        "time",
    ] {
        if random.random_ratio(1, 3) {
            let value = match (name, random.random_range(0..6)) {
                ("timing.network_ms", _) | (_, 0) => Value::Float(quarter(random)),
                (_, 1) => Value::Integer(random.random()),
                (_, 2) => Value::Boolean(random.random()),
                (_, 3) if name != "user.id" => Value::Float([0.1, f64::INFINITY, 1e-320][random.random_range(0..3)]),
                _ => Value::String(format!("{name} \"{}\"\u{1f}é", random.random_range(0..4)).into()),
            };
            columns.push(column(name, value));
        }
    }
    if random.random_ratio(1, 8) {
        columns.push(text("error", "timeout"));
    }
    let time = base + (round as i64 * 50 + random.random_range(0..200)) * SECOND / 1000;
    Event::new(time, random.random_range(1..4), columns, [].into())
}

fn config(folder: &Path) -> StoreConfig {
    StoreConfig {
        seal_rows: 1_000_000,
        ..StoreConfig::new(folder)
    }
}

fn open(folder: &Path) -> TraceStore {
    TraceStore::open(config(folder)).unwrap()
}

async fn all(store: &TraceStore, pairs: &[(&str, &str)], limit: usize) -> Vec<TraceSummary> {
    let mut filter = TraceFilter::parse(pairs.iter().copied()).unwrap();
    filter.limit = limit;
    let mut traces = Vec::new();
    loop {
        let page = store.traces(&filter).await.unwrap();
        traces.extend(page.traces);
        match page.next {
            Some(next) => filter.cursor = Some(next),
            None => return traces,
        }
    }
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut paths: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    paths.sort();
    paths
}

/// As JSON, but for numbers of one value and two types: a column has one.
fn comparable(events: &[Event]) -> Vec<String> {
    let value = |(name, value): (&str, &Value)| match value {
        Value::Integer(number) if number.unsigned_abs() < 1 << 53 => format!("{name}={}", *number as f64),
        Value::Float(number) => format!("{name}={number}"),
        other => format!("{name}={other:?}"),
    };
    let row = |event: &Event| {
        let columns: Vec<_> = event.columns().map(value).collect();
        format!("{} {} {columns:?}", event.time_unix_nano, event.sample_rate)
    };
    events.iter().map(row).collect()
}

/// Whether rows are in memory, in one segment or in many, before or after they were merged and opened again: the answers
/// are those of a store that has all in memory.
#[tokio::test]
async fn whatever_comes_is_found_again_wherever_it_lies() {
    for seed in 0..4 {
        let mut random = StdRng::seed_from_u64(seed);
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(folder.path());
        let plain = TraceStore::new(1_000_000);
        let base = now();
        for round in 0..20 {
            let count = random.random_range(1..40);
            let events: Vec<_> = (0..count).map(|_| random_event(&mut random, round, base)).collect();
            plain.ingest(events.clone());
            store.ingest_to(events, round + 1);
            match random.random_range(0..4) {
                0 | 1 => store.seal().unwrap(),
                2 => {
                    store.seal().unwrap();
                    store.tidy();
                    drop(store);
                    store = open(folder.path());
                }
                _ => {}
            }
        }
        let (stats, expected) = (store.stats(), plain.stats());
        assert_eq!((stats.events, stats.dropped), (expected.events, 0), "seed {seed}");
        for pairs in [
            &[][..],
            &[("service", "mail")],
            &[("user", "user.id \"1\"\u{1f}é")],
            &[("error", "true"), ("min_ms", "100")],
            &[("max_ms", "180")],
        ] {
            let found = all(&store, pairs, random.random_range(3..12)).await;
            assert_eq!(found, all(&plain, pairs, 1000).await, "seed {seed}, {pairs:?}");
        }
        for trace in all(&plain, &[], 1000).await {
            let found = store.trace(&trace.trace_id).await.unwrap();
            let expected = plain.trace(&trace.trace_id).await.unwrap();
            assert_eq!(
                comparable(&found),
                comparable(&expected),
                "seed {seed}, {}",
                trace.trace_id
            );
        }
    }
}

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

#[tokio::test]
async fn names_beyond_the_limit_other_types_and_other_spellings_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let many = (0..600).map(|number| column(&format!("attribute.{number}"), Value::Integer(number)));
    let first = span(1, 1, now(), many.collect());
    let second = span(
        1,
        2,
        now() + 1,
        vec![
            text("attribute.1", "a text"),
            column("Attribute.2", Value::Integer(5)),
            // Whole numbers become numbers where one comes that is not whole.
            column("attribute.3", Value::Float(2.5)),
            column("attribute.599", Value::Boolean(true)),
        ],
    );
    store.ingest(vec![first.clone(), second.clone()]);
    store.seal().unwrap();
    drop(store);
    let found = open(folder.path())
        .trace(&format!("{:032x}", 1 + (1_u128 << 100)))
        .await
        .unwrap();
    assert_eq!(comparable(&found), comparable(&[first, second]));
    assert_eq!(found[1].get("attribute.1"), Some(&Value::String("a text".into())));
    assert_eq!(found[1].get("Attribute.2"), Some(&Value::Integer(5)));
}

/// A column of integers, of which one is too large for a float, in a segment that is merged with floats of the name.
#[tokio::test]
async fn large_integers_outlive_a_merge_with_floats() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for round in 0..8_u64 {
        let value = match round {
            3 => Value::Integer(i64::MAX - 1),
            5 => Value::Float(0.5),
            _ => Value::Integer(7),
        };
        store.ingest(vec![span(1, round, now(), vec![column("n", value)])]);
        store.seal().unwrap();
    }
    store.tidy();
    assert_eq!(store.stats().segments, 1);
    let rows = store.trace(&format!("{:032x}", 1 + (1_u128 << 100))).await.unwrap();
    let numbers: Vec<_> = rows.iter().map(|row| row.get("n").unwrap().to_string()).collect();
    assert_eq!(numbers, ["7", "7", "7", "9223372036854775806", "7", "0.5", "7", "7"]);
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
