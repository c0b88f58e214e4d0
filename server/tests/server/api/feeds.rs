//! `GET /api/activities/home`, `GET /api/activities/user` and `GET /api/activities/@{handle}`: pages, and what has expired.

use crate::support::app::app;
use crate::support::message::{Answer, Ask};
use crate::support::site::Site;
use axum::http::Method;
use serde_json::Value;
use std::collections::BTreeSet;

fn get(path: &str) -> Answer {
    app().send(Ask::get(path))
}

/// What `Link: rel="next"` names.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link");
    let path = link.strip_prefix('<')?.strip_suffix(">; rel=\"next\"")?;
    Some(path.to_owned())
}

/// All uuids from a page on to the end, and how many each page had.
fn walk(path: &str, of: impl Fn(Value) -> Value) -> (Vec<String>, Vec<usize>) {
    let (mut uuids, mut lengths) = (Vec::new(), Vec::new());
    let mut at = Some(path.to_owned());
    while let Some(path) = at {
        let answer = get(&path);
        assert_eq!(answer.status, 200, "{path}");
        let cruds = of(answer.json());
        let cruds = cruds.as_array().unwrap();
        lengths.push(cruds.len());
        uuids.extend(cruds.iter().map(|crud| crud["uuid"].as_str().unwrap().to_owned()));
        at = next(&answer);
    }
    (uuids, lengths)
}

#[test]
fn links_lead_through_everybodys_cruds_with_none_twice() {
    let ezri = app().sign_up("ezri_feeds");
    let posted = app().cruds(&ezri, &["one", "two", "three", "four", "five", "six", "seven"], false);
    let (uuids, lengths) = walk("/api/activities/home?limit=3", |page| page);
    let (last, full) = lengths.split_last().unwrap();
    assert!(
        full.iter().all(|length| *length == 3) && (1..=3).contains(last),
        "{lengths:?}"
    );
    assert_eq!(
        uuids.iter().collect::<BTreeSet<_>>().len(),
        uuids.len(),
        "one came twice"
    );
    assert!(uuids.is_sorted_by(|newer, older| newer > older), "newest first");
    assert!(posted.iter().all(|uuid| uuids.contains(uuid)), "one is missing");
}

#[test]
fn links_lead_through_one_persons_cruds() {
    let bashir = app().sign_up("bashir_feeds");
    let mut posted = app().cruds(&bashir, &["a", "b", "c", "d", "e"], false);
    posted.reverse();
    let (uuids, lengths) = walk("/api/activities/@bashir_feeds?limit=2", |page| {
        page["activities"].clone()
    });
    assert_eq!((uuids, lengths), (posted.clone(), vec![2, 2, 1]));
    let (uuids, lengths) = walk("/api/activities/user?handle=Bashir_feeds&limit=5", |page| {
        page["activities"].clone()
    });
    assert_eq!((uuids, lengths), (posted, vec![5]), "a full page that is the last");

    let page = get("/api/activities/@bashir_feeds").json();
    assert_eq!(page["profile"]["handle"], "bashir_feeds");
    assert_eq!(page["profile"]["display_name"], "The bashir_feeds");
    assert_eq!(page["profile"]["cruds_count"], 5);
    assert_eq!(page["activities"][0]["message"], "e");
}

#[test]
fn a_page_that_cannot_be_is_told_with_all_that_is_wrong() {
    for path in [
        "/api/activities/home?before=yesterday&limit=101",
        "/api/activities/@worf?before=yesterday&limit=0",
        "/api/activities/user?handle=worf&before=1&limit=many",
    ] {
        let answer = get(path);
        assert_eq!(answer.status, 422, "{path}");
        assert_eq!(answer.problems(), ["before:before_invalid", "limit:limit_invalid"]);
    }
    assert_eq!(
        get("/api/activities/home?before=&limit=").status,
        200,
        "empty is absent"
    );
}

#[test]
fn somebody_who_opens_the_api_in_a_browser_sees_json() {
    for path in [
        "/api/activities/home",
        "/api/activities/user?handle=worf",
        "/api/activities/@worf",
        "/api/users/current",
    ] {
        let ask = Ask::page(path).header("referer", "http://localhost:3000/");
        let answer = app().send(ask);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, "application/json"),
            "{path}"
        );
        let mut head = Ask::get(path);
        head.method = Method::HEAD;
        let answer = app().send(head);
        assert_eq!((answer.status, answer.body.len()), (200, 0), "{path}");
    }
    assert_eq!(app().send(Ask::post("/api/activities/home")).status, 405);
}

#[test]
fn what_is_said_twice_cannot_be_read() {
    let answer = get("/api/activities/home?limit=1&limit=2");
    assert_eq!(
        (answer.status, answer.problems()),
        (422, vec![":input_unreadable".to_owned()])
    );
}

#[test]
fn nobodys_feed_is_not_found() {
    for path in [
        "/api/activities/@nobody_has_this",
        "/api/activities/user?handle=nobody_has_this",
        "/api/activities/user",
        "/api/activities/@worf/status/none",
        "/api/activities/show",
    ] {
        let answer = get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.json()["code"], "not_found", "{path}");
    }
}

#[test]
fn what_has_expired_is_in_no_answer() {
    let vic = app().sign_up("vic_feeds");
    let gone = app().cruds(&vic, &["Last song of the evening"], true).remove(0);
    let stays = app().crud(&vic, "Encore");

    let (home, _) = walk("/api/activities/home?limit=100", |page| page);
    assert!(home.contains(&stays) && !home.contains(&gone));
    let page = get("/api/activities/@vic_feeds").json();
    assert_eq!(page["profile"]["cruds_count"], 1);
    let uuids: Vec<_> = page["activities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|crud| &crud["uuid"])
        .collect();
    assert_eq!(uuids, [stays.as_str()]);
    assert_eq!(get(&format!("/api/activities/@vic_feeds/status/{gone}")).status, 404);
    assert_eq!(
        get(&format!("/api/activities/show?handle=vic_feeds&id={gone}")).status,
        404
    );

    for (path, status) in [
        ("/".to_owned(), 200),
        ("/@vic_feeds".to_owned(), 200),
        (format!("/@vic_feeds/status/{gone}"), 404),
    ] {
        let page = app().send(Ask::page(&path));
        assert_eq!(page.status, status, "{path}");
        assert!(!page.text().contains("Last song of the evening"), "{path}");
    }
    // A place in the feed can be one that is gone.
    let after = get(&format!("/api/activities/@vic_feeds?before={gone}")).json();
    assert_eq!(after["activities"], serde_json::json!([]));
}
