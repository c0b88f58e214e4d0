//! What is written to the disk, and what becomes of it: everything comes back as it was, after a crash too.

mod found;
mod kept;

use honeycomb::{Column, Event, Value, column};
use std::fs;
use std::path::{Path, PathBuf};
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
