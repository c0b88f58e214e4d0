//! Spans a second that the trace store takes in, what they weigh, and how fast it answers: the program `store-load` of the
//! package `bench`; and the same questions of the same spans to ClickHouse's engine, in Python.

use std::env;
use std::fs;

use anyhow::{Context as _, Result};

use super::print_machine;
use crate::process;
use crate::tools::Tools;
use crate::workspace::Workspace;

/// `arguments` are handed on: `--spans`, `--rate`.
pub(super) fn bench(arguments: &[&str]) -> Result<()> {
    let workspace = Workspace::find()?;
    let tools = Tools::new(&workspace)?;
    let mut build = tools.command("cargo");
    build.args(["build", "--workspace", "--exclude", "frontend", "--release"]);
    process::run(build.args(["--bin", "cruddur", "--bin", "store-load"]))?;

    // Below the target directory: /tmp is often memory, where an fsync costs nothing.
    let folder = workspace.own_output().join("bench-store");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    print_machine();
    let program = workspace
        .target
        .join("release")
        .join(format!("store-load{}", env::consts::EXE_SUFFIX));
    process::run(process::command(program, &workspace.root).arg(&folder).args(arguments))?;

    let python = workspace.own_tools().join("chdb");
    let in_environment = python.join("bin/python");
    if !in_environment.exists() {
        process::run(
            process::command("python3", &workspace.root)
                .args(["-m", "venv"])
                .arg(&python),
        )
        .context("ClickHouse's engine is asked by a Python program: install python3 and its module venv")?;
    }
    process::run(process::command(&in_environment, &workspace.root).args(["-m", "pip", "install", "--quiet", "chdb"]))
        .context("the package chdb (ClickHouse's engine for Python) could not be installed: the store's figures above stand alone")?;
    process::run(
        process::command(&in_environment, &workspace.root)
            .arg(workspace.root.join("bench/clickhouse.py"))
            .arg(&folder),
    )?;
    Ok(fs::remove_dir_all(folder)?)
}
