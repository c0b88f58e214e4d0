//! What is rendered, before and without the browser's program; and what the server functions answer.

use crate::site::{Given, Site};
use app::FormFlash;
use app::server_context::HandOver;
use cruddur::FieldError;
use http::{StatusCode, header};
use trace_wire::PageTrace;

/// The part of a page between two texts.
fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    let from = page.find(start).unwrap_or_else(|| panic!("no {start:?} in {page}"));
    let rest = &page[from..];
    &rest[..rest
        .find(end)
        .unwrap_or_else(|| panic!("no {end:?} after {start:?} in {page}"))]
}

/// The page without the hand-over to the browser's program: what is to be seen.
fn seen(page: &str) -> &str {
    between(page, "<body>", "<script")
}

#[tokio::test]
async fn the_home_page_shows_the_feed_newest_first() {
    let site = Site::new().await;
    let worf = site.person("worf").await;
    let first = site.crud(&worf, "I am out of prune juice").await;
    let second = site.crud(&worf, "A <b>warrior</b>\ndrinks & thinks").await;

    let page = site.get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    let feed = between(&page.text, "role=\"feed\"", "class=\"feed-end\"");
    let (first, second) = (
        feed.find(&first).expect("the first"),
        feed.find(&second).expect("the second"),
    );
    assert!(second < first, "newest first");
    assert!(
        feed.contains("A &lt;b&gt;warrior&lt;/b&gt;\ndrinks &amp; thinks"),
        "{feed}"
    );
    assert!(!feed.contains("<b>"), "what people write is text");
    assert!(feed.contains("href=\"/@worf\""));
    assert!(feed.contains("expires in 7 days"));
    assert!(page.text.contains("Join The Party!"));
    assert!(
        !page.text.contains("Expires in</label>"),
        "only those who are signed in can post"
    );
}

#[tokio::test]
async fn an_empty_home_page_says_so() {
    let page = Site::new().await.get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("Nothing here right now"));
    assert!(!page.text.contains("<article"));
}

#[tokio::test]
async fn who_is_signed_in_can_post_and_sign_out() {
    let site = Site::new().await;
    let viewer = Some(site.person("worf").await);
    let page = site
        .get_as(
            "/",
            Given {
                viewer,
                ..Given::default()
            },
        )
        .await;
    let compose = between(
        &page.text,
        "<form action=\"/api/activities\" method=\"post\"",
        "</form>",
    );
    assert!(compose.contains("data-action=\"activity.create\""));
    assert!(compose.contains("What would you like to say?</label>"));
    assert!(
        compose.contains("></textarea>"),
        "an empty draft is empty, or its placeholder is not shown"
    );
    assert!(compose.contains(">Expires in</label>"));
    assert_eq!(compose.matches("<option").count(), 7);
    assert!(compose.contains("value=\"7-days\" selected"), "{compose}");
    assert!(page.text.contains("action=\"/api/users/signout\""));
    assert!(!page.text.contains("Join The Party!"));
}

#[tokio::test]
async fn a_long_feed_has_a_link_to_its_next_page() {
    let site = Site::new().await;
    let worf = site.person("worf").await;
    for number in 1..=25 {
        site.crud(&worf, &format!("crud number {number};")).await;
    }
    for (path, other) in [("/", "Home"), ("/@worf", "Cruds")] {
        let page = site.get(path).await;
        assert_eq!(page.text.matches("<article").count(), 20, "{other}");
        let link = between(&page.text, &format!("{path}?before="), "\"").to_owned();
        let page = site.get(&link).await;
        assert_eq!(page.text.matches("<article").count(), 5);
        assert!(seen(&page.text).contains("crud number 5;"));
        assert!(!seen(&page.text).contains("crud number 6;"), "each crud is on one page");
        assert!(!seen(&page.text).contains("?before="), "nothing follows");
    }
}

#[tokio::test]
async fn a_page_that_starts_nowhere_says_what_is_wrong() {
    let page = Site::new().await.get("/?before=yesterday").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(seen(&page.text).contains("uuid"), "{}", page.text);
}

#[tokio::test]
async fn a_person_has_a_page() {
    let site = Site::new().await;
    let (worf, londo) = (site.person("worf").await, site.person("londo").await);
    site.crud(&worf, "This post has no honor!").await;
    site.crud(&londo, "My shoes are too tight.").await;

    let page = site.get("/@worf").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("The worf"));
    assert!(page.text.contains(">1 Crud<"));
    assert!(seen(&page.text).contains("This post has no honor!"));
    assert!(!page.text.contains("My shoes are too tight."));

    let page = site.get("/@nobody_at_all").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.text.contains("There is no @nobody_at_all on Cruddur"));
}

#[tokio::test]
async fn a_crud_has_a_page_under_its_author() {
    let site = Site::new().await;
    let (worf, _) = (site.person("worf").await, site.person("londo").await);
    let uuid = site.crud(&worf, "This post has no honor!").await;

    let page = site.get(&format!("/@worf/status/{uuid}")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(seen(&page.text).contains("This post has no honor!"));
    assert!(
        seen(&page.text).contains(" UTC</time>"),
        "the whole date is there to be seen"
    );

    for path in [format!("/@londo/status/{uuid}"), "/@worf/status/none".to_owned()] {
        let page = site.get(&path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.text.contains("This crud is gone"), "{path}");
    }
}

#[tokio::test]
async fn a_form_that_comes_back_shows_its_values_and_errors_at_their_fields() {
    let site = Site::new().await;
    let error = |field: &str, message: &str| FieldError {
        field: field.to_owned(),
        code: "x".to_owned(),
        message: message.to_owned(),
    };
    let flash = FormFlash {
        form: "signup".to_owned(),
        values: [
            ("name".to_owned(), "W\"orf".to_owned()),
            ("username".to_owned(), "worf".to_owned()),
        ]
        .into(),
        errors: vec![
            error("username", "This one is taken."),
            error("email", "Type one."),
            error("", "And this."),
        ],
        trace_id: Some("0af7651916cd43dd8448eb211c80319c".to_owned()),
    };
    let page = site
        .get_as(
            "/signup",
            Given {
                flash: Some(flash.clone()),
                ..Given::default()
            },
        )
        .await;
    let form = between(&page.text, "<form action=\"/api/users/signup\"", "</form>");
    assert!(between(form, "id=\"name\"", ">").contains("value=\"W&quot;orf\""));
    assert!(!between(form, "id=\"name\"", ">").contains("aria-invalid"));
    let username = between(form, "id=\"username\"", ">");
    assert!(
        username.contains("value=\"worf\"") && username.contains("aria-invalid=\"true\""),
        "{username}"
    );
    assert!(
        username.contains("aria-describedby=\"username-error username-hint\""),
        "{username}"
    );
    assert!(between(form, "id=\"username-error\"", "</p>").contains("This one is taken."));
    assert!(between(form, "role=\"alert\"", "</p>").contains("And this. 2 fields need another look."));

    assert!(
        !form.contains("0af7651916cd43dd8448eb211c80319c"),
        "the explorer is closed"
    );

    let given = Given {
        flash: Some(flash.clone()),
        explorer: true,
        ..Given::default()
    };
    let page = site.get_as("/signup", given).await;
    assert!(page.text.contains("href=\"/traces/0af7651916cd43dd8448eb211c80319c\""));

    // Another form than the one that came back knows nothing of it.
    let page = site
        .get_as(
            "/signin",
            Given {
                flash: Some(flash),
                ..Given::default()
            },
        )
        .await;
    assert!(!seen(&page.text).contains("aria-invalid=\"true\""));
}

#[tokio::test]
async fn the_demo_is_shown_only_to_those_who_may_use_it() {
    let site = Site::new().await;
    let page = site
        .get_as(
            "/signin",
            Given {
                demo: true,
                ..Given::default()
            },
        )
        .await;
    assert!(page.text.contains("worf@demo.invalid") && page.text.contains("just crud it!"));
    let page = site.get("/signin").await;
    assert!(!page.text.contains("worf@demo.invalid") && !page.text.contains("just crud it!"));
}

#[tokio::test]
async fn signing_up_signing_out_and_signing_in_change_the_session() {
    let site = Site::new().await;
    let form = "name=Worf&email=worf%40example.org&username=worf&password=a+long+enough+password";
    let answer = site.post("/api/users/signup", None, Given::default(), form).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.json()["handle"], "worf");
    let cookie = answer.cookie().expect("a session").to_owned();
    assert_eq!(
        site.session_of(&cookie).await.map(|user| user.handle).as_deref(),
        Some("worf")
    );

    let form = "email=worf%40example.org&password=a+long+enough+password";
    let answer = site
        .post("/api/users/signin", Some(&cookie), Given::default(), form)
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let renewed = answer.cookie().expect("a session").to_owned();
    assert_ne!(renewed, cookie);
    assert_eq!(
        site.session_of(&cookie).await,
        None,
        "signing in ends the session that was there"
    );
    assert!(site.session_of(&renewed).await.is_some());

    let answer = site
        .post("/api/users/signout", Some(&renewed), Given::default(), "")
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.cookie(), Some("cruddur_session="));
    assert_eq!(site.session_of(&renewed).await, None);
}

#[tokio::test]
async fn calls_that_cannot_be_answered_say_why() {
    let site = Site::new().await;
    let answer = site.post("/api/activities", None, Given::default(), "message=hi").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.json()["code"], "sign_in_required");

    let given = Given {
        viewer: Some(site.person("worf").await),
        ..Given::default()
    };
    for form in ["", "message=+&ttl=forever"] {
        let answer = site.post("/api/activities", None, given.clone(), form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form:?}");
        assert_eq!(
            answer.json()["errors"][0]["code"],
            "message_blank",
            "{form:?} {}",
            answer.text
        );
    }
    let answer = site.post("/api/users/signup", None, Given::default(), "").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        answer.json()["errors"].as_array().map(Vec::len),
        Some(4),
        "all at once: {}",
        answer.text
    );
    assert_eq!(answer.cookie(), None);
}

#[tokio::test]
async fn a_broken_database_is_no_business_of_the_client() {
    let site = Site::new().await;
    site.db.close().await;
    let answer = site.get("/api/activities/home").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.json()["code"], "internal");
    for internal in ["sqlx", "SELECT", "pool", "Pool"] {
        assert!(!answer.text.contains(internal), "{}", answer.text);
    }
    let page = site.get("/").await;
    assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(page.text.contains("Something went wrong on our side") && page.text.contains("Try again"));
}

#[tokio::test]
async fn the_feed_as_json_names_the_page_that_follows() {
    let site = Site::new().await;
    let worf = site.person("worf").await;
    let first = site.crud(&worf, "one").await;
    let second = site.crud(&worf, "two").await;

    let answer = site.get("/api/activities/home?limit=1").await;
    assert_eq!(answer.json()[0]["uuid"], second.as_str());
    let link = answer
        .headers
        .get(header::LINK)
        .and_then(|link| link.to_str().ok())
        .map(str::to_owned);
    assert_eq!(
        link,
        Some(format!("</api/activities/home?before={second}&limit=1>; rel=\"next\"")),
    );
    let answer = site.get(&format!("/api/activities/home?before={second}&limit=1")).await;
    assert_eq!(answer.json()[0]["uuid"], first.as_str());
    assert_eq!(answer.headers.get(header::LINK), None, "nothing follows");
    assert_eq!(site.get("/").await.headers.get(header::LINK), None, "a page is no feed");
}

#[tokio::test]
async fn the_head_hands_over_what_the_pages_telemetry_has_to_know() {
    let site = Site::new().await;
    let page = PageTrace {
        trace_id: [0xab; 16],
        document_load: [1; 8],
        document_fetch: [2; 8],
        sampled: true,
    };
    let hand_over = HandOver {
        page: Some(page),
        generation: Some("a \"name\"".to_owned()),
    };
    let given = Given {
        hand_over,
        ..Given::default()
    };
    let told = site.get_as("/", given).await;
    let head = between(&told.text, "<head>", "</head>");
    assert!(
        head.contains(&format!("<meta name=\"page-trace\" content=\"{page}\">")),
        "{head}"
    );
    assert!(
        head.contains("<meta name=\"page-generation\" content=\"a &quot;name&quot;\">"),
        "{head}"
    );

    let untold = site.get("/").await.text;
    assert!(!untold.contains("page-trace") && !untold.contains("page-generation"));
}
