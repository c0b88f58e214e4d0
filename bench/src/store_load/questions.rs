//! The six questions, and how long the answers take: the median of [`ROUNDS`], after one that does not count.

use anyhow::{Result, bail};
use serde_json::Value;
use std::time::Instant;
use trace_store::{TraceFilter, TraceStore};

const ROUNDS: usize = 9;

/// In SQL, as `bench/clickhouse.py` asks them in its own.
const STATEMENTS: [(&str, &str); 4] = [
    (
        "percentiles by service",
        r#"SELECT "service.name", histogram_percentile(h, 0.5), histogram_percentile(h, 0.95), histogram_percentile(h, 0.99)
           FROM (SELECT "service.name", histogram("meta.duration_bucket") h FROM spans GROUP BY "service.name")"#,
    ),
    (
        "P99 by user",
        r#"SELECT "user.id", histogram_percentile(histogram("meta.duration_bucket"), 0.99) p99
           FROM spans GROUP BY "user.id" ORDER BY p99 DESC LIMIT 20"#,
    ),
    (
        "three-way filter",
        r#"SELECT count(*), avg(duration_ms) FROM spans
           WHERE "service.name" = 'shop-3' AND "http.route" = '/api/route/7' AND "http.response.status_code" >= 500"#,
    ),
    (
        "heatmap",
        r#"SELECT date_bin(interval '15 minutes', time) t, "meta.duration_bucket" / 5 b, count(*)
           FROM spans GROUP BY t, b"#,
    ),
];

/// Asks all, prints how long each took, and gives the medians in milliseconds.
pub(crate) async fn ask(store: &TraceStore) -> Result<Vec<(String, Value)>> {
    let mut medians = Vec::new();
    let newest = TraceFilter {
        limit: 100,
        ..TraceFilter::default()
    };
    let page = store.traces(&newest).await?;
    let filter = TraceFilter {
        limit: 1000,
        cursor: page.next,
        ..TraceFilter::default()
    };
    // Further back than what was just sealed.
    let ids: Vec<_> = store
        .traces(&filter)
        .await?
        .traces
        .into_iter()
        .step_by(97)
        .map(|trace| trace.trace_id)
        .collect();
    if ids.is_empty() {
        bail!("there are too few spans to ask about: try --spans 20000");
    }

    let mut times = Vec::new();
    for round in 0..=ROUNDS {
        for id in &ids {
            let begun = Instant::now();
            let found = store.trace(id).await?.len();
            if found == 0 {
                bail!("the trace {id} is gone");
            }
            if round > 0 {
                times.push(begun.elapsed());
            }
        }
    }
    medians.push(told("by trace id", times));

    let mut times = Vec::new();
    for _ in 0..=ROUNDS {
        let begun = Instant::now();
        store.traces(&newest).await?;
        times.push(begun.elapsed());
    }
    medians.push(told("newest roots", times.split_off(1)));

    for (name, statement) in STATEMENTS {
        medians.push(answer(store, name, statement).await?);
    }
    Ok(medians)
}

/// Asks one statement.
pub(crate) async fn answer(store: &TraceStore, name: &str, statement: &str) -> Result<(String, Value)> {
    let mut times = Vec::new();
    for _ in 0..=ROUNDS {
        let begun = Instant::now();
        let table = store.sql(statement).await?;
        if table.rows.is_empty() {
            bail!("{name} has no answer");
        }
        times.push(begun.elapsed());
    }
    Ok(told(name, times.split_off(1)))
}

fn told(name: &str, mut times: Vec<std::time::Duration>) -> (String, Value) {
    times.sort_unstable();
    let median = bench::spread::quantile(&times, 0.5).unwrap_or_default();
    println!("{name}: {}", bench::spread::spread(&times));
    (name.to_owned(), Value::from(median.as_secs_f64() * 1e3))
}
