//! Where things are: the clone, cargo's output, and the versions that the clone asks for.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::process;

/// The clone and its target directory, both absolute.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Where cargo puts its output, `CARGO_TARGET_DIR` and configuration files considered.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Finds both. cargo is asked at run time and nothing is baked into the binary: a cached binary may serve another clone.
    pub(crate) fn find() -> Result<Self> {
        let package =
            env::var_os("CARGO_MANIFEST_DIR").context("start it as `cargo xtask`: cargo says where the clone is")?;
        let root = Path::new(&package)
            .parent()
            .context("the package xtask has no folder above it")?
            .to_path_buf();
        let metadata =
            process::output(process::command("cargo", &root).args(["metadata", "--no-deps", "--format-version", "1"]))?;
        let target = json_string(&metadata, "target_directory").context("cargo metadata names no target_directory")?;
        Ok(Self {
            root,
            target: target.into(),
        })
    }

    /// Our own corner of the target directory: the built site, its stamp, the tests' data.
    pub(crate) fn own_output(&self) -> PathBuf {
        self.target.join("xtask")
    }

    /// Tools of a version of ours that must not replace another one of the user's (see `tools`).
    pub(crate) fn own_tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// Playwright's folder, which also brings wasm-opt.
    pub(crate) fn end2end(&self) -> PathBuf {
        self.root.join("end2end")
    }

    /// The one version of a package in `Cargo.lock`.
    pub(crate) fn locked_version(&self, package: &str) -> Result<String> {
        let versions = self.locked_versions(package)?;
        versions
            .into_iter()
            .next()
            .with_context(|| format!("Cargo.lock holds no package {package}"))
    }

    /// Every version of a package in `Cargo.lock`.
    pub(crate) fn locked_versions(&self, package: &str) -> Result<Vec<String>> {
        Ok(versions_in_lock(&self.read("Cargo.lock")?, package))
    }

    /// The channel that `rust-toolchain.toml` pins.
    pub(crate) fn rust_channel(&self) -> Result<String> {
        let file = self.read("rust-toolchain.toml")?;
        let channel = file.lines().find_map(|line| line.trim().strip_prefix("channel"));
        let channel = channel
            .and_then(|rest| rest.split('"').nth(1))
            .context("rust-toolchain.toml names no channel")?;
        Ok(channel.to_owned())
    }

    fn read(&self, name: &str) -> Result<String> {
        let path = self.root.join(name);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    }
}

/// The versions of a package in the text of a `Cargo.lock`, whose `name` and `version` lines follow each other.
fn versions_in_lock(lock: &str, package: &str) -> Vec<String> {
    let name = format!("name = \"{package}\"");
    let lines: Vec<&str> = lock.lines().collect();
    let pairs = lines.windows(2).filter(|pair| pair[0] == name);
    pairs
        .filter_map(|pair| pair[1].strip_prefix("version = \"")?.strip_suffix('"'))
        .map(str::to_owned)
        .collect()
}

/// The first string of this name in a JSON text. Enough for one path out of `cargo metadata`; no reason for a parser.
fn json_string(json: &str, name: &str) -> Option<String> {
    let (_, rest) = json.split_once(&format!("\"{name}\":\""))?;
    let mut text = String::new();
    let mut characters = rest.chars();
    loop {
        match characters.next()? {
            '"' => return Some(text),
            '\\' => match characters.next()? {
                'u' => {
                    let digits: String = characters.by_ref().take(4).collect();
                    text.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
                }
                escaped => text.push(escaped),
            },
            plain => text.push(plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_out_of_json() {
        let json = r#"{"packages":[],"target_directory":"C:\\clones\\my \"own\"\\target","version":1}"#;
        assert_eq!(
            json_string(json, "target_directory").as_deref(),
            Some(r#"C:\clones\my "own"\target"#)
        );
        assert_eq!(json_string(json, "workspace_root"), None);
        assert_eq!(json_string(r#"{"target_directory":"cut o"#, "target_directory"), None);
    }

    #[test]
    fn each_version_in_the_lock_is_found_and_no_longer_name() {
        let lock = "[[package]]\nname = \"opentelemetry\"\nversion = \"0.32.0\"\n\n[[package]]\nname = \"opentelemetry\"\n\
                    version = \"0.33.0\"\n\n[[package]]\nname = \"opentelemetry-proto\"\nversion = \"0.33.1\"\n";
        assert_eq!(versions_in_lock(lock, "opentelemetry"), ["0.32.0", "0.33.0"]);
        assert_eq!(versions_in_lock(lock, "opentelemetry-proto"), ["0.33.1"]);
        assert!(versions_in_lock(lock, "telemetry").is_empty());
    }

    #[test]
    fn this_clone_is_found_with_its_pinned_versions() {
        let workspace = Workspace::find().unwrap();
        assert!(workspace.root.join("Cargo.lock").is_file());
        assert!(workspace.target.is_absolute());
        assert!(workspace.locked_version("wasm-bindgen").unwrap().starts_with("0.2."));
        assert!(workspace.rust_channel().unwrap().starts_with("1."));
    }
}
