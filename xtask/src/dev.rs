//! `cargo xtask dev`: the tools, and then `cargo leptos watch`.
//!
//! Once this has run, `cargo leptos watch` also works typed bare; it is the same command with the same metadata. Two things
//! differ: here our wasm-bindgen stands first in the `PATH` where the user has another one, and there is no demo here or
//! there unless `CRUDDUR_DEMO` says so, because a developer's data outlives many restarts.

use anyhow::Result;

use crate::process;
use crate::tools::{Need, Tools};
use crate::workspace::Workspace;

/// Prepares, and becomes `cargo leptos watch`.
pub(crate) fn dev() -> Result<()> {
    let workspace = Workspace::find()?;
    let tools = Tools::new(&workspace)?;
    // No wasm-opt: watch builds the page without optimising it.
    tools.prepare(&[Need::WasmTarget, Need::WasmBindgen, Need::CargoLeptos])?;
    let mut command = tools.command("cargo-leptos");
    command.args(["leptos", "watch"]);
    process::become_command(command)
}
