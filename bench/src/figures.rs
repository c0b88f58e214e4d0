//! What is printed.

use crate::batch::SPANS;
use crate::load::Outcome;
use crate::probe;
use crate::process::Server;
use anyhow::Result;
use std::time::Duration;

pub(crate) fn print(outcome: &Outcome, server: &Server) -> Result<()> {
    let seconds = outcome.elapsed.as_secs_f64();
    let spans = outcome.accepted * SPANS as u64;
    println!(
        "  accepted (2xx, fsynced)   {:.0} spans/s ({spans} spans in {seconds:.1} s, {} batches of {} bytes; {} batches answered 503)",
        spans as f64 / seconds,
        outcome.accepted,
        outcome.bytes / outcome.accepted.max(1),
        outcome.refused,
    );
    println!("  answers                   {}", spread(&outcome.answers));
    println!(
        "  from answer to visible    {} ({} traces asked for every {} ms; {} not seen)",
        spread(&outcome.seen.after),
        outcome.seen.after.len(),
        probe::INTERVAL.as_millis(),
        outcome.seen.never
    );
    let share = |cpu: Option<f64>| {
        cpu.map_or("unknown".to_owned(), |cpu| {
            format!("{:.0} % of a core", 100.0 * cpu / seconds)
        })
    };
    println!(
        "  CPU                       server {}, this client {} (they share the machine)",
        share(outcome.server_cpu),
        share(outcome.client_cpu)
    );
    let mib = |name| {
        let kib = server.memory_kib(name);
        kib.map_or("unknown".to_owned(), |kib| format!("{:.0} MiB", kib as f64 / 1024.0))
    };
    println!(
        "  server's memory           {} now (VmRSS), {} at most (VmHWM)",
        mib("VmRSS"),
        mib("VmHWM")
    );
    let (log, rest) = server.disk()?;
    println!(
        "  on disk                   span log {:.1} MiB, the rest {:.1} MiB",
        log as f64 / f64::from(1 << 20),
        rest as f64 / f64::from(1 << 20)
    );
    println!("  /health                   {}", server.health()?);
    Ok(())
}

fn spread(times: &[Duration]) -> String {
    let mut times = times.to_vec();
    times.sort_unstable();
    let ms =
        |share| quantile(&times, share).map_or("none".to_owned(), |time| format!("{:.1}", time.as_secs_f64() * 1e3));
    format!("p50 {} ms, p99 {} ms, max {} ms", ms(0.5), ms(0.99), ms(1.0))
}

/// The smallest of the sorted times that at least this share of them does not exceed.
fn quantile(sorted: &[Duration], share: f64) -> Option<Duration> {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_times_that_were_measured() {
        let times: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(quantile(&times, 0.5), Some(Duration::from_millis(100)));
        assert_eq!(quantile(&times, 0.99), Some(Duration::from_millis(198)));
        assert_eq!(quantile(&times, 1.0), Some(Duration::from_millis(200)));
        assert_eq!(quantile(&times[..1], 0.99), Some(Duration::from_millis(1)));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
