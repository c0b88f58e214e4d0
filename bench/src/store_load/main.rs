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

const USAGE: &str = "usage: store-load <folder> [--spans N | --ask]";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, spans): (PathBuf, u64) = match &arguments[..] {
        [folder] => (folder.into(), 5_000_000),
        // What an earlier run brought in is asked again.
        [folder, flag] if flag == "--ask" => (folder.into(), 0),
        [folder, flag, spans] if flag == "--spans" => {
            let spans = spans
                .parse()
                .ok()
                .filter(|spans| (spans::BATCH..=100_000_000).contains(spans));
            (
                folder.into(),
                spans.context("--spans takes a whole number from 250 to 100000000")?,
            )
        }
        _ => bail!(USAGE),
    };
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
        ingest::ingest(&folder, &store, spans)?;
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
