//! The queries that are kept in the repository's folder `queries`, and part of the program.

use honeycomb::Query;
use serde_json::Value as Json;
use std::sync::LazyLock;

/// A query with a name and what it is for, as Honeycomb's query annotations have them.
#[derive(Clone, Debug)]
pub(crate) struct SavedQuery {
    /// The last part of its page's address: the name of its file.
    pub(crate) slug: &'static str,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) query: Query,
}

const FILES: [(&str, &str); 4] = [
    ("latency-by-user", include_str!("../../../queries/latency-by-user.json")),
    (
        "network-time-by-route",
        include_str!("../../../queries/network-time-by-route.json"),
    ),
    ("recent-traces", include_str!("../../../queries/recent-traces.json")),
    ("count-by-trace", include_str!("../../../queries/count-by-trace.json")),
];

static QUERIES: LazyLock<Vec<SavedQuery>> =
    LazyLock::new(|| FILES.iter().filter_map(|(slug, file)| read(slug, file)).collect());

/// All of them, in the order of the list.
pub(crate) fn queries() -> &'static [SavedQuery] {
    &QUERIES
}

/// The one of this address.
pub(crate) fn find(slug: &str) -> Option<&'static SavedQuery> {
    queries().iter().find(|saved| saved.slug == slug)
}

fn read(slug: &'static str, file: &str) -> Option<SavedQuery> {
    let whole: Json = serde_json::from_str(file).ok()?;
    let text = |field: &str| whole.get(field).and_then(Json::as_str).map(str::to_owned);
    Some(SavedQuery {
        slug,
        name: text("name")?,
        description: text("description")?,
        query: Query::from_json(whole.get("query")?).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_a_query_with_a_name() {
        let folder = std::path::Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../queries");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        let mut known: Vec<_> = queries().iter().map(|saved| saved.slug.to_owned()).collect();
        files.sort();
        known.sort();
        assert_eq!(known, files);
        for saved in queries() {
            // The limits of Honeycomb's query annotations.
            assert!(
                (1..=320).contains(&saved.name.len()) && saved.description.len() <= 1023,
                "{}",
                saved.slug
            );
        }
    }
}
