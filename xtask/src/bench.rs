//! `cargo xtask bench`: figures about speed and size. They are printed, with the machine that they are from, and never
//! judged: what is fast on one machine is slow on another.

mod browser;
mod relay;
mod server;
mod store;
mod wasm;

use std::fs;
use std::thread;

use anyhow::{Result, bail};

pub(crate) use browser::PAGE;

/// Measures what is named; without a name, what takes minutes and not an hour.
pub(crate) fn bench(arguments: &[&str]) -> Result<()> {
    match arguments {
        [] => {
            wasm::bench()?;
            relay::bench(&[])
        }
        ["browser", rest @ ..] => browser::bench(rest),
        ["server", rest @ ..] => server::bench(rest),
        ["store", rest @ ..] => store::bench(rest),
        ["wasm"] => wasm::bench(),
        ["relay", rest @ ..] => relay::bench(rest),
        [unknown, ..] => {
            bail!(
                "`bench` does not know \"{unknown}\"; it takes `browser`, `relay`, `server`, `store`, `wasm` or nothing"
            )
        }
    }
}

/// The machine's shape, and how busy it is with other things.
fn print_machine() {
    let first = |file: &str, start: &str| {
        let text = fs::read_to_string(file).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(start))?;
        Some(line.trim_start_matches(['\t', ' ', ':']).to_owned())
    };
    let unknown = || "unknown".to_owned();
    let cores = thread::available_parallelism().map_or_else(|_| unknown(), |cores| cores.to_string());
    println!(
        "\nthis machine: {cores} cores ({}), memory {}, load average before {}",
        first("/proc/cpuinfo", "model name").unwrap_or_else(unknown),
        first("/proc/meminfo", "MemTotal").unwrap_or_else(unknown),
        first("/proc/loadavg", "").unwrap_or_else(unknown),
    );
}
