//! `cargo xtask dist <folder>`: what runs in production, and nothing else, in one folder: the optimised server, the page,
//! and the names of the page's files. The production stage of the `Dockerfile` takes it.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::site::Site;
use crate::tools::Tools;
use crate::workspace::Workspace;
use crate::{server, site};

/// Builds, and lays it out. A folder that is there has to be empty.
pub(crate) fn dist(folder: &str) -> Result<()> {
    let folder = std::path::absolute(folder)?;
    if fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
        bail!(
            "{} is not empty; name another folder, or empty this one",
            folder.display()
        );
    }
    let workspace = Workspace::find()?;
    let tools = Tools::new(&workspace)?;
    tools.prepare(site::NEEDS)?;
    let page = site::build(&workspace, &tools)?;
    let built = server::build(&workspace, &tools, true)?;

    lay_out(&page, &built, &folder)?;
    println!(
        "\nIn {}: the server, and the page in site/. It starts with\n  {}",
        folder.display(),
        server::SETTINGS
            .map(|(name, value)| format!("{name}={value}"))
            .join(" ")
            + " LEPTOS_SITE_ROOT=site ./cruddur"
    );
    Ok(())
}

/// The server, `hash.txt` beside it, and `site/`.
fn lay_out(page: &Site, server: &Path, folder: &Path) -> Result<()> {
    copy(&page.root, &folder.join("site"))?;
    let binary = folder.join(server.file_name().context("the server has no name")?);
    copy(server, &binary)?;
    page.hand_to(&binary)
}

/// A file, or a folder with all that is in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        fs::copy(from, to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
        return Ok(());
    }
    fs::create_dir_all(to).with_context(|| format!("cannot create {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot list {}", from.display()))? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_names_and_page_lie_as_the_server_looks_for_them() {
        let from = tempfile::tempdir().unwrap();
        let page = Site {
            root: from.path().join("site"),
            hashes: from.path().join("hashes-of-the-page"),
        };
        fs::create_dir_all(page.root.join("pkg/snippets")).unwrap();
        for (file, text) in [
            ("site/favicon.svg", "icon"),
            ("site/pkg/snippets/page.js", "script"),
            ("hashes-of-the-page", "names"),
            ("cruddur", "server"),
        ] {
            fs::write(from.path().join(file), text).unwrap();
        }
        let to = tempfile::tempdir().unwrap();
        lay_out(&page, &from.path().join("cruddur"), &to.path().join("dist")).unwrap();
        let read = |file: &str| fs::read_to_string(to.path().join("dist").join(file)).unwrap();
        assert_eq!(
            ["site/favicon.svg", "site/pkg/snippets/page.js", "hash.txt", "cruddur"].map(read),
            ["icon", "script", "names", "server"]
        );
    }

    #[test]
    fn a_folder_that_holds_something_is_left_alone() {
        // Made here: where a path is out of date, all would be built into it.
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine"), "").unwrap();
        let path = folder.path().to_str().unwrap();
        let error = dist(path).unwrap_err().to_string();
        assert!(error.contains("is not empty") && error.contains(path), "{error}");
    }
}
