//! `cargo xtask dist <folder>`: what runs in production, and nothing else, in one folder: the optimised server, the page,
//! and the names of the page's files. The production stage of the `Dockerfile` takes it.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

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

    copy(&page.root, &folder.join("site"))?;
    let binary = folder.join(built.file_name().context("the server has no name")?);
    copy(&built, &binary)?;
    page.hand_to(&binary)?;
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
    fn a_folder_that_holds_something_is_left_alone() {
        let here = env!("CARGO_MANIFEST_DIR");
        let error = dist(here).unwrap_err().to_string();
        assert!(error.contains("is not empty") && error.contains(here), "{error}");
    }
}
