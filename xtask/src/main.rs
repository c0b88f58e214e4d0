//! `cargo xtask`: everything in Cruddur that is more than one cargo command.
//!
//! It takes a bare machine (git, a C compiler, rustup's cargo, Node.js) to a served page with one command, and it is the one
//! place where the order of build steps is written down. So it has to compile in seconds: std, anyhow and nothing big.
//!
//! Two builds of the same dependency graph cost minutes on a small machine, hence three rules that all commands follow:
//!
//! - Native code is always selected as `--workspace --exclude frontend`. Cargo unifies features over what is selected, so
//!   `-p server` would want a second copy of every dependency whose features another member widens. `cargo leptos` gets the
//!   same selection through `bin-cargo-args`.
//! - The page is built by cargo-leptos, the server by cargo: cargo-leptos' release build would force one profile on both,
//!   and the page wants `wasm-release` while the server of `run` keeps the dev profile that the tests have built already.
//! - One cargo at a time.

mod bench;
mod checks;
mod dev;
mod dist;
mod example;
mod fuzz;
mod process;
mod run;
mod script;
mod server;
mod signals;
mod site;
mod stamp;
mod tools;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
usage: cargo xtask <command>

  run [--release] [-- arguments of the server]
        build the page and the server, start it with demo people and cruds, and stay
        --release optimises the server too, which takes some minutes more
  example
        build the example of the telemetry crates (examples/stopwatch) and start it
  dist <folder>
        lay out what runs in production: the optimised server and the page
  dev   start `cargo leptos watch`: rebuild and reload when a file changes
  test [step...] [--list]
        every check, or the named steps; --list says which there are
  bench [wasm | relay [--seconds N] [--connections N] [--rate spans/s]]
        the page's size with and without telemetry; the spans a second that the server takes (builds it in release)
  bench browser [--rounds N] [--loads N] [--closes N]
        what telemetry costs in the browser, beside other SDKs; takes half an hour on an idle machine
  bench server [--rounds N] [--seconds N] [--connections N]
        what tracing costs the server, beside axum-tracing-opentelemetry (builds all in release)
  bench store [--spans N] [--rate spans/s]
        the trace store with millions of spans, beside ClickHouse's engine (builds it in release)
  script
        make the script that browser-telemetry ships (page.min.js) from its source
  screenshots
        take the README's pictures anew, of the app in a real Chromium
  fuzz [target] [seconds]
        broken input for the decoders that face outside; every target, 60 s each, unless told otherwise

What is missing on this machine (the WASM target, cargo-leptos, wasm-bindgen-cli, npm packages) is installed on the way.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[&str]) -> Result<()> {
    signals::forward()?;
    match arguments {
        ["run", rest @ ..] => run::run(&run::Options::parse(rest)?),
        ["dist", folder] => dist::dist(folder),
        ["dev"] => dev::dev(),
        ["example"] => example::run(),
        ["test", "--list"] => {
            checks::list();
            Ok(())
        }
        ["test", steps @ ..] => checks::test(steps),
        ["bench", rest @ ..] => bench::bench(rest),
        ["script"] => script::write(),
        ["screenshots"] => checks::screenshots(),
        ["fuzz", rest @ ..] if rest.len() <= 2 => fuzz::fuzz(rest),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        [unknown, ..] => bail!("there is no command \"{}\" of this shape\n\n{USAGE}", unknown),
    }
}
