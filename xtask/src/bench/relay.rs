//! Spans a second that the relay takes, and how soon they are visible: the program `relay-load` of the package `bench`
//! against a release build of the server.

use std::env;

use anyhow::Result;

use super::print_machine;
use crate::process;
use crate::tools::Tools;
use crate::workspace::Workspace;

/// `arguments` are handed on: `--seconds`, `--connections`, `--rate`. Without a rate it measures twice: at the 50,000
/// spans a second that are to be reached, and as fast as the server answers.
pub(super) fn bench(arguments: &[&str]) -> Result<()> {
    let workspace = Workspace::find()?;
    let tools = Tools::new(&workspace)?;
    let mut build = tools.command("cargo");
    // One command: with another selection or one binary less, dependencies would be built with other features once more.
    build.args(["build", "--workspace", "--exclude", "frontend", "--release"]);
    process::run(build.args(["--bin", "cruddur", "--bin", "relay-load"]))?;

    let program = |name: &str| {
        let file = format!("{name}{}", env::consts::EXE_SUFFIX);
        workspace.target.join("release").join(file)
    };
    print_machine();
    let rates: &[&[&str]] = if arguments.contains(&"--rate") {
        &[&[]]
    } else {
        &[&["--rate", "50000"], &[]]
    };
    for rate in rates {
        let mut load = process::command(program("relay-load"), &workspace.root);
        // Below the target directory: /tmp is often memory, where an fsync costs nothing.
        load.arg(program("cruddur")).arg(workspace.own_output());
        process::run(load.args(arguments).args(*rate))?;
    }
    Ok(())
}
