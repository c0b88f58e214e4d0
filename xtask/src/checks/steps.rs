//! The checks that are one command, and the list of all.

use std::fs;

use anyhow::{Context as _, Result};

use super::{Context, Outcome, Step, end2end, graph};
use crate::bench;
use crate::example;
use crate::process;
use crate::script;
use crate::site;
use crate::tools::Need;

/// Every check, cheap ones first. `end2end` builds what it needs by itself; `site` and `server` stand before it so that
/// their minutes are seen on their own. `example` comes last because its page takes over what `site` has compiled.
pub(super) const ALL: &[Step] = &[
    Step {
        name: "fmt",
        what: "rustfmt changes nothing",
        needs: &[Need::RustComponents],
        run: fmt,
    },
    Step {
        name: "graph",
        what: "what may be in the page, and one OpenTelemetry",
        needs: &[],
        run: graph::check,
    },
    Step {
        name: "types",
        what: "TypeScript of the end-to-end tests, and the types of the explorer's scripts",
        needs: &[Need::NodePackages],
        run: types,
    },
    Step {
        name: "script",
        what: "the script that browser-telemetry ships is what its source gives",
        needs: script::NEEDS,
        run: script,
    },
    Step {
        name: "clippy",
        what: "no warnings in native code",
        needs: &[Need::RustComponents],
        run: clippy,
    },
    Step {
        name: "clippy-wasm",
        what: "no warnings in the page's code",
        needs: &[Need::RustComponents, Need::WasmTarget],
        run: clippy_wasm,
    },
    Step {
        name: "doc",
        what: "the documentation builds without warnings",
        needs: &[],
        run: doc,
    },
    Step {
        name: "test",
        what: "unit, integration and documentation tests",
        needs: &[],
        run: test,
    },
    Step {
        name: "test-wasm",
        what: "tests that run in a browser (wasm-bindgen-test)",
        needs: &[Need::WasmTarget, Need::WasmBindgen],
        run: test_wasm,
    },
    Step {
        name: "site",
        what: "the page builds as `run` builds it",
        needs: site::NEEDS,
        run: end2end::site,
    },
    Step {
        name: "server",
        what: "the server builds as `run` builds it",
        needs: &[],
        run: end2end::server,
    },
    Step {
        name: "end2end",
        what: "Playwright drives a real Chromium",
        needs: end2end::NEEDS,
        run: end2end::check,
    },
    Step {
        name: "example",
        what: "the example app and every kind of connection, in a real Chromium",
        needs: end2end::EXAMPLE_NEEDS,
        run: end2end::example,
    },
];

/// What native code is: one selection everywhere, see the crate's documentation.
const NATIVE: [&str; 3] = ["--workspace", "--exclude", "frontend"];
const WASM: [&str; 2] = ["--target", "wasm32-unknown-unknown"];

fn fmt(context: &Context<'_>) -> Result<Outcome> {
    passed(process::run(
        context.tools.command("cargo").args(["fmt", "--all", "--check"]),
    ))
}

fn types(context: &Context<'_>) -> Result<Outcome> {
    let mut command = context.tools.command("tsc");
    passed(process::run(
        command.current_dir(context.workspace.end2end()).arg("--noEmit"),
    ))
}

fn script(context: &Context<'_>) -> Result<Outcome> {
    passed(script::check(context.workspace, context.tools))
}

fn clippy(context: &Context<'_>) -> Result<Outcome> {
    let mut command = context.tools.command("cargo");
    passed(process::run(command.arg("clippy").args(NATIVE).args([
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ])))
}

/// `frontend` brings the crates of ours that it depends on, with the features that the page wants; clippy looks at all of
/// them, and at the pages of the example and of the benchmark.
fn clippy_wasm(context: &Context<'_>) -> Result<Outcome> {
    for page in [&site::PAGE[..], &example::PAGE, &bench::PAGE] {
        let mut command = context.tools.command("cargo");
        command.arg("clippy").args(page).arg("--lib").args(WASM);
        process::run(command.args(["--", "-D", "warnings"]))?;
    }
    let crates = browser_tested(context)?;
    if !crates.is_empty() {
        let mut tests = context.tools.command("cargo");
        tests
            .arg("clippy")
            .args(crates.iter().flat_map(|name| ["--package", name]))
            .args(WASM);
        process::run(tests.args(["--tests", "--", "-D", "warnings"]))?;
    }
    Ok(Outcome::Passed)
}

fn doc(context: &Context<'_>) -> Result<Outcome> {
    let mut command = context.tools.command("cargo");
    command.env("RUSTDOCFLAGS", "-D warnings");
    passed(process::run(command.arg("doc").args(NATIVE).arg("--no-deps")))
}

fn test(context: &Context<'_>) -> Result<Outcome> {
    passed(process::run(context.tools.command("cargo").arg("test").args(NATIVE)))
}

fn test_wasm(context: &Context<'_>) -> Result<Outcome> {
    let crates = browser_tested(context)?;
    if crates.is_empty() {
        return Ok(Outcome::Skipped("no crate has a webdriver.json".to_owned()));
    }
    if !context.tools.chromedriver() {
        return Ok(Outcome::Skipped(
            "there is no chromedriver (Debian: `apt-get install chromium-driver`, or name one with CHROMEDRIVER)"
                .to_owned(),
        ));
    }
    let mut command = context.tools.command("cargo");
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner");
    command
        .arg("test")
        .args(crates.iter().flat_map(|name| ["--package", name]))
        .args(WASM);
    // Not the documentation tests: they have no browser.
    passed(process::run(command.args(["--lib", "--tests"])))
}

/// The crates with tests for a browser: those that say in a `webdriver.json` how to start one.
fn browser_tested(context: &Context<'_>) -> Result<Vec<String>> {
    let folder = context.workspace.root.join("crates");
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.path().join("webdriver.json").is_file() {
            // A package has the name of its folder, throughout this workspace.
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn passed(result: Result<()>) -> Result<Outcome> {
    result.map(|()| Outcome::Passed)
}
