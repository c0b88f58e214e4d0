//! Whatever comes is found again, as it was.

use crate::{SECOND, all, column, now, open, span, text};
use honeycomb::{Event, Value};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use trace_store::TraceStore;

/// A row with whatever may come: ids that are none, names in another case, one name with several types, links and events.
fn random_event(random: &mut StdRng, round: u64, base: i64) -> Event {
    // A trace comes within a few rounds.
    let trace = 3 * round + random.random_range(0..8_u64);
    let id = match trace % 10 {
        0 => format!("odd {trace}"),
        1 => format!("{:016x}", trace + 1),
        _ => format!("{:032x}", u128::from(trace) << 90),
    };
    let mut columns = vec![text(honeycomb::column::TRACE_ID, &id)];
    if random.random_ratio(5, 6) {
        columns.push(text(
            honeycomb::column::SPAN_ID,
            &format!("{:016x}", random.random_range(0..30)),
        ));
    } else {
        columns.push(text(honeycomb::column::ANNOTATION_TYPE, honeycomb::column::SPAN_EVENT));
    }
    if random.random_ratio(9, 10) {
        columns.push(text(
            honeycomb::column::PARENT_ID,
            &format!("{:016x}", random.random_range(0..40)),
        ));
    }
    columns.push(text(
        honeycomb::column::NAME,
        &format!("span {}", random.random_range(0..5)),
    ));
    columns.push(text(
        "service.name",
        ["shop", "browser", "mail"][random.random_range(0..3)],
    ));
    // Quarters add up exactly, in any order.
    let quarter = |random: &mut StdRng| f64::from(random.random_range(0..200)) / 4.0;
    columns.push(column(honeycomb::column::DURATION_MS, Value::Float(quarter(random))));
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
