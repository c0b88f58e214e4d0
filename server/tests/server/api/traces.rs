//! `/api/traces` and the pages at `/traces`, over the store that follows the log.

use crate::support::app::app;
use crate::support::message::{Answer, Ask};
use crate::support::otlp::{batch, from_page};
use crate::support::site::Site;
use crate::support::trace::Caller;
use serde_json::json;

fn get(path: &str) -> Answer {
    app().send(Ask::get(path))
}

/// The ids in a list of traces.
fn ids(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let json = answer.json();
    let traces = json["traces"].as_array().unwrap();
    traces
        .iter()
        .map(|trace| trace["trace.trace_id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_click_of_a_page_and_what_the_server_did_are_one_trace() {
    let person = app().sign_up("click_person");
    let fetch = Caller::new();
    let ask = Ask::call("/api/activities", &[("message", "one click")]).cookie(&person.cookie);
    assert_eq!(app().send(ask.header("traceparent", &fetch.traceparent())).status, 200);
    let batch = batch(&fetch, "POST /api/activities", &[("http.request.method", "POST")]);
    assert_eq!(app().send(from_page(&batch).cookie(&person.cookie)).status, 200);
    let trace = app().trace_when(&fetch.trace_id, |trace| trace.rows.len() == 6);

    let parent = trace.parent_of(trace.server()).expect("the page's span");
    assert_eq!(parent.text("trace.span_id"), fetch.span_id);
    assert_eq!(parent.text("service.name"), "cruddur-frontend");
    assert_eq!(trace.server().text("service.name"), "cruddur-backend");

    let list = get("/api/traces?user=click_person&route=%2Fapi%2Factivities").json();
    let summary = &list["traces"][0];
    assert_eq!(summary["trace.trace_id"], trace.id.as_str());
    assert_eq!(summary["name"], "POST /api/activities");
    assert_eq!(summary["service.name"], "cruddur-frontend");
    assert_eq!(summary["user.id"], person.uuid.as_str());
    assert_eq!(
        (&summary["span_count"], &summary["error_count"]),
        (&json!(6), &json!(0))
    );
    assert!(
        summary["duration_ms"].as_f64().unwrap() > 0.0 && summary["time"].is_string(),
        "{summary}"
    );

    let page = app().send(Ask::page(&format!("/traces/{}", trace.id)));
    assert_eq!(page.status, 200);
    for words in [
        "cruddur-frontend",
        "cruddur-backend",
        "activity.create",
        "INSERT activities",
    ] {
        assert!(page.text().contains(words), "{words}");
    }
    assert_eq!(page.header("cross-origin-opener-policy"), "same-origin");
    let page = app().send(Ask::page("/traces?user=click_person"));
    assert!(page.text().contains(&format!("/traces/{}", trace.id)));
}

#[test]
fn the_list_is_filtered_and_paged() {
    let person = app().sign_up("filter_person");
    let callers: Vec<_> = (0..5).map(|_| Caller::new()).collect();
    for caller in &callers {
        let ask = Ask::get("/api/activities/home").cookie(&person.cookie);
        app().send(ask.header("traceparent", &caller.traceparent()));
    }
    for caller in &callers {
        app().served_trace(&caller.trace_id);
    }
    let newest_first: Vec<_> = callers.iter().rev().map(|caller| caller.trace_id.clone()).collect();
    let filter = "/api/traces?user=filter_person&route=%2Fapi%2Factivities%2Fhome";
    assert_eq!(ids(&get(filter)), newest_first);
    assert_eq!(
        ids(&get(&format!("{filter}&service=cruddur-backend&error=false"))).len(),
        5
    );
    assert_eq!(ids(&get(&format!("{filter}&service=shop"))).len(), 0);
    assert_eq!(ids(&get(&format!("{filter}&error=true"))).len(), 0);
    assert_eq!(ids(&get(&format!("{filter}&min_ms=100000"))).len(), 0);
    assert_eq!(ids(&get(&format!("{filter}&max_ms=100000"))).len(), 5);

    let mut paged = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = get(&format!("{filter}&limit=2{cursor}"));
        paged.extend(ids(&page));
        match page.json()["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(paged, newest_first);
}

#[test]
fn what_cannot_be_asked_is_told_with_all_that_is_wrong() {
    let answer = get("/api/traces?limit=0&error=perhaps&colour=blue");
    assert_eq!(answer.status, 400);
    let json = answer.json();
    let fields: Vec<_> = json["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["field"])
        .collect();
    assert_eq!(fields, ["limit", "error", "colour"]);
    assert_eq!(app().send(Ask::page("/traces?limit=0")).status, 400);
}

#[test]
fn an_unknown_trace_is_not_found() {
    let unknown = Caller::new().trace_id;
    let answer = get(&format!("/api/traces/{unknown}"));
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()["errors"][0]["field"], "trace_id");
    assert_eq!(app().send(Ask::page(&format!("/traces/{unknown}"))).status, 404);
}
