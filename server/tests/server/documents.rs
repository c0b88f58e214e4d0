//! What people read: the links in it lead somewhere, and the README's table is what the configuration reads.

use crate::support::repository::{of_config, root, text};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn the_readme_lists_what_the_configuration_reads() {
    let readme = text("README.md");
    let rows = readme.lines().filter(|line| line.starts_with("| `"));
    let first_cells = rows.filter_map(|row| row.split('|').nth(1));
    let listed: BTreeSet<_> = first_cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .filter(|name| name.starts_with("CRUDDUR_") || of_config().contains(*name))
        .map(str::to_owned)
        .collect();
    assert_eq!(listed, of_config());
}

/// The documents of the repository's root and of `docs/`.
fn documents() -> Vec<PathBuf> {
    let folders = [root(), root().join("docs")];
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    files
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect()
}

/// The places of a document that a link may name, as GitHub makes them from its headings.
fn places(document: &Path) -> Vec<String> {
    let text = fs::read_to_string(document).unwrap();
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let kept = |c: &char| c.is_alphanumeric() || [' ', '-', '_'].contains(c);
    headings
        .map(|line| line.trim_start_matches('#').trim().to_lowercase())
        .map(|heading| heading.chars().filter(kept).collect::<String>().replace(' ', "-"))
        .collect()
}

#[test]
fn every_link_leads_to_something_that_is_there() {
    let mut seen = 0;
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.starts_with("http")) {
            let (file, place) = target
                .split_once('#')
                .map_or((target, None), |(file, place)| (file, Some(place)));
            let linked = match file {
                "" => document.clone(),
                file => document.with_file_name("").join(file),
            };
            assert!(linked.exists(), "{}: {target}", document.display());
            if let Some(place) = place {
                assert!(
                    places(&linked).iter().any(|known| known == place),
                    "{}: {target}",
                    document.display()
                );
            }
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen} links");
}
