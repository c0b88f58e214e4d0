//! Queries: those that are saved in the repository on known rows by value, and random ones on random rows against the plain
//! evaluator.

use honeycomb::query::oracle;
use honeycomb::{Column, Event, Query, QueryResult, Value, column, rfc3339};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value as Json, json};
use trace_store::TraceStore;

/// 2026-11-24T02:13:51Z, when everything here is asked.
const NOW: i64 = 1_795_486_431_000_000_000;
const SECOND: i64 = 1_000_000_000;

fn text(name: &str, value: &str) -> Column {
    Column {
        name: name.into(),
        value: Value::String(value.into()),
    }
}

fn float(name: &str, value: f64) -> Column {
    Column {
        name: name.into(),
        value: Value::Float(value),
    }
}

fn event(seconds_ago: i64, sample_rate: u32, columns: Vec<Column>) -> Event {
    Event::new(NOW - seconds_ago * SECOND, sample_rate, columns, [].into())
}

const ROOT: &str = "00000000000000aa";

/// A trace's id: digits, as every trace that came by OTLP has.
fn id(trace: &str) -> String {
    format!("{:0<32}", trace.replace('t', "f"))
}

fn span(seconds_ago: i64, trace: &str, parent: Option<&str>, name: &str, duration_ms: f64, more: Vec<Column>) -> Event {
    let mut columns = vec![
        text(column::TRACE_ID, &id(trace)),
        text(column::SPAN_ID, name),
        text(column::NAME, name),
        text(
            column::SERVICE_NAME,
            if parent.is_some() {
                "shop-backend"
            } else {
                "shop-frontend"
            },
        ),
        float(column::DURATION_MS, duration_ms),
    ];
    columns.extend(parent.map(|_| text(column::PARENT_ID, ROOT)));
    columns.extend(more);
    event(seconds_ago, 1, columns)
}

fn person(name: &str) -> Vec<Column> {
    vec![text("user.id", &format!("id of {name}")), text("user.name", name)]
}

/// Five traces: three of ada (one of them of yesterday), one of bob, one of nobody.
fn rows() -> Vec<Event> {
    let fetch = |seconds_ago, trace, route: &str, network_ms| {
        let timing = vec![text("url.template", route), float("timing.network_ms", network_ms)];
        span(seconds_ago, trace, Some("root"), &format!("GET {route}"), 40.0, timing)
    };
    let note = |seconds_ago, trace| {
        let columns = vec![
            text(column::TRACE_ID, &id(trace)),
            text(column::PARENT_ID, ROOT),
            text(column::NAME, "note"),
            text(column::ANNOTATION_TYPE, column::SPAN_EVENT),
        ];
        event(seconds_ago, 1, columns)
    };
    vec![
        span(100_000, "t0", None, "root", 9000.0, person("ada")),
        span(3600, "t1", None, "root", 100.0, person("ada")),
        fetch(3599, "t1", "/a", 10.0),
        fetch(3598, "t1", "/a", 30.0),
        note(3598, "t1"),
        span(60, "t2", None, "root", 300.0, person("ada")),
        fetch(59, "t2", "/b", 20.0),
        span(30, "t3", None, "root", 50.0, person("bob")),
        span(10, "t4", None, "root", 200.0, vec![]),
    ]
}

fn saved(file: &str) -> Query {
    let whole: Json = serde_json::from_str(file).unwrap();
    Query::from_json(&whole["query"]).unwrap()
}

async fn run(store: &TraceStore, query: &Query) -> QueryResult {
    store.run(query, NOW).await.unwrap()
}

/// The `data` of the answer, as a client gets it.
async fn data(query: &Query) -> Json {
    let store = TraceStore::default();
    store.ingest(rows());
    let result = run(&store, query).await;
    serde_json::to_value(result.json(query)).unwrap()["data"].take()
}

fn results(data: &Json) -> Vec<Json> {
    let results = data["results"].as_array().unwrap();
    results.iter().map(|row| row["data"].clone()).collect()
}

#[tokio::test]
async fn latency_by_user() {
    let data = data(&saved(include_str!("../../../queries/latency-by-user.json"))).await;
    assert_eq!(
        results(&data),
        [
            json!({"user.id": "id of ada", "user.name": "ada", "P99(duration_ms)": 300, "P50(duration_ms)": 100, "COUNT": 2}),
            json!({"P99(duration_ms)": 200, "P50(duration_ms)": 200, "COUNT": 1}),
            json!({"user.id": "id of bob", "user.name": "bob", "P99(duration_ms)": 50, "P50(duration_ms)": 50, "COUNT": 1}),
        ]
    );
    assert_eq!(
        data["total_by_aggregate"]["data"],
        json!({"P99(duration_ms)": 300, "P50(duration_ms)": 100, "COUNT": 4})
    );

    // Steps of a quarter of an hour; buckets of a tenth of a decade.
    assert_eq!(data["heatmaps"][0]["name"], "HEATMAP(duration_ms)");
    let cells = data["heatmaps"][0]["cells"].as_array().unwrap();
    let cell = |cell: &Json| {
        let bound = |name: &str| cell[name].as_f64().unwrap().round();
        (
            cell["time"].as_str().unwrap()[11..16].to_owned(),
            bound("from"),
            bound("to"),
            cell["count"].as_u64().unwrap(),
        )
    };
    assert_eq!(
        cells.iter().map(cell).collect::<Vec<_>>(),
        [
            ("01:00".into(), 100.0, 126.0, 1),
            ("02:00".into(), 40.0, 50.0, 1),
            ("02:00".into(), 200.0, 251.0, 1),
            ("02:00".into(), 251.0, 316.0, 1),
        ]
    );
    let series: Vec<_> = data["series"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| (&point["time"], &point["data"]["COUNT"]))
        .collect();
    assert_eq!(series.len(), 4);
    assert_eq!(series[0], (&json!("2026-11-24T01:00:00Z"), &json!(1)));
}

#[tokio::test]
async fn recent_traces() {
    let data = data(&saved(include_str!("../../../queries/recent-traces.json"))).await;
    let traces: Vec<_> = results(&data)
        .iter()
        .map(|row| (row["trace.trace_id"].clone(), row["MAX(duration_ms)"].clone()))
        .collect();
    let expected = [("t4", 200), ("t3", 50), ("t2", 300), ("t1", 100)];
    assert_eq!(traces, expected.map(|(trace, ms)| (json!(id(trace)), json!(ms))));
}

#[tokio::test]
async fn count_by_trace() {
    let data = data(&saved(include_str!("../../../queries/count-by-trace.json"))).await;
    let traces: Vec<_> = results(&data)
        .iter()
        .map(|row| (row["trace.trace_id"].clone(), row["COUNT"].clone()))
        .collect();
    let expected = [("t1", 3), ("t2", 2), ("t3", 1), ("t4", 1)];
    assert_eq!(traces, expected.map(|(trace, count)| (json!(id(trace)), json!(count))));
}

#[tokio::test]
async fn network_time_by_route() {
    let data = data(&saved(include_str!("../../../queries/network-time-by-route.json"))).await;
    let key = |name: &str| format!("{name}(timing.network_ms)");
    assert_eq!(
        results(&data),
        [
            json!({"name": "GET /a", "url.template": "/a", key("P50"): 10, key("P99"): 30, "COUNT": 2}),
            json!({"name": "GET /b", "url.template": "/b", key("P50"): 20, key("P99"): 20, "COUNT": 1}),
        ]
    );
}

/// Rows of a sampled service, of several types, and without the column. A column has the type that came first: for queries
/// the row with a text does not have this one.
fn mixed() -> TraceStore {
    let row = |seconds_ago, sample_rate, kind: &str, value: Option<Value>| {
        let mut columns = vec![text("kind", kind)];
        columns.extend(value.map(|value| Column {
            name: "n".into(),
            value,
        }));
        event(seconds_ago, sample_rate, columns)
    };
    let store = TraceStore::default();
    store.ingest(vec![
        row(5, 10, "a", Some(Value::Integer(1))),
        row(4, 1, "a", Some(Value::Float(1.0))),
        row(3, 1, "a", Some(Value::Float(9.0))),
        row(2, 1, "b", Some(Value::String("1".into()))),
        row(1, 1, "b", None),
    ]);
    store
}

async fn groups(query: Json) -> Vec<Json> {
    let query = Query::from_json(&query).unwrap();
    let result = run(&mixed(), &query).await;
    results(&serde_json::to_value(result.json(&query)).unwrap()["data"])
}

#[tokio::test]
async fn rows_count_as_often_as_they_were_sampled_but_for_extremes_and_distinct_values() {
    let ops = ["SUM", "AVG", "MIN", "MAX", "P90", "P95", "COUNT_DISTINCT"].map(|op| json!({"op": op, "column": "n"}));
    let mut calculations = vec![json!({"op": "COUNT"}), json!({"op": "COUNT", "column": "n"})];
    calculations.extend(ops);
    let found =
        groups(json!({"breakdowns": ["kind"], "calculations": calculations, "orders": [{"column": "kind"}]})).await;
    assert_eq!(
        found,
        [
            json!({"kind": "a", "COUNT": 12, "COUNT(n)": 12, "SUM(n)": 20, "AVG(n)": 20.0 / 12.0, "MIN(n)": 1, "MAX(n)": 9,
                   "P90(n)": 1, "P95(n)": 9, "COUNT_DISTINCT(n)": 2}),
            json!({"kind": "b", "COUNT": 2, "COUNT(n)": 0, "COUNT_DISTINCT(n)": 0}),
        ]
    );
}

#[tokio::test]
async fn a_group_without_the_value_comes_last_in_either_direction_and_meets_no_having() {
    let query = |order: &str| {
        let calculation = json!({"op": "MAX", "column": "n"});
        json!({"breakdowns": ["kind"], "calculations": [calculation],
               "orders": [{"op": "MAX", "column": "n", "order": order}]})
    };
    for order in ["ascending", "descending"] {
        let found = groups(query(order)).await;
        assert_eq!(
            found.iter().map(|row| &row["kind"]).collect::<Vec<_>>(),
            ["a", "b"],
            "{order}"
        );
    }
    let mut having = query("ascending");
    having["havings"] = json!([{"calculate_op": "MAX", "column": "n", "op": "!=", "value": 7}]);
    assert_eq!(groups(having).await.len(), 1);
}

#[tokio::test]
async fn a_filter_meets_what_is_of_its_type_and_its_opposite_everything_else() {
    for (op, value, count) in [
        ("=", json!(1), 11),
        ("!=", json!(1), 3),
        ("=", json!("1"), 0),
        (">", json!(1), 1),
        ("in", json!([9, "1"]), 1),
        ("not-in", json!([9, "1"]), 13),
        ("starts-with", json!("1"), 0),
        ("does-not-contain", json!("1"), 14),
        ("exists", Json::Null, 12),
        ("does-not-exist", Json::Null, 2),
    ] {
        let filter = json!({"column": "n", "op": op, "value": value});
        let found = groups(json!({"filters": [filter]})).await;
        assert_eq!(found, [json!({"COUNT": count})], "{op} {value}");
    }
    let either = json!([{"column": "n", "op": "=", "value": 9}, {"column": "kind", "op": "=", "value": "b"}]);
    assert_eq!(
        groups(json!({"filters": either, "filter_combination": "OR"})).await,
        [json!({"COUNT": 3})]
    );
    assert_eq!(groups(json!({"filters": either})).await, [json!({"COUNT": 0})]);
}

#[tokio::test]
async fn the_limit_cuts_groups_and_says_so_while_totals_know_all() {
    let query = Query::from_json(&json!({"breakdowns": ["n"], "limit": 1})).unwrap();
    let result = run(&mixed(), &query).await;
    // The newest row has no n; 1 and 1.0 are one group.
    assert_eq!(result.groups.len(), 1);
    assert_eq!(result.groups[0].breakdowns, [None]);
    assert_eq!((result.group_count, result.row_count), (3, 5));
    assert_eq!(result.totals, [Some(14.0)]);
}

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

#[tokio::test]
async fn random_queries_are_answered_as_by_the_plain_evaluator() {
    // The same for everybody; others with SEED=….
    let seed = std::env::var("SEED").map_or(1, |seed| seed.parse().unwrap());
    let mut random = StdRng::seed_from_u64(seed);
    for round in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let exact = random.random();
        let store = TraceStore::open(trace_store::StoreConfig {
            exact_rows: if exact { 100_000 } else { 0 },
            ..trace_store::StoreConfig::new(folder.path())
        })
        .unwrap();
        let type_of_code = random.random_range(0..3);
        let events: Vec<_> = (0..random.random_range(0..400))
            .map(|_| random_event(&mut random, type_of_code))
            .collect();
        // Some in memory, some in segments.
        for some in events.chunks(random.random_range(20..400)) {
            store.ingest(some.to_vec());
            if random.random() {
                store.seal().unwrap();
            }
        }
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
            assert_eq!(found.window, expected.window, "{}", told());
            assert_eq!(
                (found.row_count, found.group_count),
                (expected.row_count, expected.group_count),
                "{}",
                told()
            );
            assert!(
                same(&query, exact, &found.totals, &expected.totals),
                "{}\n{found:#?}\n{expected:#?}",
                told()
            );
            assert_eq!(found.groups.len(), expected.groups.len(), "{}", told());
            for (found, expected) in found.groups.iter().zip(&expected.groups) {
                let mut keys = found.breakdowns.iter().zip(&expected.breakdowns);
                // 200 and 200.0 are one number, and so are two that are none.
                let text = |value: &Option<Value>| value.as_ref().map(Value::to_string);
                let equal = |(a, b)| text(a) == text(b);
                assert!(keys.all(equal), "{}\n{found:?}\n{expected:?}", told());
                assert!(
                    same(&query, exact, &found.values, &expected.values),
                    "{}\n{found:?}\n{expected:?}",
                    told()
                );
                assert_eq!(found.last_unix_nano, expected.last_unix_nano, "{}", told());
            }
            assert_eq!(found.series.len(), expected.series.len(), "{}", told());
            for (found, expected) in found.series.iter().zip(&expected.series) {
                assert_eq!(
                    (found.time_unix_nano, found.group),
                    (expected.time_unix_nano, expected.group),
                    "{}",
                    told()
                );
                assert!(
                    same(&query, exact, &found.values, &expected.values),
                    "{}\n{found:?}\n{expected:?}",
                    told()
                );
            }
            match exact {
                true => assert_eq!(found.heatmaps, expected.heatmaps, "{}", told()),
                // A value beside the edge of a cell may be in the next one.
                false => assert_eq!(counted(&found.heatmaps), counted(&expected.heatmaps), "{}", told()),
            }
        }
    }
}
