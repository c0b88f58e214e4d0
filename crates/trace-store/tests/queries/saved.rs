//! The saved queries, on known rows, by value.

use crate::{event, float, results, run, text};
use honeycomb::{Column, Event, Query, column};
use serde_json::{Value as Json, json};
use trace_store::TraceStore;

const LATENCY_BY_USER: &str = include_str!("../../../../queries/latency-by-user.json");
const RECENT_TRACES: &str = include_str!("../../../../queries/recent-traces.json");
const COUNT_BY_TRACE: &str = include_str!("../../../../queries/count-by-trace.json");
const NETWORK_TIME_BY_ROUTE: &str = include_str!("../../../../queries/network-time-by-route.json");

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

/// All of them, by name.
pub(crate) fn all() -> [(&'static str, Query); 4] {
    [
        ("latency-by-user", LATENCY_BY_USER),
        ("recent-traces", RECENT_TRACES),
        ("count-by-trace", COUNT_BY_TRACE),
        ("network-time-by-route", NETWORK_TIME_BY_ROUTE),
    ]
    .map(|(name, file)| (name, saved(file)))
}

fn saved(file: &str) -> Query {
    let whole: Json = serde_json::from_str(file).unwrap();
    Query::from_json(&whole["query"]).unwrap()
}

/// The `data` of the answer, as a client gets it.
async fn data(query: &Query) -> Json {
    let store = TraceStore::default();
    store.ingest(rows());
    let result = run(&store, query).await;
    serde_json::to_value(result.json(query)).unwrap()["data"].take()
}

#[tokio::test]
async fn latency_by_user() {
    let data = data(&saved(LATENCY_BY_USER)).await;
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
    let data = data(&saved(RECENT_TRACES)).await;
    let traces: Vec<_> = results(&data)
        .iter()
        .map(|row| (row["trace.trace_id"].clone(), row["MAX(duration_ms)"].clone()))
        .collect();
    let expected = [("t4", 200), ("t3", 50), ("t2", 300), ("t1", 100)];
    assert_eq!(traces, expected.map(|(trace, ms)| (json!(id(trace)), json!(ms))));
}

#[tokio::test]
async fn count_by_trace() {
    let data = data(&saved(COUNT_BY_TRACE)).await;
    let traces: Vec<_> = results(&data)
        .iter()
        .map(|row| (row["trace.trace_id"].clone(), row["COUNT"].clone()))
        .collect();
    let expected = [("t1", 3), ("t2", 2), ("t3", 1), ("t4", 1)];
    assert_eq!(traces, expected.map(|(trace, count)| (json!(id(trace)), json!(count))));
}

#[tokio::test]
async fn network_time_by_route() {
    let data = data(&saved(NETWORK_TIME_BY_ROUTE)).await;
    let key = |name: &str| format!("{name}(timing.network_ms)");
    assert_eq!(
        results(&data),
        [
            json!({"name": "GET /a", "url.template": "/a", key("P50"): 10, key("P99"): 30, "COUNT": 2}),
            json!({"name": "GET /b", "url.template": "/b", key("P50"): 20, key("P99"): 20, "COUNT": 1}),
        ]
    );
}
