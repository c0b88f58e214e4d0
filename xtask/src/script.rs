//! The script of `browser-telemetry` as release builds take it: `page.min.js`, made from `page.js` by esbuild.
//!
//! It lies in the clone and is not made by the build, so that an app that takes the crate needs nothing but cargo.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use crate::process;
use crate::tools::{Need, Tools};
use crate::workspace::Workspace;

/// What brings esbuild.
pub(crate) const NEEDS: &[Need] = &[Need::NodePackages];

const SOURCE: &str = "crates/browser-telemetry/src/page.js";

/// Makes the script anew.
pub(crate) fn write() -> Result<()> {
    let workspace = Workspace::find()?;
    let tools = Tools::new(&workspace)?;
    tools.prepare(NEEDS)?;
    let shipped = shipped(&workspace);
    fs::write(&shipped, minify(&tools)?).with_context(|| format!("cannot write {}", shipped.display()))
}

/// Whether the script is what its source gives.
pub(crate) fn check(workspace: &Workspace, tools: &Tools<'_>) -> Result<()> {
    let shipped = shipped(workspace);
    let script = fs::read_to_string(&shipped).with_context(|| format!("cannot read {}", shipped.display()))?;
    if script != minify(tools)? {
        bail!(
            "{} is not what {SOURCE} gives: `cargo xtask script` makes it anew",
            shipped.display()
        );
    }
    Ok(())
}

fn shipped(workspace: &Workspace) -> PathBuf {
    workspace.root.join(SOURCE).with_extension("min.js")
}

fn minify(tools: &Tools<'_>) -> Result<String> {
    process::output(tools.command("esbuild").args(["--minify", "--format=esm", SOURCE]))
}
