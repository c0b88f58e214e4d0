//! Spans go in.

use crate::spans::{BATCH, Generator};
use anyhow::{Context as _, Result};
use bench::spread::spread;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use span_log::{Batch, Config, SpanLog};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use trace_store::TraceStore;

/// Batches that are made, untimed, and then brought in, timed: the maker is not measured.
const AT_ONCE: u64 = 400;
/// Batches that wait for their fsync: as many pages and services send at a time.
const WAITING: usize = 32;

/// Brings in so many spans, and prints how fast.
pub(crate) fn ingest(folder: &Path, store: &TraceStore, spans: u64) -> Result<()> {
    let log = SpanLog::open(Config::new(folder.join("spans.sqlite")))?;
    let mut generator = Generator::new();
    let batches = spans / BATCH;
    let mut timed = Duration::ZERO;
    let mut visible: Vec<Duration> = Vec::new();
    let mut made = 0;
    while made < batches {
        let bodies: Vec<Vec<u8>> = (0..AT_ONCE.min(batches - made))
            .map(|_| generator.batch().encode_to_vec())
            .collect();
        made += bodies.len() as u64;
        let begun = Instant::now();
        visible.extend(bring(&log, store, bodies)?);
        timed += begun.elapsed();
        if made % (20 * AT_ONCE) == 0 {
            eprintln!("{} of {} spans", made * BATCH, batches * BATCH);
        }
    }
    println!(
        "taken in: {:.0} spans/s in batches of {BATCH}, each fsynced; from acknowledged to visible {}",
        (made * BATCH) as f64 / timed.as_secs_f64(),
        spread(&visible)
    );
    log.close();
    Ok(())
}

/// Appends and follows, and gives how long each batch took from its acknowledgement until it was visible.
fn bring(log: &SpanLog, store: &TraceStore, bodies: Vec<Vec<u8>>) -> Result<Vec<Duration>> {
    let count = bodies.len();
    let mut reader = log.reader(store.position());
    let seen: Mutex<Vec<(u64, Instant)>> = Mutex::new(Vec::with_capacity(count));
    let acknowledged: Mutex<Vec<(u64, Instant)>> = Mutex::new(Vec::with_capacity(count));
    let all = AtomicU64::new(0);
    thread::scope(|scope| -> Result<()> {
        let follow = || -> Result<()> {
            while all.load(Ordering::Acquire) < count as u64 {
                let page = reader.page(2 << 20)?;
                let Some(last) = page.batches.last() else {
                    thread::sleep(Duration::from_millis(1));
                    continue;
                };
                let mut events = Vec::new();
                for batch in &page.batches {
                    events.extend(honeycomb::events(&ExportTraceServiceRequest::decode(
                        batch.body.as_slice(),
                    )?));
                }
                store.ingest_to(events, last.seq);
                let now = Instant::now();
                let mut seen = seen.lock().ok().context("the other thread failed")?;
                seen.extend(page.batches.iter().map(|batch| (batch.seq, now)));
                all.fetch_add(page.batches.len() as u64, Ordering::Release);
            }
            Ok(())
        };
        let follower = thread::Builder::new()
            .name("follow".to_owned())
            .spawn_scoped(scope, follow)?;
        let mut waiting = std::collections::VecDeque::new();
        let note = |pending: span_log::Pending| -> Result<()> {
            let seq = pending.wait()?;
            let mut acknowledged = acknowledged.lock().ok().context("the other thread failed")?;
            acknowledged.push((seq, Instant::now()));
            Ok(())
        };
        for body in bodies {
            if waiting.len() == WAITING
                && let Some(first) = waiting.pop_front()
            {
                note(first)?;
            }
            waiting.push_back(log.append(Batch {
                body,
                spans: BATCH as u32,
                flags: 0,
            })?);
        }
        waiting.into_iter().try_for_each(note)?;
        follower.join().ok().context("the following thread failed")?
    })?;
    let (seen, acknowledged) = (seen.into_inner(), acknowledged.into_inner());
    let (mut seen, mut acknowledged) = (
        seen.ok().context("a thread failed")?,
        acknowledged.ok().context("a thread failed")?,
    );
    seen.sort_unstable();
    acknowledged.sort_unstable();
    let times = seen.iter().zip(&acknowledged);
    Ok(times
        .map(|((_, seen), (_, acknowledged))| seen.saturating_duration_since(*acknowledged))
        .collect())
}
