//! How fast the trace store takes spans in, what they weigh, and how fast it answers: `cargo xtask bench store`.
//!
//! It works as the server does: batches of 250 spans go into the span log, each acknowledged after an fsync, and a second
//! thread reads the log and brings the store what it says. The figures go to standard output, and those that ClickHouse's
//! engine is compared in (`bench/clickhouse.py`) to `figures.json` beside the data.

#![forbid(unsafe_code)]

mod ingest;
mod questions;
mod spans;

use anyhow::{Context as _, Result, bail};
use std::path::PathBuf;
use trace_store::{StoreConfig, TraceStore};

// The server's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "usage: store-load <folder> [--spans N] [--rate N]   takes spans in, so many a second (0: as many as can be), and asks
       store-load <folder> --ask [SQL]              asks of what an earlier run took in: all, or this one";

struct Arguments {
    folder: PathBuf,
    /// 0 where an earlier run's are asked again.
    spans: u64,
    rate: u64,
    statement: Option<String>,
}

fn arguments() -> Result<Arguments> {
    let mut arguments = std::env::args().skip(1);
    let mut parsed = Arguments {
        folder: arguments.next().context(USAGE)?.into(),
        spans: 5_000_000,
        rate: 100_000,
        statement: None,
    };
    while let Some(flag) = arguments.next() {
        let mut number = |least: u64| {
            let number = arguments.next().and_then(|number| number.parse().ok());
            let number = number.filter(|number| (least..=100_000_000).contains(number));
            number.with_context(|| format!("{flag} takes a whole number from {least} to 100000000"))
        };
        match &*flag {
            "--spans" => parsed.spans = number(spans::BATCH)?,
            "--rate" => parsed.rate = number(0)?,
            "--ask" => (parsed.spans, parsed.statement) = (0, arguments.next()),
            _ => bail!(USAGE),
        }
    }
    Ok(parsed)
}

fn main() -> Result<()> {
    let Arguments {
        folder,
        spans,
        rate,
        statement,
    } = arguments()?;
    std::fs::create_dir_all(&folder)?;
    let store = TraceStore::open(StoreConfig {
        // The spans' own times are of one day; nothing is to go meanwhile.
        max_bytes: u64::MAX,
        ..StoreConfig::new(folder.join("traces"))
    })?;
    if spans > 0 {
        if store.stats().events > 0 {
            bail!("{} holds spans of an earlier run: remove it first", folder.display());
        }
        ingest::ingest(&folder, &store, spans, (rate > 0).then_some(rate))?;
        store.seal()?;
        store.tidy();
    }
    let stats = store.stats();
    println!(
        "{} spans in {} segments: {:.1} bytes a span",
        stats.events,
        stats.segments,
        stats.segment_bytes as f64 / stats.events as f64
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    if let Some(statement) = statement {
        runtime.block_on(questions::answer(&store, &statement, &statement))?;
        return Ok(());
    }
    let answers = runtime.block_on(questions::ask(&store))?;
    println!("memory at most: {}", peak().as_deref().unwrap_or("unknown"));
    let figures = serde_json::json!({
        "spans": stats.events,
        "bytes_per_span": stats.segment_bytes as f64 / stats.events as f64,
        "ms": answers.into_iter().collect::<serde_json::Map<_, _>>(),
    });
    Ok(std::fs::write(folder.join("figures.json"), figures.to_string())?)
}

/// The most memory that this process had, as Linux counts it.
fn peak() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().to_owned())
}
