//! npm packages, exactly as the lock file beside them names them.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use super::{Tools, announce};
use crate::process;
use crate::stamp::{Fingerprint, Stamp};

/// Those of `end2end/`.
pub(super) fn packages(tools: &Tools<'_>) -> Result<()> {
    install(
        tools,
        &tools.workspace.end2end(),
        "the npm packages of end2end/",
        "wasm-opt (binaryen) and esbuild shrink the page's WASM and script, Playwright and TypeScript test it",
        "half a minute (160 MB)",
    )
}

/// Those of `bench/browser/`. Each SDK has a lock file of its own, so that it gets the versions that it would get alone.
pub(super) fn bench_packages(tools: &Tools<'_>) -> Result<()> {
    let folder = tools.workspace.root.join("bench/browser");
    let why = "esbuild bundles the pages that are compared";
    install(tools, &folder, "the npm packages of bench/browser/", why, "a moment")?;
    let mut peers: Vec<_> = fs::read_dir(folder.join("peers"))?.collect::<Result<_, _>>()?;
    peers.sort_by_key(fs::DirEntry::file_name);
    for peer in peers {
        let what = format!("{} from npm", peer.file_name().to_string_lossy());
        let why = "browser-telemetry is compared with it";
        install(tools, &peer.path(), &what, why, "ten seconds (30 to 70 MB)")?;
    }
    Ok(())
}

/// Installs a folder's packages when its lock file has changed since the last time.
fn install(tools: &Tools<'_>, folder: &Path, what: &str, why: &str, about: &str) -> Result<()> {
    if tools.find("node").is_none() || tools.find("npm").is_none() {
        bail!(
            "Node.js 20 or newer with npm is missing; wasm-opt, esbuild, Playwright and TypeScript come from npm. Install it \
             (https://nodejs.org; Debian, Ubuntu: `apt-get install nodejs npm`) and try again"
        );
    }
    let mut lock = Fingerprint::default();
    lock.path(folder, &folder.join("package-lock.json"))?;
    let modules = folder.join("node_modules");
    let stamp = Stamp::at(modules.join(".xtask-stamp"));
    if stamp.is(&lock.digest()) {
        return Ok(());
    }
    announce(what, why, about);
    process::run(
        tools
            .command("npm")
            .current_dir(folder)
            .args(["ci", "--no-audit", "--no-fund"]),
    )?;
    fs::create_dir_all(&modules)?;
    stamp.set(&lock.digest())
}
