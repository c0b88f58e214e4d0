//! Who may open the explorer, and who may sign in with the password that everybody knows.

use crate::support::app::{OPERATOR, app};
use crate::support::message::{Answer, Ask};
use crate::support::server::Server;
use crate::support::site::{PATIENCE, Site};
use crate::support::trace::Caller;
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

const EXPLORER: [&str; 3] = ["/traces", "/api/traces", "/traces/style.css"];
/// An address of each of the explorer's routes. The live list's answer has no end, so it is only asked for to be refused.
fn addresses() -> impl Iterator<Item = String> {
    let names = [
        ("{trace_id}", "0af7651916cd43dd8448eb211c80319c"),
        ("{span_id}", "b7ad6b7169203331"),
        ("{name}", "list.js"),
        ("{version}", "1"),
    ];
    explorer::paths().map(move |path| {
        let address = names
            .iter()
            .fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
        assert!(!address.contains('{'), "{path} has a part that is not named here");
        address
    })
}

/// From this machine to the proxy, and from the proxy to the server: the visitor may be anywhere.
fn through_proxy(ask: Ask) -> Ask {
    ask.header("x-forwarded-for", "192.0.2.7")
}

fn demo_sign_in() -> Ask {
    let fields = json!({ "email": "worf@cruddur.example", "password": "just crud it!" });
    Ask::json("/api/users/signin", &fields)
}

fn statuses(site: &impl Site, change: impl Fn(Ask) -> Ask) -> [u16; 3] {
    EXPLORER.map(|path| site.send(change(Ask::page(path))).status)
}

/// Nothing of the explorer is to be had this way, and pages do not speak of it.
fn is_closed(site: &impl Site, change: impl Fn(Ask) -> Ask, status: u16) {
    for path in addresses() {
        let answer = site.send(change(Ask::get(&path)));
        assert_eq!(answer.status, status, "{path}");
        assert!(!answer.text().contains("duration_ms"), "{path}");
    }
    let query = json!({ "calculations": [{ "op": "MAX", "column": "duration_ms" }] });
    let answer = site.send(change(Ask::json("/api/traces/query", &query)));
    assert_eq!(answer.status, status, "a query");
    for path in ["/", "/nowhere"] {
        let page = site.send(change(Ask::page(path))).text();
        assert!(!page.contains("href=\"/traces"), "{path}");
    }
}

/// And that way all of it is, and pages lead there.
fn is_open(site: &impl Site, change: impl Fn(Ask) -> Ask) {
    assert_eq!(statuses(site, &change), [200; 3]);
    for path in addresses().filter(|path| path != "/traces/live") {
        let status = site.send(change(Ask::get(&path))).status;
        assert!(status != 401 && status != 403, "{path}: {status}");
    }
    let page = site.send(change(Ask::page("/"))).text();
    assert!(page.contains("href=\"/traces\""));
    let lost = site.send(change(Ask::page("/nowhere")));
    let trace = format!("href=\"/traces/{}\"", lost.trace_id());
    assert!(lost.text().contains(&trace), "an error page leads to its own trace");
}

fn demo_is_refused(answer: &Answer) {
    assert_eq!(
        (answer.status, answer.problems()),
        (422, vec![":demo_loopback_only".to_owned()])
    );
    let json = answer.json();
    let words = json["errors"][0]["message"].as_str().unwrap();
    assert!(words.contains("only on the machine that Cruddur runs on"), "{words}");
    assert_eq!(answer.set_cookie("cruddur_session"), None);
}

#[test]
fn this_machine_needs_no_sign_in() {
    for host in ["localhost:3000", "localhost", "127.0.0.1:3000", "[::1]:3000"] {
        is_open(app(), |ask| ask.header("host", host));
    }
}

#[test]
fn from_elsewhere_it_takes_an_operator() {
    let operator = app().sign_up(OPERATOR);
    let other = app().sign_up("no_operator");
    let ways: [fn(Ask) -> Ask; 14] = [
        Ask::elsewhere,
        |ask| ask.elsewhere().header("host", "127.0.0.1:3000"),
        through_proxy,
        |ask| ask.header("x-forwarded-for", "127.0.0.1"),
        |ask| ask.header("x-forwarded-host", "localhost"),
        |ask| ask.header("x-forwarded-proto", "http"),
        |ask| ask.header("forwarded", "for=192.0.2.7"),
        |ask| ask.header("via", "1.1 proxy"),
        |ask| ask.header("x-real-ip", "192.0.2.7"),
        // A name of the internet that resolves to this machine, and some that only look like ours.
        |ask| ask.header("host", "evil.example"),
        |ask| ask.header("host", "localhost.evil.example:3000"),
        |ask| ask.header("host", "127.0.0.1.evil.example"),
        |ask| ask.header("host", "localhost:3000@evil.example"),
        |ask| ask.without("host"),
    ];
    for way in ways {
        is_closed(app(), way, 401);
        is_closed(app(), |ask| way(ask).cookie(&other.cookie), 403);
        is_open(app(), |ask| way(ask).cookie(&operator.cookie));
    }
    let refusal = app().send(Ask::page("/traces").elsewhere());
    assert!(refusal.text().contains("Sign in as an operator") && refusal.text().contains("/signin"));
    assert_eq!(refusal.header("cache-control"), "no-store");
    let refusal = app().send(Ask::page("/traces").elsewhere().cookie(&other.cookie));
    assert!(refusal.text().contains("CRUDDUR_OPERATORS"), "{}", refusal.text());
}

#[test]
fn an_operator_who_has_signed_out_is_nobody() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(
        data.path(),
        &[("CRUDDUR_EXPLORER", "operators"), ("CRUDDUR_OPERATORS", "dax")],
    );
    let operator = server.sign_up("dax");
    is_open(&server, |ask| ask.cookie(&operator.cookie));
    let out = Ask::call("/api/users/signout", &[]).cookie(&operator.cookie);
    // The binary is at another port than the tests' requests say.
    let out = server.send(out.without("origin"));
    assert_eq!(out.status, 200, "{}", out.text());
    is_closed(&server, |ask| ask.cookie(&operator.cookie), 401);
    is_closed(&server, |ask| ask.cookie("cruddur_session=forged"), 401);
}

#[test]
fn where_other_machines_can_connect_this_one_needs_a_sign_in_too() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(
        data.path(),
        &[("LEPTOS_SITE_ADDR", "0.0.0.0:0"), ("CRUDDUR_OPERATORS", "bashir")],
    );
    is_closed(&server, |ask| ask, 401);
    let operator = server.sign_up("bashir");
    is_open(&server, |ask| ask.cookie(&operator.cookie));
}

#[test]
fn what_was_just_posted_leads_to_its_trace_where_the_explorer_is_open() {
    let person = app().sign_up("posts_a_form");
    let form = || Ask::form("/api/activities", &[("message", "where is my trace?")]).cookie(&person.cookie);
    let posted = app().send(form());
    let page = Ask::page("/")
        .cookie(&person.cookie)
        .cookie(&posted.cookie("cruddur_flash"));
    let page = app().send(page).text();
    assert!(
        page.contains("Posted. ") && page.contains(&format!("href=\"/traces/{}\"", posted.trace_id())),
        "{page}"
    );
    assert_eq!(app().send(through_proxy(form())).set_cookie("cruddur_flash"), None);

    // What is wrong with a form leads there as well; to others it is just wrong.
    let wrong = || Ask::form("/api/activities", &[("message", " ")]).cookie(&person.cookie);
    for (way, open) in [(None, true), (Some(through_proxy as fn(Ask) -> Ask), false)] {
        let way = |ask: Ask| way.map_or(ask.clone(), |way| way(ask));
        let refused = app().send(way(wrong()));
        let page = Ask::page("/")
            .cookie(&person.cookie)
            .cookie(&refused.cookie("cruddur_flash"));
        let page = app().send(way(page)).text();
        assert!(page.contains("One field needs another look."), "{page}");
        assert_eq!(page.contains(&format!("href=\"/traces/{}\"", refused.trace_id())), open);
    }
}

#[test]
fn the_rest_is_for_everybody() {
    for path in ["/", "/health", "/@worf", "/api/activities/home"] {
        assert_eq!(app().send(Ask::page(path).elsewhere()).status, 200, "{path}");
    }
}

#[test]
fn the_demo_people_sign_in_on_this_machine_only() {
    let inside = app().send(demo_sign_in());
    assert_eq!(inside.status, 200, "{}", inside.text());
    assert_eq!(inside.json()["handle"], "worf");
    for ask in [demo_sign_in().elsewhere(), through_proxy(demo_sign_in())] {
        demo_is_refused(&app().send(ask));
    }
    let wrong = json!({ "email": "worf@cruddur.example", "password": "not this one" });
    let answer = app().send(Ask::json("/api/users/signin", &wrong).elsewhere());
    assert_eq!(
        answer.problems(),
        [":credentials_incorrect"],
        "a wrong password learns nothing"
    );

    let here = app().send(Ask::page("/signin")).text();
    assert!(here.contains("just crud it!") && here.contains("worf@cruddur.example"));
    for ask in [Ask::page("/signin").elsewhere(), through_proxy(Ask::page("/signin"))] {
        let text = app().send(ask).text();
        assert!(!text.contains("just crud it!") && !text.contains("worf@cruddur.example"));
    }
    let form = Ask::form(
        "/api/users/signin",
        &[("email", "worf@cruddur.example"), ("password", "just crud it!")],
    );
    let answer = app().send(form.elsewhere());
    assert_eq!((answer.status, answer.header("location")), (303, "/signin"));
    let page = app().send(Ask::page("/signin").cookie(&answer.cookie("cruddur_flash")).elsewhere());
    assert!(page.text().contains("only on the machine that Cruddur runs on"));
}

#[test]
fn operators_only_means_on_this_machine_too() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(
        data.path(),
        &[("CRUDDUR_EXPLORER", "operators"), ("CRUDDUR_OPERATORS", "@Sisko,kira")],
    );
    is_closed(&server, |ask| ask, 401);
    let other = server.sign_up("morn");
    is_closed(&server, |ask| ask.cookie(&other.cookie), 403);
    let operator = server.sign_up("sisko");
    is_open(&server, |ask| ask.cookie(&operator.cookie));
    is_open(&server, |ask| through_proxy(ask).cookie(&operator.cookie));
}

#[test]
fn open_is_for_whoever_reaches_the_port_and_says_so() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[("CRUDDUR_EXPLORER", "open"), ("CRUDDUR_DEMO", "1")]);
    is_open(&server, through_proxy);
    is_open(&server, |ask| ask.header("host", "evil.example"));
    assert_eq!(server.send(through_proxy(demo_sign_in())).status, 200);
    let (_, said) = server.terminate();
    assert!(said.contains("whoever can reach") && said.contains("WARN"), "{said}");
    assert!(!said.contains('\u{1b}'), "colours are for terminals: {said:?}");
}

#[test]
fn who_works_on_the_explorer_can_have_it_traced() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[("CRUDDUR_TRACE_EXPLORER", "1")]);
    let caller = Caller::new();
    let ask = Ask::page("/traces").header("traceparent", &caller.traceparent());
    assert_eq!(server.send(ask).trace_id(), caller.trace_id);
    let trace = server.served_trace(&caller.trace_id);
    assert_eq!(trace.server().text("name"), "GET /traces");
}

#[test]
fn off_is_as_if_there_were_none() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(
        data.path(),
        &[
            ("CRUDDUR_EXPLORER", "off"),
            ("CRUDDUR_OPERATORS", "sisko"),
            ("CRUDDUR_DEMO", "1"),
        ],
    );
    let operator = server.sign_up("sisko");
    is_closed(&server, |ask| ask, 404);
    is_closed(&server, |ask| ask.cookie(&operator.cookie), 404);
    assert_eq!(server.send(demo_sign_in()).status, 200, "it is this machine");
    demo_is_refused(&server.send(through_proxy(demo_sign_in())));
}

#[test]
fn without_a_store_there_is_no_explorer_and_no_way_to_it() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(
        data.path(),
        &[("CRUDDUR_TRACE_STORE", "off"), ("CRUDDUR_EXPLORER", "open")],
    );
    is_closed(&server, |ask| ask, 404);
}

/// Cut off by the end of the process it would end without its last chunk.
#[test]
fn a_live_list_ends_when_the_server_stops_and_keeps_it_from_nothing() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let mut connection = TcpStream::connect(server.address).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(connection, "GET /traces/live HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut lines = BufReader::new(connection).lines();
    lines
        .find(|line| line.as_ref().unwrap() == "event: news")
        .unwrap()
        .unwrap();
    server.send_signal("TERM");
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(rest[rest.len() - 2..], ["0", ""], "{rest:?}");
    let (status, said) = server.terminate();
    assert!(status.success(), "{said}");
}
