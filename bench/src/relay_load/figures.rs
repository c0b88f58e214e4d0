//! What is printed.

use crate::batch::SPANS;
use crate::load::Outcome;
use crate::probe;
use anyhow::Result;
use bench::process::Server;
use bench::spread::spread;

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
