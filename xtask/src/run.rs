//! `cargo xtask run`: from a clone to a served page, and then to be the server.

use std::env;

use anyhow::{Result, bail};

use crate::tools::Tools;
use crate::workspace::Workspace;
use crate::{process, server, site};

/// What follows `run` on the command line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    release: bool,
    /// For the server itself.
    arguments: Vec<String>,
}

impl Options {
    /// `[--release] [-- arguments of the server]`
    pub(crate) fn parse(arguments: &[&str]) -> Result<Self> {
        let (ours, theirs) = match arguments.iter().position(|argument| *argument == "--") {
            Some(at) => (&arguments[..at], &arguments[at + 1..]),
            None => (arguments, &[][..]),
        };
        let mut release = false;
        for argument in ours {
            match *argument {
                "--release" | "-r" => release = true,
                other => bail!("`run` does not know \"{other}\"; the server's own arguments follow after `--`"),
            }
        }
        Ok(Self {
            release,
            arguments: theirs.iter().map(|argument| (*argument).to_owned()).collect(),
        })
    }
}

/// Builds what has changed, says where to look, and becomes the server.
pub(crate) fn run(options: &Options) -> Result<()> {
    let workspace = Workspace::find()?;
    let tools = Tools::new(&workspace)?;
    tools.prepare(site::NEEDS)?;
    let page = site::build(&workspace, &tools)?;
    let binary = server::build(&workspace, &tools, options.release)?;

    let mut command = server::command(&workspace, &binary, &page)?;
    command.args(&options.arguments);
    if env::var_os("CRUDDUR_DEMO").is_none_or(|value| value.is_empty()) {
        command.env("CRUDDUR_DEMO", "1");
    }
    // Another sub-command serves nothing.
    if matches!(options.arguments.first().map(String::as_str), None | Some("serve")) {
        let address = server::address();
        println!("\n  Cruddur        {address}/\n  its traces     {address}/traces\n  to stop it     Ctrl-C\n");
    }
    process::become_command(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_arguments_follow_the_dashes() {
        let options = Options::parse(&["--release", "--", "serve", "--release"]).unwrap();
        assert_eq!(
            options,
            Options {
                release: true,
                arguments: vec!["serve".into(), "--release".into()]
            }
        );
        assert_eq!(
            Options::parse(&[]).unwrap(),
            Options {
                release: false,
                arguments: Vec::new()
            }
        );
    }

    #[test]
    fn an_unknown_argument_is_named() {
        let error = Options::parse(&["--relase"]).unwrap_err().to_string();
        assert!(error.contains("--relase"), "{error}");
    }
}
