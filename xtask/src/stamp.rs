//! Whether a build may be skipped: a stamp says from which inputs what is there was made.
//!
//! cargo-leptos remembers unchanged WASM within one process only, so each new `cargo leptos build` would run wasm-bindgen,
//! wasm-opt and the compression again. Contents are compared, not times: a fresh clone or another branch and back changes
//! every time stamp and nothing else.

use std::fs;
use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// A digest of files and words. Collisions cost nothing worse than a stale page on a developer's machine, so no
/// cryptographic hash is needed.
#[derive(Debug, Default)]
pub(crate) struct Fingerprint(DefaultHasher);

impl Fingerprint {
    /// Adds a word, such as the version of a tool.
    pub(crate) fn word(&mut self, word: &str) {
        self.0.write_usize(word.len());
        self.0.write(word.as_bytes());
    }

    /// Adds the name and the content of a file, or of every file below a folder; what is not there counts as absent.
    /// Hidden entries, build output and installed packages are no inputs.
    pub(crate) fn path(&mut self, root: &Path, path: &Path) -> Result<()> {
        for file in files_below(path)? {
            self.word(&file.strip_prefix(root).unwrap_or(&file).to_string_lossy());
            let content = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            self.0.write_usize(content.len());
            self.0.write(&content);
        }
        Ok(())
    }

    /// The digest as 16 hex digits.
    pub(crate) fn digest(&self) -> String {
        format!("{:016x}", self.0.finish())
    }
}

/// The digest of all files below a folder.
pub(crate) fn digest_of(folder: &Path) -> Result<String> {
    let mut fingerprint = Fingerprint::default();
    fingerprint.path(folder, folder)?;
    Ok(fingerprint.digest())
}

/// A file that holds the stamp of a finished build.
#[derive(Debug)]
pub(crate) struct Stamp(PathBuf);

impl Stamp {
    /// The stamp in this file.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// Whether the finished build had this text.
    pub(crate) fn is(&self, text: &str) -> bool {
        fs::read_to_string(&self.0).is_ok_and(|stamp| stamp == text)
    }

    /// Forgets the build. To be called before it starts, so that an interrupted one is not taken for finished.
    pub(crate) fn forget(&self) -> Result<()> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", self.0.display()))
            }
            _ => Ok(()),
        }
    }

    /// Remembers a finished build.
    pub(crate) fn set(&self, text: &str) -> Result<()> {
        fs::write(&self.0, text).with_context(|| format!("cannot write {}", self.0.display()))
    }
}

/// All files at or below a path, sorted.
fn files_below(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    if !path.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut entries = entries.with_context(|| format!("cannot list {}", path.display()))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let mut files = Vec::new();
    for entry in entries {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !name.starts_with('.') && name != "target" && name != "node_modules" {
            files.extend(files_below(&entry.path())?);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of this test's own below cargo's folder for such things, empty at the start.
    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-stamp-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("src/deep")).unwrap();
        fs::write(folder.join("src/deep/a.rs"), "one").unwrap();
        fs::write(folder.join("b.css"), "two").unwrap();
        folder
    }

    #[test]
    fn content_and_names_count_and_times_and_output_do_not() {
        let folder = folder("counts");
        let before = digest_of(&folder).unwrap();

        fs::write(folder.join("b.css"), "two").unwrap();
        fs::create_dir_all(folder.join("target")).unwrap();
        fs::write(folder.join("target/out"), "x").unwrap();
        fs::write(folder.join(".hidden"), "x").unwrap();
        assert_eq!(digest_of(&folder).unwrap(), before, "nothing of this is an input");

        fs::write(folder.join("src/deep/a.rs"), "onE").unwrap();
        let changed = digest_of(&folder).unwrap();
        assert_ne!(changed, before, "a content changed");

        fs::rename(folder.join("b.css"), folder.join("c.css")).unwrap();
        assert_ne!(digest_of(&folder).unwrap(), changed, "a name changed");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_same_folder_elsewhere_has_the_same_digest() {
        let (one, other) = (folder("one"), folder("other"));
        assert_eq!(digest_of(&one).unwrap(), digest_of(&other).unwrap());
        fs::remove_dir_all(&one).unwrap();
        fs::remove_dir_all(&other).unwrap();
    }

    #[test]
    fn words_do_not_run_into_each_other() {
        let digest = |words: &[&str]| {
            let mut fingerprint = Fingerprint::default();
            words.iter().for_each(|word| fingerprint.word(word));
            fingerprint.digest()
        };
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
    }

    #[test]
    fn a_forgotten_or_absent_stamp_is_no_build() {
        let folder = folder("stamp");
        let stamp = Stamp::at(folder.join("stamp"));
        assert!(!stamp.is("x"));
        stamp.forget().unwrap();
        stamp.set("x").unwrap();
        assert!(stamp.is("x") && !stamp.is("y"));
        stamp.forget().unwrap();
        assert!(!stamp.is("x"));
        fs::remove_dir_all(&folder).unwrap();
    }
}
