//! What is served as it lies on the disk: for how long it may be kept, and in which encoding.

use crate::support::app::{HASH, app};
use crate::support::message::Ask;
use crate::support::site::Site;

const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "private, no-cache";

#[test]
fn files_with_a_hash_in_their_name_may_be_kept_for_ever() {
    for (kind, content_type) in [
        ("js", "text/javascript"),
        ("css", "text/css"),
        ("wasm", "application/wasm"),
    ] {
        let answer = app().send(Ask::get(&format!("/pkg/cruddur.{HASH}.{kind}")));
        assert_eq!((answer.status, answer.text()), (200, format!("plain {kind}")));
        assert_eq!(answer.header("content-type"), content_type);
        assert_eq!(answer.header("cache-control"), FOR_EVER);
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
}

#[test]
fn the_page_names_them() {
    let page = app().send(Ask::page("/")).text();
    for kind in ["js", "wasm", "css"] {
        assert!(page.contains(&format!("/pkg/cruddur.{HASH}.{kind}")), "{kind}: {page}");
    }
}

#[test]
fn what_was_compressed_beforehand_is_sent_so() {
    let ask = Ask::get(&format!("/pkg/cruddur.{HASH}.wasm"));
    let answer = app().send(ask.clone().header("accept-encoding", "gzip, br"));
    assert_eq!(
        (answer.text().as_str(), answer.header("content-encoding")),
        ("brotli wasm", "br")
    );
    assert_eq!(answer.header("content-type"), "application/wasm");
    assert_eq!(answer.header("cache-control"), FOR_EVER);
    assert!(
        answer.header("vary").to_lowercase().contains("accept-encoding"),
        "{:?}",
        answer.headers
    );
    let plain = app().send(ask.header("accept-encoding", "gzip"));
    assert_eq!(
        (plain.text().as_str(), plain.header("content-encoding")),
        ("plain wasm", "")
    );
    assert!(
        plain.header("vary").to_lowercase().contains("accept-encoding"),
        "{:?}",
        plain.headers
    );
}

#[test]
fn everything_else_is_asked_for_again() {
    let icon = app().send(Ask::get("/favicon.svg"));
    assert_eq!((icon.status, icon.header("content-type")), (200, "image/svg+xml"));
    for (path, status) in [
        ("/favicon.svg", 200),
        ("/", 200),
        ("/pkg/cruddur.old.js", 404),
        ("/pkg/", 404),
        ("/api/activities/home", 200),
    ] {
        let answer = app().send(Ask::get(path));
        assert_eq!(
            (answer.status, answer.header("cache-control")),
            (status, ASK_AGAIN),
            "{path}"
        );
    }
}

#[test]
fn nothing_outside_the_sites_folder_is_served() {
    for path in [
        "/../hash.txt",
        "/pkg/../../hash.txt",
        "/pkg/%2e%2e/%2e%2e/hash.txt",
        "/pkg/..%2f..%2fhash.txt",
        "/%2e%2e/data/cookie.key",
        "/pkg/..%5c..%5chash.txt",
        "//etc/passwd",
        "/pkg/%00",
    ] {
        let answer = app().send(Ask::get(path));
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.text().contains(&format!("js: {HASH}")), "{path}");
    }
    let long = format!("/{}", "x".repeat(5000));
    assert_eq!(app().send(Ask::get(&long)).status, 404, "a name that no file can have");
}
