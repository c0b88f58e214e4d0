//! What telemetry costs in the browser, beside the SDKs that others use there: the same small page with each of them, in
//! one Chromium (`bench/browser/`).

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::{print_machine, wasm};
use crate::process;
use crate::tools::{Need, Tools};
use crate::workspace::Workspace;

/// The page of ours, for cargo.
pub(crate) const PAGE: [&str; 2] = ["--package", "bench-page"];

const NEEDS: &[Need] = &[
    Need::WasmTarget,
    Need::NodePackages,
    Need::WasmBindgen,
    Need::Chromium,
    Need::BenchPackages,
];

/// `arguments` are handed on: `--rounds`, `--loads`, `--closes`.
pub(super) fn bench(arguments: &[&str]) -> Result<()> {
    let workspace = Workspace::find()?;
    let tools = Tools::new(&workspace)?;
    tools.prepare(NEEDS)?;
    let output = workspace.own_output().join("bench-browser");
    let (pages, site) = (output.join("pages"), output.join("site"));
    build_page(&workspace, &tools, &pages.join("inert"), &["--features", "inert"])?;
    build_page(&workspace, &tools, &pages.join("ours"), &[])?;

    let folder = workspace.root.join("bench/browser");
    let node = |script: &str| {
        let mut node = tools.command("node");
        node.current_dir(&folder).arg(script);
        node
    };
    process::run(node("build.mjs").arg(&pages).arg(&site))?;
    let in_the_app = wasm::Share::measure(&workspace, &tools)?.brotli();
    print_machine();
    println!("the browser, the server of the pages and this machine's other work share its cores");
    process::run(node("run.mjs").arg(&site).args(arguments))?;
    println!(
        "\nthe app's page, which has much of what telemetry needs already: {:.1} KB brotli more with it (`cargo xtask bench wasm`)",
        in_the_app as f64 / 1000.0
    );
    Ok(())
}

/// The page of ours as cargo-leptos makes the app's: the same profile, the same optimiser with the same flags.
fn build_page(workspace: &Workspace, tools: &Tools<'_>, folder: &Path, features: &[&str]) -> Result<()> {
    let mut build = tools.command("cargo");
    build
        .arg("build")
        .args(PAGE)
        .args(["--target", "wasm32-unknown-unknown"]);
    process::run(build.args(["--profile", "wasm-release"]).args(features))?;
    let wasm = workspace
        .target
        .join("wasm32-unknown-unknown/wasm-release/bench_page.wasm");
    let mut bindgen = tools.command("wasm-bindgen");
    bindgen.args(["--target", "web", "--no-typescript", "--out-name", "page", "--out-dir"]);
    process::run(bindgen.arg(folder).arg(&wasm))?;

    let (made, optimised) = (folder.join("page_bg.wasm"), folder.join("optimised.wasm"));
    let mut optimise = tools.command("wasm-opt");
    optimise.args(["-Oz", "--enable-bulk-memory", "--enable-nontrapping-float-to-int"]);
    process::run(optimise.arg(&made).arg("-o").arg(&optimised))?;
    fs::rename(&optimised, &made).with_context(|| format!("cannot replace {}", made.display()))
}
