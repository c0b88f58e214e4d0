//! The load: one thread per connection, each with its own batches.

use crate::KEY;
use crate::batch::{SPANS, Template};
use crate::options::Options;
use crate::probe::{self, Acknowledged, Seen};
use anyhow::{Context as _, Result, bail};
use bench::connection::Connection;
use bench::process::{Server, own_cpu_seconds};
use bench::random::Random;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant, SystemTime};

/// Different bytes in a row, so that the log's compression does not see the same batch again and again.
const TEMPLATES: usize = 8;

/// What came out.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// From the first post to the last answer.
    pub(crate) elapsed: Duration,
    /// Batches that were answered 2xx.
    pub(crate) accepted: u64,
    /// Batches that were answered 503: the log's queue was full.
    pub(crate) refused: u64,
    /// Of the accepted batches, from the first byte sent to the answer.
    pub(crate) answers: Vec<Duration>,
    pub(crate) seen: Seen,
    /// Bytes of the posted bodies.
    pub(crate) bytes: u64,
    pub(crate) client_cpu: Option<f64>,
    pub(crate) server_cpu: Option<f64>,
}

#[derive(Debug, Default)]
struct Posted {
    refused: u64,
    bytes: u64,
    answers: Vec<Duration>,
    last_answer: Option<Instant>,
}

/// When batches are due: the number of the next one, of all connections together.
struct Pace {
    next: AtomicU64,
    spans_per_second: Option<u32>,
}

impl Pace {
    /// How long after the start the next batch is due.
    fn due(&self) -> Duration {
        match self.spans_per_second {
            None => Duration::ZERO,
            Some(rate) => {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                Duration::from_secs_f64(number as f64 * SPANS as f64 / f64::from(rate))
            }
        }
    }
}

/// Posts for as long as the options say, or until `stop` is set.
pub(crate) fn run(options: &Options, server: &Server, stop: &Arc<AtomicBool>) -> Result<Outcome> {
    let pace = Pace {
        next: AtomicU64::new(0),
        spans_per_second: options.rate,
    };
    // Everything is ready on all threads before the clock starts.
    let ready = Barrier::new(options.connections + 1);
    // A send succeeds only while the probe waits.
    let (acknowledge, acknowledged) = sync_channel::<Acknowledged>(0);
    std::thread::scope(|scope| {
        let probe = scope.spawn(move || probe::run(server.address, &acknowledged));
        let workers: Vec<_> = (0..options.connections)
            .map(|worker| {
                let (ready, pace, acknowledge) = (&ready, &pace, acknowledge.clone());
                scope.spawn(move || {
                    let mut random = Random::new(worker as u64 + 1);
                    let mut templates: Vec<_> = (0..TEMPLATES).map(|_| Template::new(&mut random)).collect();
                    let connection = Connection::open(server.address);
                    ready.wait();
                    let start = Instant::now();
                    let over = || stop.load(Ordering::Relaxed) || start.elapsed() >= options.time;
                    post(
                        connection?,
                        &mut templates,
                        &mut random,
                        pace,
                        start,
                        &over,
                        &acknowledge,
                    )
                })
            })
            .collect();
        drop(acknowledge);
        ready.wait();
        let start = Instant::now();
        let (client_before, server_before) = (own_cpu_seconds(), server.cpu_seconds());
        let mut all = Posted::default();
        for worker in workers {
            let posted = worker.join().ok().context("a thread of the load panicked")??;
            all.refused += posted.refused;
            all.bytes += posted.bytes;
            all.answers.extend(posted.answers);
            all.last_answer = all.last_answer.max(posted.last_answer);
        }
        let elapsed = all.last_answer.unwrap_or(start) - start;
        let since = |before: Option<f64>, after: Option<f64>| Some(after? - before?);
        let (client_cpu, server_cpu) = (
            since(client_before, own_cpu_seconds()),
            since(server_before, server.cpu_seconds()),
        );
        let seen = probe.join().ok().context("the probe panicked")??;
        Ok(Outcome {
            elapsed,
            accepted: all.answers.len() as u64,
            refused: all.refused,
            answers: all.answers,
            seen,
            bytes: all.bytes,
            client_cpu,
            server_cpu,
        })
    })
}

fn post(
    mut connection: Connection,
    templates: &mut [Template],
    random: &mut Random,
    pace: &Pace,
    start: Instant,
    over: &impl Fn() -> bool,
    acknowledge: &SyncSender<Acknowledged>,
) -> Result<Posted> {
    let mut posted = Posted::default();
    let mut turn = 0;
    loop {
        let due = pace.due();
        std::thread::sleep(due.saturating_sub(start.elapsed()));
        if over() {
            return Ok(posted);
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        let now = u64::try_from(now.as_nanos())?;
        let (body, trace) = templates[turn % TEMPLATES].renew(random, now);
        turn += 1;
        let sent = Instant::now();
        match connection.post(KEY, body)? {
            200..=299 => {
                let answered = Instant::now();
                posted.answers.push(answered - sent);
                posted.last_answer = Some(answered);
                posted.bytes += body.len() as u64;
                let _ = acknowledge.try_send((trace, answered));
            }
            503 => posted.refused += 1,
            status => bail!("a batch was answered {status}"),
        }
    }
}
