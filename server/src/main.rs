//! `cruddur`: the server's binary. `serve` is the sub-command when none is given.

use anyhow::{Context, bail};
use server::check_health::check_health;
use server::config::Config;
use server::peer::Access;
use server::start::start;
use server::whoami::whoami;
use server_telemetry::Environment;
use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

/// A page is made of thousands of small pieces, and spans are freed on another thread than the one that made them: with the
/// system's allocator a fifth of a page's CPU time goes into that (`cargo xtask bench server`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "\
cruddur: a micro-blog whose posts expire, and whose every click is one trace.

Usage: cruddur [serve]             serve the app; configuration comes from the environment (see README.md)
       cruddur sql \"SELECT …\"     asks the traces that the server has written (CRUDDUR_DATA_DIR): one table, spans
       cruddur health              whether the server on this machine is well: what /health says, exit code 1 if not
       cruddur honeycomb whoami    whose HONEYCOMB_API_KEY is, where it writes to, and what it may do
       cruddur --version
       cruddur --help";

/// How long requests that are under way may take when the server stops.
const GRACE: Duration = Duration::from_secs(5);

/// How long the server may take to end after that: more than spans and backends are given. Both together are less than
/// containers are given (`stop_grace_period`).
const END: Duration = Duration::from_secs(13);

/// Crates of the HTTP client that put addresses into log lines, whatever `RUST_LOG` asks for.
const ADDRESSES: [&str; 5] = ["hyper", "hyper_util", "reqwest", "rustls", "rustls_platform_verifier"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        [] | ["serve"] => serve(),
        ["health"] => health(),
        ["honeycomb", "whoami"] => honeycomb_whoami(),
        ["sql", statement] => sql(statement),
        ["sql", ..] => Err(anyhow::anyhow!(
            "`cruddur sql` takes one statement in quotes, such as \"SELECT name, count(*) FROM spans GROUP BY name\""
        )),
        ["--version" | "-V"] => {
            println!("cruddur {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        ["--help" | "-h" | "help"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(anyhow::anyhow!("unknown arguments: {}\n\n{USAGE}", arguments.join(" "))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cruddur: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What is logged: `RUST_LOG`, or else `info`, where `OTEL_LOG_LEVEL` is for telemetry's own words; and in no case addresses.
fn log_filter(of_telemetry: Option<LevelFilter>) -> EnvFilter {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        let mut filter = String::from("info");
        if let Some(level) = of_telemetry {
            for crate_name in ["server_telemetry", "span_log"] {
                filter.push_str(&format!(",{crate_name}={level}"));
            }
        }
        EnvFilter::new(filter)
    });
    ADDRESSES.into_iter().fold(filter, |filter, target| {
        filter.add_directive(format!("{target}=off").parse().expect("a directive"))
    })
}

#[tokio::main]
async fn serve() -> anyhow::Result<()> {
    let config = Config::from_env()?;
    tracing_subscriber::fmt()
        .with_env_filter(log_filter(config.telemetry.log_level))
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();

    let mut leptos = leptos::config::get_configuration(None)
        .context("the LEPTOS_* variables")?
        .leptos_options;
    leptos.site_addr = config.site_addr;

    // Before anything is opened: a second server must not touch the first one's files.
    let listener = match TcpListener::bind(config.site_addr).await {
        Ok(listener) => listener,
        Err(error) => bail!(
            "cannot listen on {}: {error}. Stop what is listening there, or set LEPTOS_SITE_ADDR to another address.",
            config.site_addr
        ),
    };
    let running = start(&config, leptos).await?;
    let at = listener.local_addr()?;
    tracing::info!("Cruddur is at http://{at}/");
    if config.trace_store && config.explorer != Access::Off {
        tracing::info!("its traces are at http://{at}/traces");
    }
    if config.explorer == Access::Open {
        tracing::warn!("CRUDDUR_EXPLORER=open: whoever can reach {at} can read every trace");
    }

    let begin_stop = running.begin_stop();
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let service = running
        .router
        .clone()
        .into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async {
        signal().await;
        tracing::info!("stopping: no new requests, the last spans go to the disk");
        begin_stop();
        _ = stopping.send(());
    });
    tokio::select! {
        served = server => served?,
        // A connection that never ends does not keep the server from stopping.
        () = async {
            _ = stopped.await;
            tokio::time::sleep(GRACE).await;
        } => {}
    }
    // A task of its own, which is not let go where it hangs: that would wait for the same thing.
    match tokio::time::timeout(END, tokio::spawn(running.stop())).await {
        Ok(ended) => Ok(ended?),
        Err(_) => {
            tracing::error!(
                "stopping took longer than {} seconds, so it ends here: does the disk with CRUDDUR_DATA_DIR answer? What was \
                 answered with 2xx is kept; the server's own last spans, and those of pages that had not reported, may be lost",
                END.as_secs()
            );
            // No way out through the runtime, either: it waits for its threads.
            std::process::exit(1)
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn health() -> anyhow::Result<()> {
    let config = Config::from_env()?;
    println!("{}", check_health(config.site_addr).await?);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn honeycomb_whoami() -> anyhow::Result<()> {
    let environment = Environment::from_env()?;
    print!("{}", whoami(&environment).await?);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn sql(statement: &str) -> anyhow::Result<()> {
    let (table, remark) = server::sql::sql(&Config::from_env()?, statement).await?;
    // Whoever reads may have had enough: `cruddur sql … | head`.
    _ = std::io::stdout().write_all(table.as_bytes());
    eprintln!("{remark}");
    Ok(())
}

/// Waits for SIGINT (Ctrl-C, `cargo leptos`) or SIGTERM (containers, init systems).
async fn signal() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
