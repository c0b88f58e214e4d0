//! What the builds and the checks need beyond cargo, and how a bare machine gets it.
//!
//! Each tool is looked at first (with `--version` where the version matters) and installed by its package name only if it is
//! missing, after a line that says what, why and about how long. Nothing is done twice, and nothing of the user's is
//! replaced: where another version of cargo-leptos or wasm-bindgen-cli is installed already, ours goes below the target
//! directory and stands first in the `PATH` of what xtask starts. With `CI` set they always go there, because the target
//! directory is what a CI machine keeps.

mod browser;
mod crates;
mod node;
mod rust;

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process;
use crate::workspace::Workspace;

/// Something to be there before a step can start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// rustfmt and clippy of the pinned toolchain.
    RustComponents,
    /// The standard library for wasm32-unknown-unknown.
    WasmTarget,
    /// wasm-bindgen and its test runner, in the version of `Cargo.lock`.
    WasmBindgen,
    /// cargo-leptos.
    CargoLeptos,
    /// The npm packages of `end2end/`: wasm-opt, esbuild, Playwright, TypeScript.
    NodePackages,
    /// The npm packages of `bench/browser/`: esbuild, and the SDKs that ours is compared with.
    BenchPackages,
    /// A Chromium that Playwright can drive.
    Chromium,
}

/// The tools, and the `PATH` that finds ours before others.
#[derive(Debug)]
pub(crate) struct Tools<'a> {
    workspace: &'a Workspace,
    path: OsString,
}

impl<'a> Tools<'a> {
    /// Looks at nothing yet.
    pub(crate) fn new(workspace: &'a Workspace) -> Result<Self> {
        let inherited = env::var_os("PATH").unwrap_or_default();
        let mut folders = vec![
            workspace.own_tools().join("bin"),
            workspace.end2end().join("node_modules/.bin"),
        ];
        folders.extend(env::split_paths(&inherited));
        // Last: `cargo install` puts things there, and not everybody has it on the PATH.
        folders.extend(cargo_home().map(|home| home.join("bin")));
        let path = env::join_paths(folders).context("a folder on the PATH has a name that cannot stand there")?;
        Ok(Self { workspace, path })
    }

    /// Makes sure that these are there, installing what is missing.
    pub(crate) fn prepare(&self, needs: &[Need]) -> Result<()> {
        for need in needs {
            match need {
                Need::RustComponents => rust::components(self)?,
                Need::WasmTarget => rust::wasm_target(self)?,
                Need::WasmBindgen => crates::wasm_bindgen(self)?,
                Need::CargoLeptos => crates::cargo_leptos(self)?,
                Need::NodePackages => node::packages(self)?,
                Need::BenchPackages => node::bench_packages(self)?,
                Need::Chromium => browser::chromium(self)?,
            }
        }
        Ok(())
    }

    /// A command in the workspace's root that finds our tools first.
    pub(crate) fn command(&self, program: &str) -> Command {
        // Resolved here: whether a child's PATH counts for finding the child itself depends on the platform.
        let found = self
            .find(program)
            .map_or_else(|| program.into(), PathBuf::into_os_string);
        let mut command = process::command(found, &self.workspace.root);
        command.env("PATH", &self.path);
        command
    }

    /// Playwright's command line; without `npx`, which does not hand on signals.
    pub(crate) fn playwright(&self) -> Command {
        let mut command = self.command("node");
        command
            .current_dir(self.workspace.end2end())
            .arg("node_modules/@playwright/test/cli.js");
        command
    }

    /// Whether there is a driver for wasm-bindgen's browser tests.
    pub(crate) fn chromedriver(&self) -> bool {
        browser::chromedriver(self)
    }

    /// The versions that shape the built page, for its stamp.
    pub(crate) fn page_builders(&self) -> Result<[String; 2]> {
        Ok([
            process::output(self.command("wasm-bindgen").arg("--version"))?,
            crates::CARGO_LEPTOS.to_owned(),
        ])
    }

    /// The first program of this name on our `PATH`.
    fn find(&self, program: &str) -> Option<PathBuf> {
        let endings: &[&str] = if cfg!(windows) { &[".exe", ".cmd"] } else { &[""] };
        env::split_paths(&self.path)
            .flat_map(|folder| {
                endings
                    .iter()
                    .map(move |ending| folder.join(format!("{program}{ending}")))
            })
            .find(|file| is_program(file))
    }
}

/// Says what is installed, why, and about how long that takes.
fn announce(what: &str, why: &str, about: &str) {
    println!("\nInstalling {what}: {why}. Takes about {about}.");
}

fn cargo_home() -> Option<PathBuf> {
    env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(env::home_dir()?.join(".cargo")))
}

/// Whether this is a CI machine: nothing is skipped there.
pub(crate) fn on_ci() -> bool {
    env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false" && value != "0")
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}
