//! What the trace says: one tree for each operation, the statements in it, and no secrets.

use crate::harness::{House, PASSWORD, attribute, codes, names, new, recorded, sign_up, text};
use cruddur::activity::{self, Page};
use cruddur::user::{self, SignIn, User};
use cruddur::{Error, session};
use opentelemetry::Value;
use opentelemetry::trace::{SpanId, SpanKind, Status};
use opentelemetry_sdk::trace::SpanData;

fn id(span: &SpanData) -> SpanId {
    span.span_context.span_id()
}

#[tokio::test]
async fn posting_is_one_operation_with_one_statement() {
    let house = House::new().await;
    let worf = house.person("worf").await;
    let work = activity::create(&house.db, &worf, new("Prune juice is a warrior's drink", None));
    let (crud, spans) = recorded(work).await;
    let crud = crud.unwrap();

    assert_eq!(names(&spans), ["activity.create", "INSERT activities"]);
    let (create, insert) = (&spans[0], &spans[1]);
    assert_eq!(
        (&create.span_kind, &insert.span_kind),
        (&SpanKind::Internal, &SpanKind::Client)
    );
    assert_eq!(insert.parent_span_id, id(create));
    assert_eq!(create.instrumentation_scope.name(), "cruddur");
    assert_eq!(insert.instrumentation_scope.name(), "cruddur.db");
    assert!(create.start_time <= insert.start_time && insert.end_time <= create.end_time);
    assert_eq!(text(create, "user.id"), Some(worf.uuid.clone()));
    assert_eq!(text(create, "user.name"), Some("worf".to_owned()));
    for (key, value) in [
        ("db.system.name", "sqlite"),
        ("db.namespace", "cruddur.db"),
        ("db.operation.name", "INSERT"),
        ("db.collection.name", "activities"),
        ("db.query.summary", "INSERT activities"),
        (
            "db.query.text",
            "INSERT INTO activities (uuid, user_uuid, message, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        ),
    ] {
        assert_eq!(text(insert, key).as_deref(), Some(value), "{key}");
    }
    assert_eq!(attribute(insert, "db.response.returned_rows"), None);
    for span in &spans {
        assert_eq!(span.status, Status::Unset);
        assert_eq!(attribute(span, "span.aborted"), None);
        let printed = format!("{:?}", span.attributes);
        assert!(
            !printed.contains("warrior") && !printed.contains(&crud.uuid),
            "{printed}"
        );
    }
}

#[tokio::test]
async fn the_feed_says_when_and_how_many() {
    let house = House::new().await;
    let worf = house.person("worf").await;
    house.crud(&worf, "one", "7-days").await;
    house.crud(&worf, "two", "7-days").await;
    let (_, spans) = recorded(activity::home(&house.db, Some(&worf), Page::default())).await;
    assert_eq!(names(&spans), ["home.activities", "SELECT activities"]);
    let (feed, select) = (&spans[0], &spans[1]);
    assert_eq!(feed.instrumentation_scope.name(), "home.activities");
    assert_eq!(text(feed, "app.now").as_deref(), Some("2026-11-24T02:20:00.002000Z"));
    assert_eq!(attribute(feed, "app.result_length"), Some(Value::I64(2)));
    assert_eq!(text(feed, "user.name").as_deref(), Some("worf"));
    assert_eq!(attribute(select, "db.response.returned_rows"), Some(Value::I64(2)));

    let (_, spans) = recorded(activity::home(&house.db, None, Page::default())).await;
    assert_eq!(attribute(&spans[0], "user.id"), None);
    let (_, spans) = recorded(activity::by_user(&house.db, "worf", Page::default())).await;
    assert_eq!(names(&spans), ["user.activities", "SELECT users", "SELECT activities"]);
}

#[tokio::test]
async fn signing_up_is_seen_step_by_step_and_without_what_was_typed() {
    let house = House::new().await;
    let (worf, mut spans) = recorded(user::sign_up(&house.db, sign_up("worf"))).await;
    let worf: User = worf.unwrap();
    let steps = [
        "user.sign_up",
        "SELECT users",
        "password.hash",
        "SELECT users",
        "INSERT users",
        "COMMIT",
    ];
    assert_eq!(names(&spans), steps);
    assert!(spans[1..].iter().all(|span| span.parent_span_id == id(&spans[0])));
    assert_eq!(text(&spans[0], "user.id"), Some(worf.uuid.clone()));
    assert_eq!(attribute(&spans[5], "db.collection.name"), None);

    let input = SignIn {
        email: Some("worf@example.com".to_owned()),
        password: Some(PASSWORD.to_owned()),
    };
    let work = async {
        user::sign_in(&house.db, input, false).await.unwrap();
        let token = session::create(&house.db, &worf).await.unwrap();
        session::user_of(&house.db, &token).await.unwrap();
        session::end(&house.db, &token).await.unwrap();
        token
    };
    let (token, more) = recorded(work).await;
    let steps = ["user.sign_in", "SELECT users", "password.verify"];
    assert_eq!(names(&more)[..3], steps);
    assert_eq!(
        names(&more)[3..],
        ["INSERT sessions", "SELECT sessions", "DELETE sessions"]
    );
    assert_eq!(text(&more[0], "user.name").as_deref(), Some("worf"));

    spans.extend(more);
    for span in &spans {
        let printed = format!("{span:?}");
        for secret in [PASSWORD, "example.com", "argon2id", &token] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }
}

#[tokio::test]
async fn bad_input_is_on_the_span_and_no_error_of_it() {
    let house = House::new().await;
    let worf = house.person("worf").await;
    let (result, spans) = recorded(activity::create(&house.db, &worf, new(" ", Some("never")))).await;
    assert_eq!(codes(result), ["message_blank", "ttl_blank"]);
    assert_eq!(names(&spans), ["activity.create"]);
    assert_eq!(
        text(&spans[0], "app.invalid").as_deref(),
        Some("message_blank,ttl_blank")
    );
    assert_eq!(spans[0].status, Status::Unset);
    assert_eq!(attribute(&spans[0], "error.type"), None);

    let (_, spans) = recorded(user::by_handle(&house.db, "nobody")).await;
    assert_eq!(names(&spans), ["user.show", "SELECT users"]);
    assert!(spans.iter().all(|span| span.status == Status::Unset));
}

#[tokio::test]
async fn a_statement_that_fails_is_an_error_of_both() {
    let house = House::new().await;
    let ghost = User {
        uuid: "0193a000-0000-7000-8000-000000000000".to_owned(),
        handle: "ghost".to_owned(),
        display_name: "Ghost".to_owned(),
    };
    let (result, spans) = recorded(activity::create(&house.db, &ghost, new("boo", None))).await;
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Database(_)), "{error:?}");
    assert_eq!(
        error.to_string(),
        "Something went wrong on our side. Try again in a moment."
    );
    assert_eq!(names(&spans), ["activity.create", "INSERT activities"]);
    for span in &spans {
        // SQLITE_CONSTRAINT_FOREIGNKEY
        assert_eq!(text(span, "error.type").as_deref(), Some("787"));
        assert!(matches!(span.status, Status::Error { .. }), "{:?}", span.status);
    }
    assert_eq!(text(&spans[1], "db.response.status_code").as_deref(), Some("787"));
}

#[tokio::test]
async fn work_that_is_given_up_ends_its_spans() {
    let house = House::new().await;
    let worf = house.person("worf").await;
    let given_up = async {
        tokio::select! {
            biased;
            result = activity::create(&house.db, &worf, new("never mind", None)) => panic!("{result:?}"),
            () = async {} => {}
        }
    };
    let ((), spans) = recorded(given_up).await;
    assert_eq!(names(&spans), ["activity.create", "INSERT activities"]);
    for span in &spans {
        assert_eq!(attribute(span, "span.aborted"), Some(Value::Bool(true)));
    }
    // And the database goes on.
    house.crud(&worf, "after all", "1-day").await;
}
