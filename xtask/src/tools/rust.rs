//! The pinned toolchain's components and its WASM target.
//!
//! rustup installs them by itself from `rust-toolchain.toml`, unless `RUSTUP_AUTO_INSTALL=0` is set or the toolchain was
//! installed before without them; so they are asked for by name.

use std::path::Path;

use anyhow::{Result, bail};

use super::{Tools, announce};
use crate::process;

const TARGET: &str = "wasm32-unknown-unknown";

/// rustfmt and clippy.
pub(super) fn components(tools: &Tools<'_>) -> Result<()> {
    for (component, program) in [("rustfmt", "cargo-fmt"), ("clippy", "cargo-clippy")] {
        if process::output(tools.command(program).arg("--version")).is_err() {
            announce(
                component,
                "`cargo xtask test` checks the style with it",
                "half a minute",
            );
            rustup(tools, &["component", "add", component])?;
        }
    }
    Ok(())
}

/// The standard library for WebAssembly.
pub(super) fn wasm_target(tools: &Tools<'_>) -> Result<()> {
    let sysroot = process::output(tools.command("rustc").args(["--print", "sysroot"]))?;
    if !Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET).is_dir() {
        announce(
            &format!("the Rust target {TARGET}"),
            "the page runs as WebAssembly",
            "half a minute",
        );
        rustup(tools, &["target", "add", TARGET])?;
    }
    Ok(())
}

fn rustup(tools: &Tools<'_>, arguments: &[&str]) -> Result<()> {
    let channel = tools.workspace.rust_channel()?;
    if tools.find("rustup").is_none() {
        bail!(
            "rustup is missing, so `rustup {} --toolchain {channel}` cannot be run. Install Rust with rustup \
             (https://rustup.rs), or add what is missing with the package manager that your Rust comes from",
            arguments.join(" ")
        );
    }
    process::run(tools.command("rustup").args(arguments).args(["--toolchain", &channel]))
}
