//! The repository around the server: its other files, and what its configuration reads.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the root `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("..")
}

/// The text of a file.
pub(crate) fn text(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The variables that the server's own configuration reads.
pub(crate) fn of_config() -> BTreeSet<String> {
    let source = text("server/src/config.rs");
    let code = source.split("#[cfg(test)]").next().unwrap();
    let names = code.split('"').skip(1).step_by(2);
    let is_name = |text: &&str| text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let ours = |name: &&str| name.starts_with("CRUDDUR_") || ["LEPTOS_SITE_ADDR", "DATABASE_URL"].contains(name);
    names.filter(is_name).filter(ours).map(str::to_owned).collect()
}
