//! The npm packages of `end2end/`, exactly as its lock file names them.

use std::fs;

use anyhow::{Result, bail};

use super::{Tools, announce};
use crate::process;
use crate::stamp::{Fingerprint, Stamp};

/// Installs the packages when the lock file has changed since the last time.
pub(super) fn packages(tools: &Tools<'_>) -> Result<()> {
    if tools.find("node").is_none() || tools.find("npm").is_none() {
        bail!(
            "Node.js 20 or newer with npm is missing; wasm-opt, Playwright and TypeScript come from npm. Install it \
             (https://nodejs.org; Debian, Ubuntu: `apt-get install nodejs npm`) and try again"
        );
    }
    let folder = tools.workspace.end2end();
    let mut lock = Fingerprint::default();
    lock.path(&folder, &folder.join("package-lock.json"))?;
    let modules = folder.join("node_modules");
    let stamp = Stamp::at(modules.join(".xtask-stamp"));
    if stamp.is(&lock.digest()) {
        return Ok(());
    }
    announce(
        "the npm packages of end2end/",
        "wasm-opt (binaryen) shrinks the page's WASM, Playwright and TypeScript test it",
        "half a minute (160 MB)",
    );
    process::run(
        tools
            .command("npm")
            .current_dir(&folder)
            .args(["ci", "--no-audit", "--no-fund"]),
    )?;
    fs::create_dir_all(&modules)?;
    stamp.set(&lock.digest())
}
