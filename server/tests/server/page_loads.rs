//! Page loads: the trace that the server opens for the browser, the visit, and what the page is told of both.

use crate::support::app::{HASH, app};
use crate::support::message::{Answer, Ask, between};
use crate::support::otlp::{from_page, pair};
use crate::support::server::Server;
use crate::support::site::Site;
use crate::support::trace::{Caller, Trace};
use axum::http::Method;
use serde_json::Value;

const VISIT: &str = "telemetry-session";

/// What the page's `<meta>` of this name says.
fn told(page: &Answer, name: &str) -> Option<String> {
    let text = page.text();
    let start = format!("<meta name=\"{name}\" content=\"");
    text.contains(&start).then(|| between(&text, &start, "\"").to_owned())
}

/// The reserved ids: of the trace, of `documentLoad`, of `documentFetch`, and `01` or `00`.
fn hand_over(page: &Answer) -> [String; 4] {
    let told = told(page, "page-trace").unwrap_or_else(|| panic!("no hand-over: {}", page.text()));
    let parts: Vec<_> = told.split('-').map(str::to_owned).collect();
    parts.try_into().unwrap_or_else(|_| panic!("{told}"))
}

/// The visit's id, as the cookie that is set names it.
fn visit(page: &Answer) -> String {
    let cookie = page.cookie(VISIT);
    between(&cookie, "=", ".").to_owned()
}

#[test]
fn the_servers_span_hangs_under_the_browsers_and_the_page_knows_both_ids() {
    for (path, name) in [("/", "GET /"), ("/@worf", "GET /@{handle}"), ("/nowhere", "GET")] {
        let page = app().send(Ask::page(path));
        let [trace_id, load, fetch, flags] = hand_over(&page);
        assert_eq!((page.trace_id(), &*flags), (trace_id.clone(), "01"), "{path}");
        assert!(
            page.header("server-timing")
                .ends_with(&format!("client;desc=\"{fetch}\"")),
            "{:?}",
            page.headers
        );
        assert_ne!(load, fetch);
        let trace = app().served_trace(&trace_id);
        let server = trace.server();
        assert_eq!((server.text("name"), server.text("trace.parent_id")), (name, &*fetch));
    }
}

#[test]
fn what_is_no_page_load_is_told_nothing() {
    let mut head = Ask::page("/");
    head.method = Method::HEAD;
    let fetched = Ask::page("/").header("sec-fetch-mode", "cors");
    let caller = Ask::page("/").header("traceparent", &Caller::new().traceparent());
    let icon = Ask::page("/favicon.svg");
    let file = Ask::page(&format!("/pkg/cruddur.{HASH}.js"));
    let api = Ask::get("/api/activities/home");
    for ask in [
        Ask::get("/"),
        head,
        fetched,
        caller,
        Ask::page("/traces"),
        icon,
        file,
        api,
    ] {
        let what = format!("{} {} {:?}", ask.method, ask.path, ask.headers);
        let answer = app().send(ask);
        assert_eq!(answer.status, 200, "{what}");
        assert_eq!(told(&answer, "page-trace"), None, "{what}");
        assert_eq!(answer.set_cookie(VISIT), None, "{what}");
    }
}

#[test]
fn a_visit_begins_with_a_page_and_is_on_every_span_that_follows() {
    let page = app().send(Ask::page("/"));
    let id = visit(&page);
    let set = page.set_cookie(VISIT).unwrap();
    assert!(set.ends_with("; Path=/; Max-Age=1800; SameSite=Lax"), "{set}");
    let cookie = page.cookie(VISIT);

    let next = app().send(Ask::page("/@worf").cookie(&cookie));
    assert_eq!(next.cookie(VISIT), cookie, "the same visit lives on");
    let moved = app().send(Ask::page("/signin/").cookie(&cookie));
    assert_eq!((moved.status, moved.cookie(VISIT)), (308, cookie.clone()));
    let fetched = app().send(Ask::get("/api/activities/home").header("baggage", &format!("session.id={id}")));
    assert_eq!(fetched.set_cookie(VISIT), None);
    let posted = app().send(Ask::form("/api/users/signin", &[("email", "a@b.c")]).cookie(&cookie));
    assert_eq!((posted.status, posted.set_cookie(VISIT)), (303, None));
    for answer in [&page, &next, &moved, &fetched, &posted] {
        let trace = app().served_trace(&answer.trace_id());
        for row in &trace.rows {
            assert_eq!(row.text("session.id"), id, "{row:?}");
        }
    }
}

#[test]
fn the_page_names_the_sign_in_that_it_is_for() {
    let generation = |cookie: &str| told(&app().send(Ask::page("/").cookie(cookie)), "page-generation");
    let person = app().sign_up("generation_person");
    let first = generation(&person.cookie).expect("somebody is signed in");
    assert_eq!(generation(&person.cookie).as_ref(), Some(&first));
    assert!(
        !person.cookie.contains(&first),
        "it tells nothing of the session's token"
    );
    let second = generation(&app().session_since(0, &person)).expect("signed in again");
    assert_ne!(first, second);
    let missing = app().send(Ask::page("/nowhere").cookie(&person.cookie));
    assert_eq!(told(&missing, "page-generation"), Some(first));
    assert_eq!(generation("cruddur_session=forged"), None);
}

#[test]
fn the_browsers_pair_is_the_root() {
    let page = app().send(Ask::page("/"));
    let [trace_id, load, fetch, _] = hand_over(&page);
    let answer = app().send(from_page(&pair(&trace_id, &load, &fetch)));
    assert_eq!(answer.status, 200);
    let trace = app().served_trace(&trace_id);
    is_whole(&trace);
    assert_eq!(trace.one("documentLoad").get("span.synthetic"), &Value::Null);
}

#[test]
fn what_did_not_come_before_the_server_stops_is_stood_in_for() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let (page, moved) = (server.send(Ask::page("/")), server.send(Ask::page("/signin/")));
    assert_eq!((page.status, moved.status), (200, 308));
    let reported = server.send(Ask::page("/"));
    let [trace_id, load, fetch, _] = hand_over(&reported);
    assert_eq!(server.send(from_page(&pair(&trace_id, &load, &fetch))).status, 200);
    let (status, said) = server.terminate();
    assert!(status.success(), "{said}");

    let server = Server::start(data.path(), &[]);
    for answer in [&page, &moved] {
        let trace = server.trace_when(&answer.trace_id(), |trace| trace.names().contains(&"documentLoad"));
        is_whole(&trace);
        for name in ["documentLoad", "documentFetch"] {
            let row = trace.one(name);
            assert_eq!(row.get("span.synthetic"), true, "{row:?}");
            assert_eq!(row.text("service.name"), "cruddur-frontend");
            assert_eq!(row.text("session.id"), visit(answer));
        }
        assert_eq!(trace.one("documentFetch").text("span.kind"), "client");
    }
    let trace = server.served_trace(&trace_id);
    assert_eq!(
        trace.one("documentLoad").get("span.synthetic"),
        &Value::Null,
        "once only"
    );
}

fn is_whole(trace: &Trace) {
    let server = trace.server();
    assert_eq!(trace.parent_of(server), Some(trace.one("documentFetch")));
    assert_eq!(
        trace.parent_of(trace.one("documentFetch")),
        Some(trace.one("documentLoad"))
    );
    assert_eq!(trace.one("documentLoad").get("trace.parent_id"), &Value::Null);
}

#[test]
fn with_telemetry_switched_off_the_page_is_told_so_and_stores_nothing() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[("OTEL_SDK_DISABLED", "true")]);
    let page = server.send(Ask::page("/"));
    assert_eq!(page.status, 200);
    assert_eq!(hand_over(&page)[3], "00");
    assert_eq!((page.set_cookie(VISIT), page.header("server-timing")), (None, ""));
}

#[test]
fn a_browser_that_reports_after_a_restart_comes_too_late() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let [trace_id, load, fetch, _] = hand_over(&server.send(Ask::page("/")));
    server.settle();
    let (status, said) = server.terminate();
    assert!(status.success(), "{said}");

    let server = Server::start(data.path(), &[]);
    assert_eq!(server.send(from_page(&pair(&trace_id, &load, &fetch))).status, 200);
    server.settle();
    let trace = server.served_trace(&trace_id);
    let roots = trace.names().into_iter().filter(|name| *name == "documentLoad").count();
    assert_eq!(roots, 1);
    server.health_when(|health| health["spans"]["relay"]["refused"] == 2);
}
