//! Queries: those that are saved in the repository on known rows by value, what a query means, and random ones on random rows
//! against the plain evaluator.

mod meaning;
mod random;
mod saved;

use honeycomb::{Column, Event, Query, QueryResult, Value};
use serde_json::Value as Json;
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

async fn run(store: &TraceStore, query: &Query) -> QueryResult {
    store.run(query, NOW).await.unwrap()
}

fn results(data: &Json) -> Vec<Json> {
    let results = data["results"].as_array().unwrap();
    results.iter().map(|row| row["data"].clone()).collect()
}
