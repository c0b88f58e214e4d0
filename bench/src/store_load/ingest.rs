//! Spans go in.

use crate::spans::{BATCH, Generator};
use anyhow::{Context as _, Result, bail};
use bench::spread::spread;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use span_log::{Batch, Config, Pending, SpanLog};
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};
use trace_store::TraceStore;

/// Batches that wait for their fsync: as many pages and services send at a time.
const WAITING: usize = 32;

/// Brings in so many spans, so many a second or as many as can be, and prints how fast.
pub(crate) fn ingest(folder: &Path, store: &TraceStore, spans: u64, rate: Option<u64>) -> Result<()> {
    // Made before: then nothing pauses meanwhile, and nothing but taking them in is measured.
    let made = folder.join("batches");
    let batches = spans / BATCH;
    make(&made, batches)?;
    let log = SpanLog::open(Config::new(folder.join("spans.sqlite")))?;
    let every = rate.map(|rate| Duration::from_secs_f64(BATCH as f64 / rate as f64));
    let begun = Instant::now();
    let times = bring(&log, store, &made, batches, every)?;
    let took = begun.elapsed();
    let offered = rate.map_or("as many as can be".to_owned(), |rate| format!("{rate} spans/s"));
    println!(
        "offered {offered}, without a pause: taken in {:.0} spans/s in batches of {BATCH}, each fsynced",
        (batches * BATCH) as f64 / took.as_secs_f64()
    );
    println!("from handed over to on disk: {}", spread(&times.acknowledged));
    println!("from handed over to visible: {}", spread(&times.visible));
    log.close();
    let there = store.stats().events as u64;
    if there != batches * BATCH {
        bail!(
            "{there} of {} spans are there: more were behind than the log keeps",
            batches * BATCH
        );
    }
    Ok(fs::remove_file(made)?)
}

/// Writes the batches to a file, each after its length.
fn make(path: &Path, batches: u64) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let mut generator = Generator::new();
    for _ in 0..batches {
        let body = generator.batch().encode_to_vec();
        file.write_all(&u32::try_from(body.len())?.to_le_bytes())?;
        file.write_all(&body)?;
    }
    Ok(file.into_inner()?.sync_all()?)
}

fn next(made: &mut impl Read) -> Result<Vec<u8>> {
    let mut length = [0; 4];
    made.read_exact(&mut length)?;
    let mut body = vec![0; u32::from_le_bytes(length) as usize];
    made.read_exact(&mut body)?;
    Ok(body)
}

/// Of each batch, how long it took from the moment when it was to be handed over.
struct Times {
    acknowledged: Vec<Duration>,
    visible: Vec<Duration>,
}

/// Appends on one thread and follows on another, as the server does; others look at what is acknowledged and what is visible.
fn bring(log: &SpanLog, store: &TraceStore, made: &Path, batches: u64, every: Option<Duration>) -> Result<Times> {
    let mut made = BufReader::with_capacity(1 << 20, File::open(made)?);
    // The last batch that there will be, and whether it is of any use to wait for it.
    let (last, failed) = (AtomicU64::new(u64::MAX), AtomicBool::new(false));
    let is_over = |position: u64| position >= last.load(Ordering::Acquire) || failed.load(Ordering::Acquire);
    thread::scope(|scope| {
        let follower = thread::Builder::new()
            .name("follow".to_owned())
            .spawn_scoped(scope, || {
                let followed = follow(log, store, is_over);
                failed.fetch_or(followed.is_err(), Ordering::Release);
                followed
            })?;
        let watcher = thread::Builder::new()
            .name("watch".to_owned())
            .spawn_scoped(scope, || watch(store, is_over))?;

        let (hand_over, handed_over) = sync_channel::<(Instant, Pending)>(WAITING);
        let acknowledging = thread::Builder::new()
            .name("acknowledge".to_owned())
            .spawn_scoped(scope, move || {
                let wait = |(due, pending): (Instant, Pending)| anyhow::Ok((pending.wait()?, due, due.elapsed()));
                handed_over.into_iter().map(wait).collect::<Result<Vec<_>>>()
            })?;
        let appended = append(log, &mut made, batches, every, &hand_over);
        drop(hand_over);
        let acknowledged = acknowledging.join().ok().context("the acknowledging thread failed");
        let acknowledged = appended.and(acknowledged.flatten());
        failed.fetch_or(acknowledged.is_err(), Ordering::Release);
        let newest = acknowledged.iter().flatten().map(|(seq, ..)| *seq).max();
        last.store(newest.unwrap_or_default(), Ordering::Release);
        follower.join().ok().context("the following thread failed")??;
        let seen = watcher.join().ok().context("the watching thread failed")?;
        let mut acknowledged = acknowledged?;
        acknowledged.sort_unstable();

        let mut seen = seen.into_iter().peekable();
        let mut visible = Vec::with_capacity(acknowledged.len());
        for (seq, due, _) in &acknowledged {
            while seen.next_if(|(position, _)| position < seq).is_some() {}
            let (_, at) = seen.peek().context("a batch was never visible")?;
            visible.push(at.saturating_duration_since(*due));
        }
        Ok(Times {
            acknowledged: acknowledged.into_iter().map(|(_, _, took)| took).collect(),
            visible,
        })
    })
}

fn append(
    log: &SpanLog,
    made: &mut impl Read,
    batches: u64,
    every: Option<Duration>,
    hand_over: &SyncSender<(Instant, Pending)>,
) -> Result<()> {
    let mut due = Instant::now();
    for _ in 0..batches {
        let body = next(made)?;
        match every {
            // One that is late is late from the moment when it was due.
            Some(every) => {
                due += every;
                thread::sleep(due.saturating_duration_since(Instant::now()));
            }
            None => due = Instant::now(),
        }
        let spans = BATCH as u32;
        let pending = log.append(Batch { body, spans, flags: 0 })?;
        hand_over
            .send((due, pending))
            .ok()
            .context("an acknowledgement failed")?;
    }
    Ok(())
}

fn follow(log: &SpanLog, store: &TraceStore, is_over: impl Fn(u64) -> bool) -> Result<()> {
    let mut reader = log.reader(store.position());
    while !is_over(store.position()) {
        let page = reader.page(2 << 20)?;
        let Some(last) = page.batches.last() else {
            thread::sleep(Duration::from_millis(1));
            continue;
        };
        let mut events = Vec::new();
        for batch in &page.batches {
            let request = ExportTraceServiceRequest::decode(batch.body.as_slice())?;
            events.extend(honeycomb::events(&request));
        }
        store.ingest_to(events, last.seq);
    }
    Ok(())
}

/// Up to where all was visible, and since when.
fn watch(store: &TraceStore, is_over: impl Fn(u64) -> bool) -> Vec<(u64, Instant)> {
    let mut seen: Vec<(u64, Instant)> = Vec::new();
    loop {
        let position = store.position();
        if seen.last().is_none_or(|(before, _)| *before < position) {
            seen.push((position, Instant::now()));
        }
        if is_over(position) {
            return seen;
        }
        thread::sleep(Duration::from_millis(1));
    }
}
