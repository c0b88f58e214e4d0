//! The command line.

use crate::batch;
use anyhow::{Context as _, Result, bail};
use std::path::PathBuf;
use std::time::Duration;

/// What is measured. See [`USAGE`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// The server's binary.
    pub(crate) server: PathBuf,
    /// Below it a data folder is made, and removed at the end; on the disk that is to be measured.
    pub(crate) folder: PathBuf,
    pub(crate) time: Duration,
    pub(crate) connections: usize,
    /// Spans a second; `None`: as fast as they are answered.
    pub(crate) rate: Option<u32>,
}

const USAGE: &str = "usage: relay-load <server's binary> <folder> [--seconds N] [--connections N] [--rate spans/s]";

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self> {
        let [server, folder, flags @ ..] = arguments else {
            bail!(USAGE);
        };
        let mut options = Self {
            server: server.into(),
            folder: folder.into(),
            time: Duration::from_secs(10),
            connections: 8,
            rate: None,
        };
        for pair in flags.chunks(2) {
            let [flag, value] = pair else {
                bail!("{} needs a number\n{USAGE}", pair[0]);
            };
            let number: u32 = value
                .parse()
                .ok()
                .filter(|number| *number > 0)
                .with_context(|| format!("{flag} {value}: it takes a whole number from 1 on"))?;
            match flag.as_str() {
                // Bounded: the figures do not get better, and nobody's disk should be written for an hour by a slip.
                "--seconds" if number <= 600 => options.time = Duration::from_secs(number.into()),
                // The log's queue holds 256 batches: with more, some would be refused.
                "--connections" if number <= 256 => options.connections = number as usize,
                "--rate" => options.rate = Some(number),
                "--seconds" => bail!("--seconds takes at most 600"),
                "--connections" => bail!("--connections takes at most 256"),
                other => bail!("\"{other}\" is not known\n{USAGE}"),
            }
        }
        Ok(options)
    }

    /// One line for the head of the figures.
    pub(crate) fn describe(&self) -> String {
        let pace = match self.rate {
            Some(rate) => format!("at {rate} spans/s"),
            None => "as fast as they are answered".to_owned(),
        };
        format!(
            "posting batches of {} spans over {} connections for {} s, {pace}",
            batch::SPANS,
            self.connections,
            self.time.as_secs()
        )
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
    fn flags_follow_the_two_paths() {
        let options = parse("cruddur /data --rate 50000 --seconds 3").unwrap();
        assert_eq!(
            options,
            Options {
                server: "cruddur".into(),
                folder: "/data".into(),
                time: Duration::from_secs(3),
                connections: 8,
                rate: Some(50_000),
            }
        );
    }

    #[test]
    fn what_cannot_be_understood_is_named() {
        for (line, word) in [
            ("cruddur", "usage"),
            ("cruddur /data --seconds", "--seconds"),
            ("cruddur /data --seconds 0", "--seconds 0"),
            ("cruddur /data --seconds 601", "600"),
            ("cruddur /data --connections 257", "256"),
            ("cruddur /data --speed 5", "--speed"),
        ] {
            let error = parse(line).unwrap_err().to_string();
            assert!(error.contains(word), "{line}: {error}");
        }
    }
}
