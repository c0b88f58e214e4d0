//! The server: how it is built, and the environment that it starts in.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::process;
use crate::site::Site;
use crate::tools::Tools;
use crate::workspace::Workspace;

/// Where the server listens when nobody says otherwise; the server's own default, too.
const DEFAULT_ADDRESS: &str = "127.0.0.1:3000";

/// What the server has to be told of the page that it serves, beside its folder.
pub(crate) const SETTINGS: [(&str, &str); 3] = [
    ("LEPTOS_OUTPUT_NAME", "cruddur"),
    ("LEPTOS_SITE_PKG_DIR", "pkg"),
    ("LEPTOS_HASH_FILES", "true"),
];

/// Builds the server. cargo itself knows when there is nothing to do, in about a second.
pub(crate) fn build(workspace: &Workspace, tools: &Tools<'_>, release: bool) -> Result<PathBuf> {
    let mut command = tools.command("cargo");
    command.args(["build", "--workspace", "--exclude", "frontend", "--bin", "cruddur"]);
    if release {
        command.arg("--release");
    }
    process::run(&mut command)?;
    let profile = if release { "release" } else { "debug" };
    Ok(workspace
        .target
        .join(profile)
        .join(format!("cruddur{}", env::consts::EXE_SUFFIX)))
}

/// The server with the built page. Everything else of the environment is passed through.
pub(crate) fn command(workspace: &Workspace, server: &Path, site: &Site) -> Result<Command> {
    site.hand_to(server)?;
    // In the clone's root, because CRUDDUR_DATA_DIR is `data` by default: the same data wherever the command was typed.
    let mut command = process::command(server, &workspace.root);
    command
        .envs(SETTINGS)
        .env("LEPTOS_SITE_ROOT", &site.root)
        .env_remove("LEPTOS_HASH_FILE_NAME")
        .env_remove("LEPTOS_WATCH");
    Ok(command)
}

/// The address to open in a browser, for the address that the environment asks for.
pub(crate) fn address() -> String {
    browsable(&env::var("LEPTOS_SITE_ADDR").unwrap_or_default())
}

/// "Every interface" can be listened on, but not be opened.
fn browsable(listen: &str) -> String {
    let listen = if listen.is_empty() { DEFAULT_ADDRESS } else { listen };
    let host = match listen.rsplit_once(':') {
        Some(("0.0.0.0", port)) => format!("127.0.0.1:{port}"),
        Some(("[::]", port)) => format!("[::1]:{port}"),
        _ => listen.to_owned(),
    };
    format!("http://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_can_be_opened() {
        assert_eq!(browsable(""), "http://127.0.0.1:3000");
        assert_eq!(browsable("0.0.0.0:80"), "http://127.0.0.1:80");
        assert_eq!(browsable("[::]:3000"), "http://[::1]:3000");
        assert_eq!(browsable("192.168.1.5:4000"), "http://192.168.1.5:4000");
    }
}
