//! `cargo xtask fuzz`: the decoders that face outside, with broken input, for as long as one likes.
//!
//! The targets are tests, which CI runs a few thousand times each. Here
//! they run for a time, each with new random numbers. They are built as all tests are: unoptimised code is slower, but
//! looks for overflows, and is built already.

use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs};

use anyhow::{Context as _, Result, bail};

use crate::process;
use crate::tools::Tools;
use crate::workspace::Workspace;

/// Where the targets are, and how their module is called in the tests.
const TARGETS: [(&str, &str); 2] = [
    ("crates/server-telemetry/tests/hostile/fuzz.rs", "fuzz"),
    ("crates/server-telemetry/tests/hostile/fuzz/answers.rs", "fuzz::answers"),
];
/// How long each target runs unless told otherwise.
const SECONDS: &str = "60";

/// `[target] [seconds]`; every target that has no name given.
pub(crate) fn fuzz(arguments: &[&str]) -> Result<()> {
    let is_number = |text: &&&str| text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = arguments.iter().find(is_number).copied().unwrap_or(SECONDS);
    let target = arguments.iter().find(|text| !is_number(text)).copied();
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock")?;
    let seed = env::var("FUZZ_SEED").unwrap_or_else(|_| since_1970.as_secs().to_string());

    let workspace = Workspace::find()?;
    let test = target.map(|target| find(&workspace, target)).transpose()?;
    println!("{seconds} s for each target, seed {seed} (FUZZ_SEED)");
    let tools = Tools::new(&workspace)?;
    let mut command = tools.command("cargo");
    command
        .env("FUZZ_SECONDS", seconds)
        .env("FUZZ_SEED", seed)
        .args([
            "test",
            "--quiet",
            "--workspace",
            "--exclude",
            "frontend",
            "--test",
            "hostile",
            "--",
        ])
        .args(["--nocapture", "--test-threads", "1"]);
    match &test {
        Some(test) => command.args(["--exact", test]),
        None => command.arg("fuzz::"),
    };
    process::run(&mut command)
}

/// The test that is this target.
fn find(workspace: &Workspace, target: &str) -> Result<String> {
    for (file, module) in TARGETS {
        let text = fs::read_to_string(workspace.root.join(file)).with_context(|| format!("cannot read {file}"))?;
        if text.contains(&format!("\nfn {target}() {{")) {
            return Ok(format!("{module}::{target}"));
        }
    }
    let files = TARGETS.map(|(file, _)| file).join(" and ");
    bail!("there is no fuzz target \"{target}\"; they are the tests in {files}")
}
