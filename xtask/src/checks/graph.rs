//! What may be in the page's WASM, and what may be in the workspace but once.
//!
//! A careless feature would let people who post download a database driver, and nothing else would notice: it compiles, or it
//! only gets bigger.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use super::{Context, Outcome};
use crate::example;
use crate::site::{self, page_tree};

/// No SQL, no store, no TLS, no SDK, no second telemetry library.
const NEVER_IN_THE_PAGE: &[&str] = &[
    "arrow",
    "axum",
    "datafusion",
    "hyper",
    "libsqlite3-sys",
    "mio",
    "native-tls",
    "opentelemetry-otlp",
    "opentelemetry-proto",
    "opentelemetry_sdk",
    "parquet",
    "prost",
    "reqwest",
    "ring",
    "rusqlite",
    "rustls",
    "sqlx",
    "sqlx-core",
    "sqlx-sqlite",
    "tonic",
    "tracing-opentelemetry",
    "zstd-sys",
];

/// Two versions of these do not see each other's spans.
const ONCE: &[&str] = &["opentelemetry", "opentelemetry_sdk", "wasm-bindgen", "leptos"];

/// Looks at the pages' dependency graphs and at the lock file.
pub(super) fn check(context: &Context<'_>) -> Result<Outcome> {
    let page = page_tree(context.workspace, &site::PAGE, "{p} {f}")?;
    let faults = faults_of_page(&page);
    if !faults.is_empty() {
        bail!(
            "the page's WASM would hold {}; see `cargo tree -p frontend --target wasm32-unknown-unknown -e normal -i <name>`",
            faults.join(", ")
        );
    }
    let example = page_tree(context.workspace, &example::PAGE, "{p} {f}")?;
    let twice = built_twice(&page, &example);
    if !twice.is_empty() {
        bail!(
            "the example's page and the app's would compile these twice, because versions or features differ (features belong \
             into the root Cargo.toml):\n{}",
            twice.join("\n")
        );
    }
    for package in ONCE {
        let versions = context.workspace.locked_versions(package)?;
        if versions.len() > 1 {
            bail!("Cargo.lock holds {package} {}; one has to do", versions.join(" and "));
        }
    }
    Ok(Outcome::Passed)
}

/// What of a `cargo tree` (`{p} {f}`: `name vX.Y.Z feature,feature`) should not be in a page.
fn faults_of_page(tree: &str) -> Vec<String> {
    let mut faults: Vec<String> = Vec::new();
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        let Some(name) = words.next() else { continue };
        if NEVER_IN_THE_PAGE.contains(&name) {
            faults.push(name.to_owned());
        }
        if name == "tokio" && words.any(|word| word.split(',').any(|feature| feature == "net")) {
            faults.push("tokio with its feature net".to_owned());
        }
    }
    faults.sort();
    faults.dedup();
    faults
}

/// Packages from registries that one page has otherwise than the other, or that only the example's has. Ours are compiled
/// in seconds.
fn built_twice<'a>(app: &str, example: &'a str) -> Vec<&'a str> {
    let plain = |line: &'a str| line.trim_end_matches(" (*)");
    let have: BTreeSet<&str> = app.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    let wanted: BTreeSet<&str> = example.lines().map(plain).collect();
    wanted
        .into_iter()
        .filter(|line| !line.contains(" (/") && !have.contains(line))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_may_hold_passes() {
        let tree = "frontend v0.1.0 (/c/frontend)\nopentelemetry v0.33.0 trace\ntokio v1.48.0 default,sync (*)\n";
        assert!(faults_of_page(tree).is_empty());
    }

    #[test]
    fn what_it_may_not_hold_is_named_once() {
        let tree = "sqlx v0.9.0 any,sqlite\nopentelemetry_sdk v0.33.0 trace\nsqlx v0.9.0 any,sqlite (*)\ntokio v1.48.0 net,sync\n";
        assert_eq!(
            faults_of_page(tree),
            ["opentelemetry_sdk", "sqlx", "tokio with its feature net"]
        );
    }

    #[test]
    fn what_differs_between_two_pages_is_compiled_twice() {
        let app = "frontend v0.1.0 (/c/frontend)\nleptos v0.8.23 hydrate\nserde v1.0.228 derive,rc\nsqlx v0.9.0\n";
        let same = "example v0.1.0 (/c/example) hydrate\nserde v1.0.228 derive,rc (*)\nleptos v0.8.23 hydrate\n";
        assert!(built_twice(app, same).is_empty());
        let other = "leptos v0.8.23 hydrate\nserde v1.0.228 derive\nbytes v1.0.0\n";
        assert_eq!(built_twice(app, other), ["bytes v1.0.0", "serde v1.0.228 derive"]);
    }
}
