//! The end-to-end tests: the page and the server as `run` builds them, driven by Playwright.
//!
//! Playwright starts and stops the server; it learns here which one, where, and with what data.

use std::env;
use std::fs;
use std::net::TcpListener;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{Context, Outcome};
use crate::tools::{Need, Tools};
use crate::workspace::Workspace;
use crate::{example as other, process, server as binary, site as page};

/// What `check` needs beside cargo.
pub(super) const NEEDS: &[Need] = &[
    Need::WasmTarget,
    Need::NodePackages,
    Need::WasmBindgen,
    Need::CargoLeptos,
    Need::Chromium,
];

/// What `example` needs beside cargo.
pub(super) const EXAMPLE_NEEDS: &[Need] = &[Need::WasmTarget, Need::NodePackages, Need::WasmBindgen, Need::Chromium];

/// Builds the page.
pub(super) fn site(context: &Context<'_>) -> Result<Outcome> {
    page::build(context.workspace, context.tools)?;
    Ok(Outcome::Passed)
}

/// Builds the server.
pub(super) fn server(context: &Context<'_>) -> Result<Outcome> {
    binary::build(context.workspace, context.tools, false)?;
    Ok(Outcome::Passed)
}

/// Builds both, and runs the tests on a fresh data directory.
pub(super) fn check(context: &Context<'_>) -> Result<Outcome> {
    drive(context.workspace, context.tools, &[])?;
    Ok(Outcome::Passed)
}

/// Takes the README's pictures: the same on what `end2end/screenshots` does.
pub(crate) fn screenshots() -> Result<()> {
    let workspace = Workspace::find()?;
    let tools = Tools::new(&workspace)?;
    tools.prepare(NEEDS)?;
    drive(&workspace, &tools, &["--config", "screenshots.config.ts"])
}

/// Builds the page and the server, and has Playwright drive them.
fn drive(workspace: &Workspace, tools: &Tools<'_>, arguments: &[&str]) -> Result<()> {
    let site = page::build(workspace, tools)?;
    let server = binary::build(workspace, tools, false)?;
    site.hand_to(&server)?;

    // Kept until the next run: after a failure one may want to look at the database and the span log.
    let data = workspace.own_output().join("end2end-data");
    if data.exists() {
        fs::remove_dir_all(&data).with_context(|| format!("cannot empty {}", data.display()))?;
    }
    fs::create_dir_all(&data).with_context(|| format!("cannot create {}", data.display()))?;

    let mut command = playwright(tools);
    command
        .arg("test")
        .args(arguments)
        .env("CRUDDUR_SERVER", &server)
        .env("CRUDDUR_DATA_DIR", &data)
        .env("CRUDDUR_DEMO", "1")
        .envs(binary::SETTINGS)
        .env("LEPTOS_SITE_ROOT", &site.root)
        .env("LEPTOS_SITE_ADDR", free_address()?);
    process::run(&mut command)
}

/// Builds the example app and an OTLP receiver, and runs the tests that start both themselves.
pub(super) fn example(context: &Context<'_>) -> Result<Outcome> {
    let example = other::build(context.workspace, context.tools)?;
    let mut command = playwright(context.tools);
    command
        .args(["test", "--config", "example.config.ts"])
        .env("STOPWATCH_SERVER", &example.server)
        .env("STOPWATCH_SITE", &example.site)
        .env("OTLP_RECEIVER", &example.receiver);
    process::run(&mut command)?;
    Ok(Outcome::Passed)
}

/// Playwright, in an environment without what would change the server under test.
fn playwright(tools: &Tools<'_>) -> Command {
    let mut command = tools.playwright();
    // The server under test is no more than what a stranger would start: a developer's own settings and keys stay outside,
    // above all those that would send the tests' spans to somebody's backend.
    for (name, _) in env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        let theirs = ["OTEL_", "HONEYCOMB_", "CRUDDUR_", "LEPTOS_"]
            .iter()
            .any(|prefix| text.starts_with(prefix));
        if (theirs && text != "CRUDDUR_CHROMIUM") || text == "DATABASE_URL" {
            command.env_remove(&name);
        }
    }
    command
}

/// An address on this machine that nobody listens on.
fn free_address() -> Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no port is free on 127.0.0.1")?;
    Ok(listener.local_addr()?.to_string())
}
