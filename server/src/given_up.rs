//! The page loads that were given up, from one start to the next: a browser's spans that come after a restart are as late
//! as before it. Written when the server stops; after a SIGKILL a page that reports so late has its first two spans twice.

use server_telemetry::PageTraces;
use std::fs;
use std::io::{Error, ErrorKind};
use std::path::Path;
use trace_wire::PageTrace;

const FILE: &str = "given-up-pages";

/// Hands over what the last stop has written.
pub(crate) fn read(data_dir: &Path, pages: &PageTraces) {
    match fs::read_to_string(data_dir.join(FILE)) {
        Ok(text) => pages.give_up_as_before(text.lines().filter_map(PageTrace::parse)),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => tracing::warn!(%error, "{FILE} in the data folder cannot be read"),
    }
}

/// Writes them down for the next start. Blocks.
pub(crate) fn write(data_dir: &Path, pages: &PageTraces) {
    let given_up = pages.given_up();
    let path = data_dir.join(FILE);
    let written = if given_up.is_empty() {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    } else {
        let lines: String = given_up.iter().map(|page| format!("{page}\n")).collect();
        replace(&path, &lines)
    };
    if let Err(error) = written {
        tracing::warn!(%error, "{FILE} in the data folder cannot be written: page loads that report late may have two roots");
    }
}

fn replace(path: &Path, text: &str) -> Result<(), Error> {
    let new = path.with_extension("new");
    fs::write(&new, text)?;
    fs::rename(new, path)
}
