//! Random queries on random rows, against the plain evaluator.

use crate::{NOW, SECOND, float, run, saved, text};
use honeycomb::query::oracle;
use honeycomb::{Column, Event, Query, QueryResult, Value, column, rfc3339};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value as Json, json};
use std::path::Path;
use trace_store::{StoreConfig, TraceStore};

/// A row of few columns with few values each, so that groups and filters meet some.
fn random_event(random: &mut StdRng, type_of_code: u32) -> Event {
    let mut columns = Vec::new();
    for (name, pool) in [("name", 5), ("service.name", 2), ("user.id", 12)] {
        if random.random_ratio(4, 5) {
            columns.push(text(name, &format!("{name} {}", random.random_range(0..pool))));
        }
    }
    if random.random_ratio(9, 10) {
        let nanoseconds = (random.random_range(0.0..8_f64).exp() * 1e6).round();
        columns.push(float("duration_ms", nanoseconds / 1e6));
    }
    if random.random_ratio(1, 2) {
        let value = match (type_of_code, random.random_range(0..4)) {
            (0, _) => Value::String(["200", "name 00"][random.random_range(0..2)].into()),
            (1, _) => Value::Boolean(random.random()),
            (_, 0) => Value::Float(200.0),
            (_, 1) => Value::Float([f64::NAN, f64::INFINITY, -200.5][random.random_range(0..3)]),
            _ => Value::Integer(random.random_range(199..202)),
        };
        columns.push(Column {
            name: "code".into(),
            value,
        });
    }
    let time = NOW - random.random_range(-10 * SECOND..4000 * SECOND);
    Event::new(time, random.random_range(1..4), columns, [].into())
}

/// A row of a trace, with what the saved queries look at.
fn random_span(random: &mut StdRng) -> Event {
    let trace = random.random_range(1..20_u128);
    let mut columns = vec![
        text(column::TRACE_ID, &format!("{:032x}", trace << 96 | trace)),
        text(column::SPAN_ID, &format!("{:016x}", random.random::<u64>())),
        text(column::NAME, ["GET", "click", "INSERT"][random.random_range(0..3)]),
        text(column::SERVICE_NAME, ["front", "back"][random.random_range(0..2)]),
        float(column::DURATION_MS, f64::from(random.random_range(1..100_000)) / 8.0),
    ];
    if random.random_ratio(1, 2) {
        columns.push(text(column::PARENT_ID, &format!("{:016x}", random.random::<u64>())));
    }
    if random.random_ratio(2, 3) {
        let person = random.random_range(0..9);
        columns.push(text("user.id", &format!("id {person}")));
        columns.push(text("user.name", &format!("name {person}")));
    }
    if random.random_ratio(1, 3) {
        columns.push(float("timing.network_ms", f64::from(random.random_range(0..800)) / 8.0));
        columns.push(text("url.template", ["/a", "/b/{id}"][random.random_range(0..2)]));
    }
    if random.random_ratio(1, 10) {
        columns.push(text(column::ANNOTATION_TYPE, column::SPAN_EVENT));
    }
    Event::new(NOW - random.random_range(0..90_000) * SECOND, 1, columns, [].into())
}

const COLUMNS: [&str; 6] = [
    "name",
    "service.name",
    "user.id",
    "duration_ms",
    "code",
    "no such column",
];

/// A query of the kind that a person asks, with every operator now and then. Groups are ordered and kept by what an engine
/// calculates exactly: one whose percentiles are approximate would otherwise answer with other groups.
fn random_query(random: &mut StdRng) -> Query {
    let mut column = || *COLUMNS.choose(random).unwrap();
    let (first, second) = (column(), column());
    let mut breakdowns = vec![first];
    if second != first {
        breakdowns.push(second);
    }
    breakdowns.truncate(random.random_range(0..3));
    let mut calculations = vec![json!({"op": "COUNT"})];
    for _ in 0..random.random_range(0..4) {
        let op = honeycomb::query::Op::ALL.choose(random).unwrap().0;
        let calculation = json!({"op": op, "column": COLUMNS.choose(random).unwrap()});
        if !calculations.contains(&calculation) {
            calculations.push(calculation);
        }
    }
    let filters: Vec<_> = (0..random.random_range(0..3)).map(|_| random_filter(random)).collect();
    let mut query = json!({
        "time_range": random.random_range(1..5000),
        "breakdowns": breakdowns,
        "calculations": calculations,
        "filters": filters,
        "filter_combination": if random.random() { "AND" } else { "OR" },
        "limit": random.random_range(1..12),
    });
    if random.random_ratio(2, 3) {
        let order = |random: &mut StdRng| if random.random() { "ascending" } else { "descending" };
        let mut orders = vec![json!({"op": "COUNT", "order": order(random)})];
        if let Some(column) = breakdowns.choose(random) {
            orders.insert(
                random.random_range(0..2),
                json!({"column": column, "order": order(random)}),
            );
        }
        query["orders"] = orders.into();
    }
    if random.random_ratio(1, 3) {
        let op = ["=", "!=", ">", ">=", "<", "<="].choose(random).unwrap();
        query["havings"] = json!([{"calculate_op": "COUNT", "op": op, "value": random.random_range(0..20)}]);
    }
    Query::from_json(&query).unwrap()
}

fn random_filter(random: &mut StdRng) -> Json {
    let op = honeycomb::query::FilterOp::ALL.choose(random).unwrap().0;
    let value = |random: &mut StdRng| match random.random_range(0..6) {
        0 => json!(200),
        1 => json!(200.0),
        2 => json!(random.random::<bool>()),
        3 => json!(random.random_range(0.0..3000.0)),
        4 => json!("200"),
        _ => json!(format!("name {}", random.random_range(0..5))),
    };
    let value = match op {
        "exists" | "does-not-exist" => Json::Null,
        "in" | "not-in" => json!([value(random), value(random)]),
        "=" | "!=" | "<" | "<=" | ">" | ">=" => value(random),
        _ => json!(["name", " 3", "00", ""].choose(random).unwrap()),
    };
    json!({"column": COLUMNS.choose(random).unwrap(), "op": op, "value": value})
}

/// Equal but for the last digits of a sum; a percentile that is not exact may be 1 % off.
fn same(query: &Query, exact: bool, a: &[Option<f64>], b: &[Option<f64>]) -> bool {
    let close = |((a, b), calculation): ((&Option<f64>, &Option<f64>), &honeycomb::query::Calculation)| {
        let off = match calculation.op {
            honeycomb::query::Op::Percentile(_) if !exact => 0.0101,
            _ => 1e-9,
        };
        match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() <= off * a.abs().max(b.abs()),
            (a, b) => a == b,
        }
    };
    a.len() == b.len() && a.iter().zip(b).zip(&query.calculations).all(close)
}

/// How many rows are in the cells.
fn counted(heatmaps: &[honeycomb::query::Heatmap]) -> Vec<u64> {
    let counted = |heatmap: &honeycomb::query::Heatmap| heatmap.cells.iter().map(|cell| cell.count).sum();
    heatmaps.iter().map(counted).collect()
}

/// The answer, but for what may be approximate, against the evaluator's.
fn compare(query: &Query, exact: bool, found: &QueryResult, expected: &QueryResult, told: &str) {
    assert_eq!(found.window, expected.window, "{}", told);
    assert_eq!(
        (found.row_count, found.group_count),
        (expected.row_count, expected.group_count),
        "{}",
        told
    );
    assert!(
        same(query, exact, &found.totals, &expected.totals),
        "{}\n{found:#?}\n{expected:#?}",
        told
    );
    assert_eq!(found.groups.len(), expected.groups.len(), "{}", told);
    for (found, expected) in found.groups.iter().zip(&expected.groups) {
        let mut keys = found.breakdowns.iter().zip(&expected.breakdowns);
        // 200 and 200.0 are one number, and so are two that are none.
        let text = |value: &Option<Value>| value.as_ref().map(Value::to_string);
        let equal = |(a, b)| text(a) == text(b);
        assert!(keys.all(equal), "{}\n{found:?}\n{expected:?}", told);
        assert!(
            same(query, exact, &found.values, &expected.values),
            "{}\n{found:?}\n{expected:?}",
            told
        );
        assert_eq!(found.last_unix_nano, expected.last_unix_nano, "{}", told);
    }
    assert_eq!(found.series.len(), expected.series.len(), "{}", told);
    for (found, expected) in found.series.iter().zip(&expected.series) {
        assert_eq!(
            (found.time_unix_nano, found.group),
            (expected.time_unix_nano, expected.group),
            "{}",
            told
        );
        assert!(
            same(query, exact, &found.values, &expected.values),
            "{}\n{found:?}\n{expected:?}",
            told
        );
    }
    match exact {
        true => assert_eq!(found.heatmaps, expected.heatmaps, "{}", told),
        // A value beside the edge of a cell may be in the next one.
        false => assert_eq!(counted(&found.heatmaps), counted(&expected.heatmaps), "{}", told),
    }
}

/// A store of some rows, some of them in memory, some in segments.
fn store_of(folder: &Path, random: &mut StdRng, events: &[Event], exact_rows: u64) -> TraceStore {
    let store = TraceStore::open(StoreConfig {
        exact_rows,
        ..StoreConfig::new(folder)
    })
    .unwrap();
    for some in events.chunks(random.random_range(20..400)) {
        store.ingest(some.to_vec());
        if random.random() {
            store.seal().unwrap();
        }
    }
    store
}

/// The same for everybody; others with SEED=….
fn seed() -> u64 {
    std::env::var("SEED").map_or(1, |seed| seed.parse().unwrap())
}

#[tokio::test]
async fn random_queries_are_answered_as_by_the_plain_evaluator() {
    let seed = seed();
    let mut random = StdRng::seed_from_u64(seed);
    for round in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let exact = random.random();
        let type_of_code = random.random_range(0..3);
        let events: Vec<_> = (0..random.random_range(0..400))
            .map(|_| random_event(&mut random, type_of_code))
            .collect();
        let store = store_of(folder.path(), &mut random, &events, if exact { 100_000 } else { 0 });
        for _ in 0..25 {
            let query = random_query(&mut random);
            let (found, expected) = (run(&store, &query).await, oracle::evaluate(&query, &events, NOW));
            let told = || {
                format!(
                    "seed {seed}, round {round}, at {}: {}",
                    rfc3339(NOW),
                    serde_json::to_string(&query).unwrap()
                )
            };
            compare(&query, exact, &found, &expected, &told());
        }
    }
}

/// Those that people see, on rows as their filters and breakdowns want them.
#[tokio::test]
async fn the_saved_queries_are_answered_as_by_the_plain_evaluator() {
    let seed = seed();
    let mut random = StdRng::seed_from_u64(seed);
    for round in 0..8 {
        let folder = tempfile::tempdir().unwrap();
        let events: Vec<_> = (0..random.random_range(50..400))
            .map(|_| random_span(&mut random))
            .collect();
        let store = store_of(folder.path(), &mut random, &events, 100_000);
        for (name, query) in saved::all() {
            let (found, expected) = (run(&store, &query).await, oracle::evaluate(&query, &events, NOW));
            let told = format!("seed {seed}, round {round}, {name}");
            assert!(!found.groups.is_empty(), "{told}: nothing matches");
            compare(&query, true, &found, &expected, &told);
        }
    }
}
