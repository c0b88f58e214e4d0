//! Starting other programs: what they inherit, what is said about them, and what their failure means.

use std::env;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::signals;

/// A command in the workspace's root, without what `cargo run` has added for xtask itself.
///
/// `cargo run` tells a program which package it was built from. Some build scripts declare that they depend on those very
/// variables, so passing them on would make cargo build their crates again each time it is started from here.
pub(crate) fn command(program: impl AsRef<OsStr>, root: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root);
    for (name, _) in env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        if text.starts_with("CARGO_PKG_") || text == "CARGO_MANIFEST_DIR" || text == "CARGO_MANIFEST_PATH" {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs a command to its end with its output visible. A failure names the command line, so that it can be typed again.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = describe(command);
    println!("\u{25b8} {line}");
    let child = command.spawn().with_context(|| format!("cannot start `{line}`"))?;
    let status = signals::wait(child).with_context(|| format!("cannot wait for `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Runs a command silently and answers its standard output. A failure carries its standard error.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = describe(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{line}`"))?;
    if !output.status.success() {
        bail!(
            "`{line}` failed ({}):\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` did not answer text"))
}

/// Becomes the command: the process id stays, so that a signal meant for xtask reaches the server, and ends it cleanly.
#[cfg(unix)]
pub(crate) fn become_command(mut command: Command) -> Result<()> {
    use std::os::unix::process::CommandExt as _;
    let line = describe(&command);
    Err(command.exec()).with_context(|| format!("cannot start `{line}`"))
}

/// Where a process cannot become another one: waits for it, and fails when it fails.
#[cfg(not(unix))]
pub(crate) fn become_command(mut command: Command) -> Result<()> {
    run(&mut command)
}

/// The command as one would type it, without its environment.
fn describe(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        let argument = argument.to_string_lossy();
        let quote = if argument.contains(' ') { "\"" } else { "" };
        let _ = write!(line, " {quote}{argument}{quote}");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_described_as_typed() {
        let mut command = Command::new("cargo");
        command.args(["clippy", "--", "-D warnings"]);
        assert_eq!(describe(&command), "cargo clippy -- \"-D warnings\"");
    }

    #[test]
    fn what_cargo_run_says_about_xtask_is_not_passed_on() {
        let command = command("true", Path::new("."));
        let removed: Vec<_> = command
            .get_envs()
            .filter(|(_, value)| value.is_none())
            .map(|(name, _)| name)
            .collect();
        assert!(
            removed.contains(&OsStr::new("CARGO_PKG_NAME")),
            "cargo test sets it, so it has to be removed: {removed:?}"
        );
        assert!(removed.contains(&OsStr::new("CARGO_MANIFEST_DIR")));
    }

    #[cfg(unix)]
    #[test]
    fn a_failure_names_the_command_and_keeps_its_words() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo because >&2; exit 3"]);
        let error = output(&mut command).unwrap_err().to_string();
        assert!(
            error.contains("sh -c") && error.contains("because") && error.contains('3'),
            "{error}"
        );
    }
}
