//! The key that signs cookies: made once, kept in the data folder, readable by its owner only.

use anyhow::{Context, ensure};
use cookie::Key;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

const FILE: &str = "cookie.key";
const BYTES: usize = 64;

/// Reads the key, or makes it.
///
/// # Errors
///
/// Where the file cannot be read or written, or is not ours.
pub(crate) fn cookie_key(data_dir: &Path) -> anyhow::Result<Key> {
    let path = data_dir.join(FILE);
    match fs::read(&path) {
        Ok(bytes) => {
            ensure!(
                bytes.len() == BYTES,
                "{} should have {BYTES} bytes; remove it to get a new key (everybody signs in anew)",
                path.display()
            );
            Ok(Key::from(&bytes))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut bytes = [0; BYTES];
            getrandom::fill(&mut bytes).context("no random bytes for the cookie key")?;
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options
                .open(&path)
                .with_context(|| format!("cannot create {}", path.display()))?;
            file.write_all(&bytes)
                .and_then(|()| file.sync_all())
                .with_context(|| format!("cannot write {}", path.display()))?;
            Ok(Key::from(&bytes))
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_for_its_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let made = cookie_key(dir.path()).unwrap();
        assert_eq!(cookie_key(dir.path()).unwrap(), made);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(dir.path().join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_damaged_key_is_an_error_that_says_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), b"short").unwrap();
        let error = cookie_key(dir.path()).unwrap_err().to_string();
        assert!(error.contains("remove it"), "{error}");
    }
}
