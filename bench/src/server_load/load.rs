//! One measurement: a number of requests over kept connections, each sent when the one before has been answered.

use crate::receiver::Receiver;
use crate::requests::Request;
use crate::variants::Variant;
use anyhow::{Context as _, Result};
use bench::connection::Connection;
use bench::random::Random;
use bench::spread::quantile;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// After the last answer, for what is left to do with the spans: the server's delays are below half of it.
const SETTLE: Duration = Duration::from_secs(1);

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    Requests(u64),
    Elapsed(Duration),
}

/// What came out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    pub(crate) requests: u64,
    /// A second.
    pub(crate) rate: f64,
    pub(crate) p99: Duration,
    /// Of the server, with what it did in the second after the last answer.
    pub(crate) cpu_per_request: Option<Duration>,
    pub(crate) spans_per_request: f64,
    pub(crate) lost: u64,
}

/// Sends requests of one kind to one server.
pub(crate) fn run(
    variant: &Variant,
    request: Request,
    connections: usize,
    until: Until,
    seed: u64,
    receiver: &mut Receiver,
) -> Result<Figures> {
    let (spans_before, lost_before) = variant.spans(receiver)?;
    let cpu_before = variant.server.cpu_seconds();
    let sent = AtomicU64::new(0);
    let ready = Barrier::new(connections + 1);
    let (mut times, elapsed) = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..connections)
            .map(|worker| {
                let (sent, ready) = (&sent, &ready);
                scope.spawn(move || {
                    let connection = Connection::open(variant.server.address);
                    let mut random = Random::new(seed * 1_000 + worker as u64);
                    ready.wait();
                    let start = Instant::now();
                    let more = || match until {
                        Until::Requests(number) => sent.fetch_add(1, Ordering::Relaxed) < number,
                        Until::Elapsed(time) => start.elapsed() < time,
                    };
                    let (mut connection, mut times) = (connection?, Vec::new());
                    while more() {
                        let start = Instant::now();
                        request.send(&mut connection, &variant.cookie, &mut random)?;
                        times.push(start.elapsed());
                    }
                    anyhow::Ok(times)
                })
            })
            .collect();
        ready.wait();
        let start = Instant::now();
        let mut times = Vec::new();
        for worker in workers {
            times.extend(worker.join().ok().context("a thread of the load panicked")??);
        }
        anyhow::Ok((times, start.elapsed()))
    })?;
    std::thread::sleep(SETTLE);
    let cpu = cpu_before
        .zip(variant.server.cpu_seconds())
        .map(|(before, after)| after - before);
    let (spans, lost) = settled(variant, receiver)?;
    times.sort_unstable();
    let requests = times.len() as u64;
    Ok(Figures {
        requests,
        rate: requests as f64 / elapsed.as_secs_f64(),
        p99: quantile(&times, 0.99).unwrap_or_default(),
        cpu_per_request: cpu.map(|seconds| Duration::from_secs_f64(seconds / requests.max(1) as f64)),
        spans_per_request: (spans - spans_before) as f64 / requests.max(1) as f64,
        lost: lost - lost_before,
    })
}

/// Asks for the spans until no more come: the SDK's exporter waits for up to five seconds.
fn settled(variant: &Variant, receiver: &mut Receiver) -> Result<(u64, u64)> {
    let mut last = variant.spans(receiver)?;
    let mut since = Instant::now();
    let patience = match variant.tracing {
        crate::variants::Tracing::Peer => Duration::from_millis(5_500),
        _ => Duration::ZERO,
    };
    while since.elapsed() < patience {
        std::thread::sleep(Duration::from_millis(100));
        let now = variant.spans(receiver)?;
        if now != last {
            (last, since) = (now, Instant::now());
        }
    }
    Ok(last)
}
