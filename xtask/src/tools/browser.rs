//! A Chromium for Playwright, and its driver for wasm-bindgen's tests.
//!
//! Which browser it is, `end2end/chromium.mjs` decides, for Playwright and for us alike.

use std::env;
use std::path::Path;

use anyhow::{Result, bail};

use super::{Tools, announce};
use crate::process;

/// Playwright's own Chromium or one of the system's; else tries to install Playwright's.
pub(super) fn chromium(tools: &Tools<'_>) -> Result<()> {
    if found(tools) {
        return Ok(());
    }
    announce(
        "Chromium by Playwright",
        "the end-to-end tests drive a real browser",
        "2 minutes (300 MB)",
    );
    let mut install = tools.playwright();
    // A machine that cannot reach Playwright's server should learn that soon.
    install
        .args(["install", "chromium"])
        .env("PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT", "15000");
    let installed = process::run(&mut install);
    if installed.is_ok() && found(tools) {
        return Ok(());
    }
    bail!(
        "there is no Chromium for the end-to-end tests{}. Install one: `cd end2end && npx playwright install chromium`, or \
         the system's (Debian: `apt-get install chromium`; Google Chrome does as well), or name one with CRUDDUR_CHROMIUM",
        installed
            .err()
            .map(|error| format!(", and Playwright could not install its own: {error:#}"))
            .unwrap_or_default()
    )
}

fn found(tools: &Tools<'_>) -> bool {
    process::output(
        tools
            .command("node")
            .current_dir(tools.workspace.end2end())
            .arg("chromium.mjs"),
    )
    .is_ok()
}

/// As wasm-bindgen-test-runner looks for it: `CHROMEDRIVER`, then the `PATH`.
pub(super) fn chromedriver(tools: &Tools<'_>) -> bool {
    env::var_os("CHROMEDRIVER").is_some_and(|path| Path::new(&path).is_file()) || tools.find("chromedriver").is_some()
}
