//! The example app in `examples/stopwatch`, which takes the telemetry crates as an app of somebody else's would.
//!
//! Its page is built here and not by cargo-leptos: with a second project in the metadata, a bare `cargo leptos watch` would
//! ask which of the two is meant. The steps are cargo-leptos' own (cargo, wasm-bindgen, a name without `_bg`), with the app's
//! profile, features and target folder, so that no dependency is compiled twice (the check `graph` looks), and without what
//! a page needs that many people download: wasm-opt, compression, hashed names.

use std::env;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::process;
use crate::tools::{Need, Tools};
use crate::workspace::Workspace;

/// What `build` needs.
pub(crate) const NEEDS: &[Need] = &[Need::WasmTarget, Need::WasmBindgen];

/// How cargo is told what the example's page is.
pub(crate) const PAGE: [&str; 5] = [
    "--package",
    "stopwatch",
    "--no-default-features",
    "--features",
    "hydrate",
];

/// Where it listens when nobody says otherwise: beside Cruddur.
const DEFAULT_ADDRESS: &str = "127.0.0.1:3100";

/// The built example.
#[derive(Debug)]
pub(crate) struct Example {
    pub(crate) server: PathBuf,
    /// The OTLP receiver of `server-telemetry`'s examples.
    pub(crate) receiver: PathBuf,
    /// What `LEPTOS_SITE_ROOT` has to say.
    pub(crate) site: PathBuf,
}

/// Builds the page, the server, and a receiver for their spans. cargo itself knows what has changed.
pub(crate) fn build(workspace: &Workspace, tools: &Tools<'_>) -> Result<Example> {
    // cargo-leptos' target folder for the page.
    let target = workspace.target.join("front");
    let mut page = tools.command("cargo");
    page.arg("build").args(PAGE).args([
        "--lib",
        "--target=wasm32-unknown-unknown",
        "--profile=wasm-release",
        "--target-dir",
    ]);
    process::run(page.arg(&target))?;

    let site = workspace.own_output().join("example-site");
    let files = site.join("pkg");
    let mut bindgen = tools.command("wasm-bindgen");
    bindgen.args(["--target=web", "--no-typescript", "--out-name=stopwatch", "--out-dir"]);
    bindgen.arg(&files);
    process::run(bindgen.arg(target.join("wasm32-unknown-unknown/wasm-release/stopwatch.wasm")))?;
    let (written, wanted) = (files.join("stopwatch_bg.wasm"), files.join("stopwatch.wasm"));
    fs::rename(&written, &wanted).with_context(|| format!("cannot rename {}", written.display()))?;

    let mut native = tools.command("cargo");
    native.args(["build", "--workspace", "--exclude", "frontend"]);
    process::run(native.args(["--bin", "stopwatch", "--example", "receiver"]))?;
    let built = workspace.target.join("debug");
    Ok(Example {
        server: built.join(format!("stopwatch{}", env::consts::EXE_SUFFIX)),
        receiver: built.join(format!("examples/receiver{}", env::consts::EXE_SUFFIX)),
        site,
    })
}

/// `cargo xtask example`: builds, says where to look, and becomes the example's server.
pub(crate) fn run() -> Result<()> {
    let workspace = Workspace::find()?;
    let tools = Tools::new(&workspace)?;
    tools.prepare(NEEDS)?;
    let example = build(&workspace, &tools)?;

    let mut command = process::command(&example.server, &workspace.root);
    command
        .env("LEPTOS_OUTPUT_NAME", "stopwatch")
        .env("LEPTOS_SITE_ROOT", &example.site)
        .env("LEPTOS_SITE_PKG_DIR", "pkg");
    if env::var_os("LEPTOS_SITE_ADDR").is_none_or(|address| address.is_empty()) {
        command.env("LEPTOS_SITE_ADDR", DEFAULT_ADDRESS);
    }
    println!(
        "\n  Its spans go to OTEL_EXPORTER_OTLP_ENDPOINT (default http://localhost:4318). A receiver that prints them:\n  {}\n",
        example.receiver.display()
    );
    process::become_command(command)
}
