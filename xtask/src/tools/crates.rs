//! The two tools that come from crates.io: cargo-leptos and wasm-bindgen-cli.

use std::fs;

use anyhow::{Context as _, Result, bail};

use super::{Tools, announce, on_ci};
use crate::process;

/// The version that is installed where none is there. Later ones of the same minor version do as well.
pub(super) const CARGO_LEPTOS: &str = "0.3.10";

/// cargo-leptos, which builds the page and watches the sources.
pub(super) fn cargo_leptos(tools: &Tools<'_>) -> Result<()> {
    let found = version(tools, "cargo-leptos");
    if found.as_deref().is_some_and(leptos_fits) {
        return Ok(());
    }
    for program in ["make", "perl"] {
        if tools.find(program).is_none() {
            bail!(
                "cargo-leptos builds its own OpenSSL, and that needs `{program}`, which is missing. Install it with your \
                 package manager (Debian, Ubuntu: `apt-get install {program}`) and try again"
            );
        }
    }
    announce(
        &format!("cargo-leptos {CARGO_LEPTOS}"),
        "it builds the page (WASM, CSS, hashed names, compression) and reloads it while you work",
        "6 minutes on 2 cores",
    );
    // `dev`: it only starts other programs, so optimising it would cost minutes for nothing. `no_downloads`: the programs
    // that it starts are installed here, in versions that we know, and not fetched behind our back.
    let arguments = ["--locked", "--profile", "dev", "--features", "no_downloads"];
    install(tools, "cargo-leptos", CARGO_LEPTOS, &arguments, found.is_some())?;
    expect(tools, "cargo-leptos", leptos_fits)
}

/// wasm-bindgen and wasm-bindgen-test-runner, in exactly the version that the page is compiled against: other versions
/// refuse the WASM.
pub(super) fn wasm_bindgen(tools: &Tools<'_>) -> Result<()> {
    let wanted = tools.workspace.locked_version("wasm-bindgen")?;
    let found = version(tools, "wasm-bindgen");
    let runner = version(tools, "wasm-bindgen-test-runner");
    if found.as_ref() == Some(&wanted) && runner.as_ref() == Some(&wanted) {
        return Ok(());
    }
    announce(
        &format!("wasm-bindgen-cli {wanted}"),
        "it joins the page's WASM with JavaScript, and its version has to be the one in Cargo.lock",
        "3 minutes on 2 cores",
    );
    // Without `--locked`: the package's own lock file asks for versions that have been withdrawn since.
    install(tools, "wasm-bindgen-cli", &wanted, &[], found.is_some())?;
    expect(tools, "wasm-bindgen", |version| version == wanted)
}

/// `another`: the user has a different version, which stays.
fn install(tools: &Tools<'_>, package: &str, version: &str, arguments: &[&str], another: bool) -> Result<()> {
    let own = tools.workspace.own_tools();
    let build = own.join("build");
    let mut command = tools.command("cargo");
    command
        .args(["install", package, "--version", version])
        .args(arguments)
        .arg("--target-dir")
        .arg(&build);
    if another || on_ci() {
        command.arg("--root").arg(&own).arg("--force");
    }
    process::run(&mut command)?;
    // Gigabytes that nobody needs again. An interrupted build stays, and goes on where it was.
    if build.exists() {
        fs::remove_dir_all(&build).with_context(|| format!("cannot remove {}", build.display()))?;
    }
    Ok(())
}

/// What has been installed has to be what is found from now on.
fn expect(tools: &Tools<'_>, program: &str, fits: impl Fn(&str) -> bool) -> Result<()> {
    match version(tools, program) {
        Some(version) if fits(&version) => Ok(()),
        Some(version) => bail!("`{program}` was installed, but the one that is found first has version {version}"),
        None => {
            bail!("`{program}` was installed, but is not found; is there an `install.root` in cargo's configuration?")
        }
    }
}

/// The version that a program says it has: the second word of `--version`.
fn version(tools: &Tools<'_>, program: &str) -> Option<String> {
    tools.find(program)?;
    let said = process::output(tools.command(program).arg("--version")).ok()?;
    said.split_whitespace().nth(1).map(str::to_owned)
}

/// 0.3.10 and later patches of 0.3.
fn leptos_fits(version: &str) -> bool {
    let patch = |version: &str| version.strip_prefix("0.3.").and_then(|patch| patch.parse::<u32>().ok());
    patch(version).is_some_and(|found| Some(found) >= patch(CARGO_LEPTOS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_patches_of_cargo_leptos_do_and_others_do_not() {
        for fits in ["0.3.10", "0.3.11", "0.3.40"] {
            assert!(leptos_fits(fits), "{fits}");
        }
        for differs in ["0.3.9", "0.2.99", "0.4.0", "1.0.0", "0.3.11-rc1", ""] {
            assert!(!leptos_fits(differs), "{differs}");
        }
    }
}
