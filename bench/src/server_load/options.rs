//! The command line.

use anyhow::{Context as _, Result, bail};
use std::path::PathBuf;
use std::time::Duration;

/// What is measured. See [`USAGE`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// The server's binary.
    pub(crate) server: PathBuf,
    /// The same server with other wiring.
    pub(crate) variant: PathBuf,
    /// Below it data folders are made, and removed at the end.
    pub(crate) folder: PathBuf,
    /// How often each variant is measured.
    pub(crate) rounds: usize,
    /// About how long a round of a variant takes.
    pub(crate) time: Duration,
    pub(crate) connections: usize,
}

const USAGE: &str =
    "usage: server-load <server's binary> <server-variant> <folder> [--rounds N] [--seconds N] [--connections N]";

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self> {
        let [server, variant, folder, flags @ ..] = arguments else {
            bail!(USAGE);
        };
        let mut options = Self {
            server: server.into(),
            variant: variant.into(),
            folder: folder.into(),
            rounds: 7,
            time: Duration::from_secs(3),
            connections: 8,
        };
        for pair in flags.chunks(2) {
            let [flag, value] = pair else {
                bail!("{} needs a number\n{USAGE}", pair[0]);
            };
            let number: u32 = value
                .parse()
                .ok()
                .filter(|number| (1..=100).contains(number))
                .with_context(|| format!("{flag} {value}: it takes a whole number from 1 to 100"))?;
            match flag.as_str() {
                "--rounds" => options.rounds = number as usize,
                "--seconds" => options.time = Duration::from_secs(number.into()),
                "--connections" => options.connections = number as usize,
                other => bail!("\"{other}\" is not known\n{USAGE}"),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Options::parse(&arguments)
    }

    #[test]
    fn flags_follow_the_three_paths() {
        let options = parse("cruddur variant /data --rounds 3 --connections 2").unwrap();
        assert_eq!((options.rounds, options.connections), (3, 2));
        assert_eq!(options.time, Duration::from_secs(3));
        assert_eq!(options.folder, PathBuf::from("/data"));
    }

    #[test]
    fn what_cannot_be_understood_is_named() {
        for (line, word) in [
            ("cruddur variant", "usage"),
            ("cruddur variant /data --rounds", "--rounds"),
            ("cruddur variant /data --rounds 0", "--rounds 0"),
            ("cruddur variant /data --speed 5", "--speed"),
        ] {
            let error = parse(line).unwrap_err().to_string();
            assert!(error.contains(word), "{line}: {error}");
        }
    }
}
