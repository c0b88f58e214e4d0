//! What tracing costs the server: the program `server-load` of the package `bench` against release builds of the server and
//! of the same server with other wiring, axum-tracing-opentelemetry's among them.

use std::env;

use anyhow::Result;

use super::print_machine;
use crate::process;
use crate::tools::Tools;
use crate::workspace::Workspace;

/// `arguments` are handed on: `--rounds`, `--seconds`, `--connections`.
pub(super) fn bench(arguments: &[&str]) -> Result<()> {
    let workspace = Workspace::find()?;
    let tools = Tools::new(&workspace)?;
    let mut build = tools.command("cargo");
    // One command: all are built with the same features of what they share.
    build.args(["build", "--workspace", "--exclude", "frontend", "--release"]);
    build.args(["--features", "bench/server-variant"]);
    process::run(build.args(["--bin", "cruddur", "--bin", "server-load", "--bin", "server-variant"]))?;

    let program = |name: &str| {
        let file = format!("{name}{}", env::consts::EXE_SUFFIX);
        workspace.target.join("release").join(file)
    };
    print_machine();
    let mut load = process::command(program("server-load"), &workspace.root);
    // Below the target directory: /tmp is often memory, where an fsync costs nothing.
    load.args([program("cruddur"), program("server-variant"), workspace.own_output()]);
    process::run(load.args(arguments))
}
