//! `relay-load`: how many spans a second the relay takes, and how soon they can be looked at.
//!
//! It starts a server of its own with an empty data folder, posts batches of OTLP as other services do (protobuf, the
//! ingest key, keep-alive), as fast as they are answered or at a given rate, and prints what it saw. A program of its
//! own and not a part of xtask, which has to compile in seconds. It never judges: figures depend on the machine.

mod batch;
mod figures;
mod load;
mod options;
mod probe;

use anyhow::Result;
use bench::process::Server;
use options::Options;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The ingest key, which only this server knows.
const KEY: &str = "relay-load";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("relay-load: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let options = Options::parse(arguments)?;
    let stop = stop_on_signal()?;
    let key = [("CRUDDUR_INGEST_KEY", KEY)];
    let server = Server::start(&options.server, &[], &options.folder, "relay-load", &key)?;
    println!("{}", options.describe());
    let outcome = load::run(&options, &server, &stop)?;
    figures::print(&outcome, &server)
}

/// Set by the first signal that would end the process; the load then ends as it does after its time.
fn stop_on_signal() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    #[cfg(unix)]
    for signal in [
        signal_hook::consts::SIGINT,
        signal_hook::consts::SIGTERM,
        signal_hook::consts::SIGHUP,
    ] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}
