//! When the database fails: what a person, a log reader and the trace learn of it.

use crate::support::message::Ask;
use crate::support::server::Server;
use crate::support::site::Site;
use crate::support::trace::Caller;
use serde_json::{Value, json};

/// Nothing of this is for a client.
const INTERNAL: [&str; 5] = ["no such table", "SELECT", "sqlx", "SQLite", "cruddur.sqlite"];

#[test]
fn a_failure_of_ours_is_an_error_of_the_span_and_no_secret_of_the_trace() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let author = server.sign_up("unlucky");
    let database = rusqlite::Connection::open(data.path().join("cruddur.sqlite")).unwrap();
    database
        .execute_batch("ALTER TABLE activities RENAME TO elsewhere")
        .unwrap();

    let caller = Caller::new();
    let ask = Ask::get("/api/activities/home").cookie(&author.cookie);
    let answer = server.send(ask.header("traceparent", &caller.traceparent()));
    assert_eq!(answer.status, 500);
    assert_eq!(answer.json()["code"], "internal");
    assert_eq!(
        answer.json()["trace_id"],
        caller.trace_id.as_str(),
        "where the cause is to be found"
    );
    for internal in INTERNAL {
        assert!(!answer.text().contains(internal), "{internal}: {}", answer.text());
    }

    let trace = server.served_trace(&caller.trace_id);
    assert_eq!(
        trace.way_to(trace.one("SELECT activities")),
        [
            "GET /api/activities/home",
            "server_fn activities::home",
            "home.activities",
            "SELECT activities"
        ]
    );
    for name in [
        "GET /api/activities/home",
        "server_fn activities::home",
        "home.activities",
        "SELECT activities",
    ] {
        let row = trace.one(name);
        assert_eq!(row.get("error"), &json!(true), "{name}");
        assert_eq!(row.get("status_code"), &json!(2), "{name}");
        assert_ne!(row.text("error.type"), "", "{name}");
    }
    assert_eq!(trace.server().get("http.response.status_code"), &json!(500));
    assert_eq!(trace.server().text("error.type"), "500");
    let select = trace.one("SELECT activities");
    assert!(select.text("status_message").contains("no such table"), "{select:?}");
    assert_eq!(
        trace.one("SELECT sessions").get("error"),
        &Value::Null,
        "that one was well"
    );

    let failed = server.send(Ask::get("/api/traces?error=true")).json();
    assert_eq!(failed["traces"].as_array().unwrap().len(), 1, "{failed}");
    assert_eq!(failed["traces"][0]["trace.trace_id"], caller.trace_id.as_str());
    assert_eq!(failed["traces"][0]["error_count"], 4);

    let page = server.send(Ask::page("/").cookie(&author.cookie));
    assert_eq!(page.status, 500);
    let text = page.text();
    assert!(
        text.contains("Something went wrong on our side") && text.contains("Try again"),
        "{text}"
    );
    assert!(
        text.contains(&format!("/traces/{}", page.trace_id())),
        "the way to the cause"
    );
    for internal in INTERNAL {
        assert!(!text.contains(internal), "{internal}");
    }

    // A form without JavaScript comes back with what was typed.
    let form = Ask::form("/api/activities", &[("message", "do not lose this")]).cookie(&author.cookie);
    let answer = server.send(form);
    assert_eq!((answer.status, answer.header("location")), (303, "/"));
    let page = Ask::page("/")
        .cookie(&author.cookie)
        .cookie(&answer.cookie("cruddur_flash"));
    let text = server.send(page).text();
    assert!(text.contains("do not lose this") && text.contains("Trace "), "{text}");

    database
        .execute_batch("ALTER TABLE elsewhere RENAME TO activities")
        .unwrap();
    assert_eq!(server.send(Ask::page("/")).status, 200, "it recovers by itself");
    let (_, said) = server.terminate();
    let line = said.lines().find(|line| line.contains(&caller.trace_id));
    assert!(line.is_some_and(|line| line.contains("no such table")), "{said}");
}
