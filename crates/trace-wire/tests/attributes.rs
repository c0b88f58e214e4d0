//! The table of attributes: as the docs have it, and as the code does it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use trace_wire::attribute::{ATTRIBUTES, SetBy};

fn root() -> PathBuf {
    Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../..")
}

#[test]
fn the_table_in_the_docs_is_the_list() {
    let mut table = String::from("| attribute | type | set by | meaning |\n| --- | --- | --- | --- |\n");
    for attribute in ATTRIBUTES {
        let by: Vec<_> = attribute.set_by.iter().map(|by| by.describe()).collect();
        let (name, kind, by) = (attribute.name, attribute.kind.describe(), by.join(", "));
        writeln!(table, "| `{name}` | {kind} | {by} | {} |", attribute.meaning).unwrap();
    }
    let docs = fs::read_to_string(root().join("docs/attributes.md")).unwrap();
    assert!(
        docs.contains(&table),
        "docs/attributes.md must have this table:\n\n{table}"
    );
}

#[test]
fn a_name_is_there_once_and_its_prefix_says_whose_it_is() {
    let names: BTreeSet<_> = ATTRIBUTES.iter().map(|attribute| attribute.name).collect();
    assert_eq!(names.len(), ATTRIBUTES.len());
    for attribute in ATTRIBUTES {
        let only_the_app = attribute
            .set_by
            .iter()
            .all(|by| matches!(by, SetBy::App | SetBy::Database));
        if attribute.name.starts_with("app.") {
            assert!(only_the_app, "{}: `app.` is the app's", attribute.name);
        }
        if ["timing.", "clock.", "span."]
            .iter()
            .any(|ours| attribute.name.starts_with(ours))
        {
            assert!(!only_the_app, "{}: the prefix is the telemetry crates'", attribute.name);
        }
    }
}

/// The text of all Rust sources below these folders and files.
fn sources(places: &[&str]) -> String {
    fn read(path: &Path, into: &mut String) {
        if path.is_dir() {
            for entry in fs::read_dir(path).unwrap() {
                read(&entry.unwrap().path(), into);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    let mut text = String::new();
    for place in places {
        let path = root().join(place);
        assert!(path.exists(), "{place}");
        read(&path, &mut text);
    }
    text
}

/// Whoever stops setting an attribute takes itself out of the table: else its constant is missing here.
#[test]
fn who_sets_an_attribute_names_its_constant() {
    // What the OpenTelemetry SDK puts on every resource by itself.
    let sdk = "TELEMETRY_SDK_NAME TELEMETRY_SDK_LANGUAGE TELEMETRY_SDK_VERSION SERVICE_VERSION";
    for (by, places) in [
        (SetBy::Page, &["crates/browser-telemetry/src"][..]),
        (
            SetBy::Server,
            &[
                "crates/server-telemetry/src/client",
                "crates/server-telemetry/src/page",
                "crates/server-telemetry/src/request",
                "crates/server-telemetry/src/setup.rs",
            ],
        ),
        (SetBy::Relay, &["crates/server-telemetry/src/relay"]),
        (SetBy::App, &["app/src/api", "crates/cruddur/src"]),
        (SetBy::Database, &["crates/cruddur/src/db"]),
    ] {
        let text = sources(places);
        let mut words: BTreeSet<_> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        if by == SetBy::Server {
            words.extend(sdk.split(' '));
        }
        for attribute in ATTRIBUTES.iter().filter(|attribute| attribute.set_by.contains(&by)) {
            assert!(
                words.contains(attribute.constant),
                "{} is said to be set by {by:?}, but {places:?} do not name {}",
                attribute.name,
                attribute.constant
            );
        }
    }
}
