//! The page's files: WASM, JavaScript, CSS and assets, optimised, with hashed names, compressed beforehand.
//!
//! `cargo leptos build --release --frontend-only --precompress` makes them, in a folder of our own, so that a
//! `cargo leptos watch` (which empties its own site folder at its start) and a running server of ours do not disturb each
//! other. A stamp skips all of it while nothing has changed that the page is made from.
//!
//! Hashed names: Leptos finds them in `hash.txt` *beside the running executable*. cargo-leptos writes it beside the server
//! of the profile that it would build, so it is kept with the site and copied to the server that is to be started.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::process;
use crate::stamp::{Fingerprint, Stamp, digest_of};
use crate::tools::{Need, Tools};
use crate::workspace::Workspace;

/// What `build` needs.
pub(crate) const NEEDS: &[Need] = &[
    Need::WasmTarget,
    Need::NodePackages,
    Need::WasmBindgen,
    Need::CargoLeptos,
];

/// How cargo is told what the page is.
pub(crate) const PAGE: [&str; 2] = ["--package", "frontend"];

/// The built page.
#[derive(Debug)]
pub(crate) struct Site {
    /// Absolute; what `LEPTOS_SITE_ROOT` has to say.
    pub(crate) root: PathBuf,
    /// The names of its files, as the server reads them.
    pub(crate) hashes: PathBuf,
}

impl Site {
    /// Puts the names of the hashed files where this server looks for them.
    pub(crate) fn hand_to(&self, server: &Path) -> Result<()> {
        let place = server.with_file_name("hash.txt");
        fs::copy(&self.hashes, &place)
            .with_context(|| format!("cannot copy {} to {}", self.hashes.display(), place.display()))?;
        Ok(())
    }
}

/// Builds the page, unless it is there and nothing has changed.
pub(crate) fn build(workspace: &Workspace, tools: &Tools<'_>) -> Result<Site> {
    let folder = workspace.own_output();
    let site = Site {
        root: folder.join("site"),
        hashes: folder.join("hash.txt"),
    };
    let stamp = Stamp::at(folder.join("site.stamp"));
    let inputs = inputs(workspace, tools)?;
    if stamp.is(&stamp_text(&inputs, &site)?) {
        println!("The page is up to date.");
        return Ok(site);
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    stamp.forget()?;

    // cargo-leptos writes it here: `bin-profile-release` of the metadata is the dev profile.
    let written = workspace.target.join("debug/hash.txt");
    process::run(cargo_leptos(tools, &site.root).env("LEPTOS_HASH_FILES", "true"))?;
    if !written.is_file() {
        bail!(
            "cargo-leptos said that it built the page, but there is no {}",
            written.display()
        );
    }
    fs::copy(&written, &site.hashes).with_context(|| format!("cannot keep {}", written.display()))?;

    stamp.set(&stamp_text(&inputs, &site)?)?;
    Ok(site)
}

/// Builds the page with telemetry compiled to nothing, as it is built otherwise, and answers its folder. For comparing
/// sizes only. Without hashed names: cargo-leptos would write them over the shipped page's.
pub(crate) fn build_inert(workspace: &Workspace, tools: &Tools<'_>) -> Result<PathBuf> {
    let root = workspace.own_output().join("site-inert");
    let mut command = cargo_leptos(tools, &root);
    process::run(
        command
            .args(["--lib-features", "app/inert"])
            .env("LEPTOS_HASH_FILES", "false"),
    )?;
    Ok(root)
}

/// The command that builds and compresses the page.
fn cargo_leptos(tools: &Tools<'_>, root: &Path) -> Command {
    let mut command = tools.command("cargo-leptos");
    command
        .args(["leptos", "build", "--release", "--frontend-only", "--precompress"])
        .env("LEPTOS_SITE_ROOT", root)
        // The server's affairs, and a name beside the site's own; the page does not depend on them.
        .env_remove("LEPTOS_HASH_FILE_NAME")
        .env_remove("LEPTOS_SITE_ADDR");
    command
}

/// From what the page is made, and what came out: files that have gone or been touched since are a reason to build, too.
fn stamp_text(inputs: &str, site: &Site) -> Result<String> {
    Ok(format!(
        "{inputs} {} {}\n",
        digest_of(&site.root)?,
        digest_of(&site.hashes)?
    ))
}

/// The digest of everything that the page is made from. Crates that only the server uses are not in it.
fn inputs(workspace: &Workspace, tools: &Tools<'_>) -> Result<String> {
    let mut inputs = Fingerprint::default();
    for version in tools.page_builders()? {
        inputs.word(&version);
    }
    for folder in page_packages(workspace)? {
        inputs.path(&workspace.root, &folder)?;
    }
    let others = [
        "Cargo.lock",
        "Cargo.toml",
        "rust-toolchain.toml",
        ".cargo/config.toml",
        "style",
        "public",
    ];
    for other in others.iter().chain(&["end2end/package-lock.json"]) {
        inputs.path(&workspace.root, &workspace.root.join(other))?;
    }
    Ok(inputs.digest())
}

/// The folders of our own crates in the page's WASM.
fn page_packages(workspace: &Workspace) -> Result<BTreeSet<PathBuf>> {
    let tree = page_tree(workspace, &PAGE, "{p}")?;
    let folders: BTreeSet<_> = tree.lines().filter_map(local_folder).collect();
    if folders.is_empty() {
        bail!("cargo tree names no package of ours in the page:\n{tree}");
    }
    Ok(folders)
}

/// `cargo tree` of a page, one package a line. `format` as cargo understands it.
pub(crate) fn page_tree(workspace: &Workspace, page: &[&str], format: &str) -> Result<String> {
    let mut command = process::command("cargo", &workspace.root);
    command.arg("tree").args(page);
    command.args(["--target", "wasm32-unknown-unknown", "--edges", "normal"]);
    process::output(command.args(["--prefix", "none", "--format", format]))
}

/// `app v0.1.0 (/clone/app)`, perhaps with `(proc-macro)` before or `(*)` behind: the folder.
fn local_folder(line: &str) -> Option<PathBuf> {
    line.split(" (")
        .skip(1)
        .filter_map(|part| part.trim_end().strip_suffix(')'))
        .map(PathBuf::from)
        .find(|p| p.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_folder_of_a_local_package_is_read_out_of_cargo_tree() {
        let folder = |line| local_folder(line).map(|folder| folder.display().to_string());
        assert_eq!(
            folder("app v0.1.0 (/my clones/cruddur/app)").as_deref(),
            Some("/my clones/cruddur/app")
        );
        assert_eq!(
            folder("trace-wire v0.1.0 (/c/crates/trace-wire) (*)").as_deref(),
            Some("/c/crates/trace-wire")
        );
        assert_eq!(
            folder("derive v0.1.0 (proc-macro) (/c/derive)").as_deref(),
            Some("/c/derive")
        );
        assert_eq!(folder("serde_derive v1.0.228 (proc-macro)"), None);
        assert_eq!(folder("leptos v0.8.23 (*)"), None);
    }

    #[test]
    fn the_page_is_made_from_our_own_crates() {
        let workspace = Workspace::find().unwrap();
        let packages = page_packages(&workspace).unwrap();
        assert!(packages.contains(&workspace.root.join("frontend")), "{packages:?}");
        assert!(packages.contains(&workspace.root.join("app")), "{packages:?}");
        assert!(!packages.contains(&workspace.root.join("server")), "{packages:?}");
    }
}
