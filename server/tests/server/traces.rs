//! What the server's own spans say, from the request down to the row.

use crate::support::app::app;
use crate::support::message::Ask;
use crate::support::site::{Person, Site};
use crate::support::trace::{Caller, Row, Trace};
use serde_json::{Value, json};

/// The trace of one request of a caller of its own.
fn traced(ask: Ask) -> (Caller, Trace) {
    let caller = Caller::new();
    let answer = app().send(ask.header("traceparent", &caller.traceparent()));
    assert_eq!(answer.trace_id(), caller.trace_id);
    let trace = app().served_trace(&caller.trace_id);
    assert_eq!(trace.server().text("trace.parent_id"), caller.span_id);
    (caller, trace)
}

fn all_are_by(trace: &Trace, person: &Person) {
    // The look-up of the session ends before it is known who it is, and so is the only one without.
    for row in trace.rows.iter().filter(|row| row.text("name") != "SELECT sessions") {
        assert_eq!(row.text("user.id"), person.uuid, "{row:?}");
        assert_eq!(row.text("user.name"), person.handle, "{row:?}");
    }
}

fn says(row: &Row, column: &str, value: impl Into<Value>) {
    assert_eq!(row.get(column), &value.into(), "{column} of {row:?}");
}

#[test]
fn posting_is_one_tree_from_the_request_to_the_row() {
    let author = app().sign_up("traced_author");
    let secret = "words that belong in the database only";
    let ask = Ask::call("/api/activities", &[("message", secret), ("ttl", "1-day")]).cookie(&author.cookie);
    let (_, trace) = traced(ask.header("user-agent", "tests/1.0"));

    let insert = trace.one("INSERT activities");
    assert_eq!(
        trace.way_to(insert),
        [
            "POST /api/activities",
            "server_fn activities::create",
            "activity.create",
            "INSERT activities"
        ]
    );
    assert_eq!(
        trace.way_to(trace.one("SELECT sessions")),
        ["POST /api/activities", "SELECT sessions"]
    );
    assert_eq!(trace.rows.len(), 5, "{:?}", trace.names());
    all_are_by(&trace, &author);

    let server = trace.server();
    says(server, "service.name", "cruddur-backend");
    says(server, "http.request.method", "POST");
    says(server, "http.route", "/api/activities");
    says(server, "url.path", "/api/activities");
    says(server, "url.scheme", "http");
    says(server, "server.address", "localhost");
    says(server, "server.port", 3000);
    says(server, "client.address", "127.0.0.1");
    says(server, "user_agent.original", "tests/1.0");
    says(server, "http.response.status_code", 200);
    says(server, "status_code", 0);
    says(server, "error", Value::Null);

    says(insert, "span.kind", "client");
    says(insert, "db.system.name", "sqlite");
    says(insert, "db.namespace", "cruddur.sqlite");
    says(insert, "db.operation.name", "INSERT");
    says(insert, "db.collection.name", "activities");
    says(insert, "db.query.summary", "INSERT activities");
    let text = insert.text("db.query.text");
    assert!(
        text.starts_with("INSERT INTO activities") && text.contains("$5"),
        "{text}"
    );
    for (column, value) in trace.rows.iter().flat_map(Row::columns) {
        let value = value.to_string();
        assert!(!value.contains(secret), "{column}");
        assert!(!value.contains(author.cookie.split_once('=').unwrap().1), "{column}");
    }
}

#[test]
fn the_feeds_own_span_is_that_of_the_homework() {
    let author = app().sign_up("feed_author");
    app().crud(&author, "so that there is one");
    let caller = Caller::new();
    let ask = Ask::get("/api/activities/home?limit=100").header("traceparent", &caller.traceparent());
    let answered = app().send(ask).json().as_array().unwrap().len();
    let trace = app().served_trace(&caller.trace_id);
    let feed = trace.one("home.activities");
    says(feed, "library.name", "home.activities");
    says(feed, "app.result_length", answered);
    says(feed, "span.kind", "internal");
    let now = feed.text("app.now");
    assert!(
        now.len() == 27 && now.ends_with('Z') && now.as_bytes()[10] == b'T',
        "{now}"
    );
    assert_eq!(
        trace.way_to(trace.one("SELECT activities")),
        [
            "GET /api/activities/home",
            "server_fn activities::home",
            "home.activities",
            "SELECT activities"
        ]
    );
    says(trace.server(), "url.query", "limit=100");
}

#[test]
fn resources_of_a_page_stay_in_its_trace_past_their_awaits() {
    let person = app().sign_up("page_author");
    let id = app().crud(&person, "a page of its own");
    for (path, route, function, operations) in [
        ("/".to_owned(), "/", "activities::home", &["home.activities"][..]),
        (
            "/@page_author".to_owned(),
            "/@{handle}",
            "activities::user",
            &["user.show", "user.activities"],
        ),
        (
            format!("/@page_author/status/{id}"),
            "/@{handle}/status/{id}",
            "activities::show",
            &["activity.show"],
        ),
    ] {
        let (_, trace) = traced(Ask::page(&path).cookie(&person.cookie));
        let server = trace.server();
        says(server, "name", format!("GET {route}"));
        says(server, "http.route", route);
        says(server, "url.path", path.as_str());
        let function = format!("server_fn {function}");
        for operation in operations {
            assert_eq!(
                trace.way_to(trace.one(operation)),
                [&format!("GET {route}"), function.as_str(), operation]
            );
        }
        let statements: Vec<_> = trace
            .rows
            .iter()
            .filter(|row| row.text("db.system.name") == "sqlite" && row.text("name") != "SELECT sessions")
            .collect();
        assert!(statements.len() >= operations.len());
        for statement in statements {
            let above = trace.parent_of(statement).expect("no statement stands alone");
            assert!(
                operations.contains(&above.text("name")),
                "{:?}",
                trace.way_to(statement)
            );
        }
        all_are_by(&trace, &person);
    }
}

#[test]
fn requests_at_the_same_time_do_not_mix() {
    let people = ["mixed_one", "mixed_two", "mixed_three"].map(|handle| app().sign_up(handle));
    let callers: Vec<_> = (0..24)
        .map(|number| (Caller::new(), &people[number % people.len()]))
        .collect();
    std::thread::scope(|scope| {
        for (caller, person) in &callers {
            let ask = Ask::page("/")
                .cookie(&person.cookie)
                .header("traceparent", &caller.traceparent());
            scope.spawn(|| assert_eq!(app().send(ask).status, 200));
        }
    });
    for (caller, person) in &callers {
        let trace = app().served_trace(&caller.trace_id);
        let mut names = trace.names();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "GET /",
                "SELECT activities",
                "SELECT sessions",
                "home.activities",
                "server_fn activities::home"
            ]
        );
        let ways = trace.way_to(trace.one("SELECT activities"));
        assert_eq!(
            ways,
            [
                "GET /",
                "server_fn activities::home",
                "home.activities",
                "SELECT activities"
            ]
        );
        assert_eq!(trace.server().text("trace.parent_id"), caller.span_id);
        all_are_by(&trace, person);
    }
}

#[test]
fn an_address_with_parameters_is_named_by_its_pattern() {
    let (_, trace) = traced(Ask::get("/api/activities/@worf?limit=1"));
    says(trace.server(), "name", "GET /api/activities/@{handle}");
    says(trace.server(), "url.path", "/api/activities/@worf");
    let (_, trace) = traced(Ask::page("/nowhere/at/all"));
    says(trace.server(), "name", "GET");
    says(trace.server(), "http.route", Value::Null);
    says(trace.server(), "http.response.status_code", 404);
}

#[test]
fn what_the_caller_did_wrong_is_no_error_of_the_server() {
    let author = app().sign_up("faulty_author");
    let body = json!({ "message": "", "ttl": "never" });
    let (_, trace) = traced(Ask::json("/api/activities", &body).cookie(&author.cookie));
    says(trace.server(), "http.response.status_code", 422);
    says(trace.one("activity.create"), "app.invalid", "message_blank,ttl_blank");
    for (ask, status) in [
        (Ask::json("/api/activities", &body), 401),
        (
            Ask::json("/api/activities", &body).header("origin", "https://evil.example"),
            403,
        ),
        (Ask::get("/api/activities/@nobody_has_this"), 404),
        (Ask::json("/api/activities", &body).body("{"), 400),
    ] {
        let (_, trace) = traced(ask);
        says(trace.server(), "http.response.status_code", status);
        for row in &trace.rows {
            says(row, "error", Value::Null);
            says(row, "status_code", 0);
        }
    }
}

#[test]
fn a_password_is_in_no_span() {
    let secret = "the-very-secret-of-signing-up";
    let fields = [
        ("name", "S"),
        ("email", "s@example.org"),
        ("username", "secretive"),
        ("password", secret),
    ];
    let (_, trace) = traced(Ask::call("/api/users/signup", &fields));
    assert_eq!(
        trace.way_to(trace.one("INSERT users")),
        [
            "POST /api/users/signup",
            "server_fn users::sign_up",
            "user.sign_up",
            "INSERT users"
        ]
    );
    for (column, value) in trace.rows.iter().flat_map(Row::columns) {
        let value = value.to_string();
        assert!(
            !value.contains(secret) && !value.contains("argon2"),
            "{column}: {value}"
        );
        assert!(!value.contains("s@example.org"), "{column}: {value}");
    }
}
