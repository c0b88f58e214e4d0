//! Who may open the explorer, and who may sign in with the password that everybody knows.

use crate::support::app::{OPERATOR, app};
use crate::support::message::{Answer, Ask};
use crate::support::server::Server;
use crate::support::site::Site;
use crate::support::trace::Caller;
use serde_json::json;

const EXPLORER: [&str; 3] = ["/traces", "/api/traces", "/traces/style.css"];

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
    for host in ["localhost:3000", "127.0.0.1:3000", "[::1]:3000"] {
        assert_eq!(statuses(app(), |ask| ask.header("host", host)), [200; 3], "{host}");
    }
}

#[test]
fn from_elsewhere_it_takes_an_operator() {
    let operator = app().sign_up(OPERATOR);
    let other = app().sign_up("no_operator");
    let ways: [fn(Ask) -> Ask; 5] = [
        Ask::elsewhere,
        through_proxy,
        |ask| ask.header("forwarded", "for=192.0.2.7"),
        |ask| ask.header("x-real-ip", "192.0.2.7"),
        // A name of the internet that resolves to this machine.
        |ask| ask.header("host", "evil.example"),
    ];
    for way in ways {
        assert_eq!(statuses(app(), way), [401; 3]);
        assert_eq!(statuses(app(), |ask| way(ask).cookie(&other.cookie)), [403; 3]);
        assert_eq!(statuses(app(), |ask| way(ask).cookie(&operator.cookie)), [200; 3]);
    }
    let refusal = app().send(Ask::page("/traces").elsewhere());
    assert!(refusal.text().contains("Sign in as an operator") && refusal.text().contains("/signin"));
    assert_eq!(refusal.header("cache-control"), "no-store");
    let refusal = app().send(Ask::page("/traces").elsewhere().cookie(&other.cookie));
    assert!(refusal.text().contains("CRUDDUR_OPERATORS"), "{}", refusal.text());
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
    assert_eq!(statuses(&server, |ask| ask), [401; 3]);
    let other = server.sign_up("morn");
    assert_eq!(statuses(&server, |ask| ask.cookie(&other.cookie)), [403; 3]);
    let operator = server.sign_up("sisko");
    assert_eq!(statuses(&server, |ask| ask.cookie(&operator.cookie)), [200; 3]);
    assert_eq!(
        statuses(&server, |ask| through_proxy(ask).cookie(&operator.cookie)),
        [200; 3]
    );
}

#[test]
fn open_is_for_whoever_reaches_the_port_and_says_so() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[("CRUDDUR_EXPLORER", "open"), ("CRUDDUR_DEMO", "1")]);
    assert_eq!(statuses(&server, through_proxy), [200; 3]);
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
    assert_eq!(statuses(&server, |ask| ask.cookie(&operator.cookie)), [404; 3]);
    assert_eq!(server.send(demo_sign_in()).status, 200, "it is this machine");
    demo_is_refused(&server.send(through_proxy(demo_sign_in())));
}
