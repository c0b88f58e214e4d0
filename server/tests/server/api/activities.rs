//! `POST /api/activities` in all three ways, and `GET /api/activities/show`.

use crate::support::app::app;
use crate::support::message::{Answer, Ask, between};
use crate::support::site::{Person, Site};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

const PATH: &str = "/api/activities";

fn post(author: &Person, body: &Value) -> Answer {
    app().send(Ask::json(PATH, body).cookie(&author.cookie))
}

fn time(value: &Value) -> OffsetDateTime {
    OffsetDateTime::parse(value.as_str().unwrap(), &Rfc3339).unwrap()
}

#[test]
fn json_makes_a_crud_and_answers_with_it() {
    let author = app().sign_up("json_author");
    let answer = post(&author, &json!({ "message": "  Hello,\r\nworld  ", "ttl": "3-hours" }));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let crud = answer.json();
    let keys: Vec<_> = crud.as_object().unwrap().keys().map(String::as_str).collect();
    let mut known = [
        "uuid",
        "display_name",
        "handle",
        "message",
        "replies_count",
        "reposts_count",
        "likes_count",
        "created_at",
        "expires_at",
    ];
    known.sort_unstable();
    let mut keys = keys;
    keys.sort_unstable();
    assert_eq!(keys, known);
    assert_eq!(crud["handle"], "json_author");
    assert_eq!(crud["display_name"], "The json_author");
    assert_eq!(crud["message"], "Hello,\nworld");
    assert_eq!(crud["likes_count"], 0);

    let id = crud["uuid"].as_str().unwrap();
    for path in [
        format!("/api/activities/show?handle=json_author&id={id}"),
        format!("/api/activities/@json_author/status/{id}"),
    ] {
        let shown = app().send(Ask::get(&path));
        assert_eq!((shown.status, shown.json()), (200, crud.clone()), "{path}");
    }
}

#[test]
fn every_time_to_live_is_what_it_says() {
    let author = app().sign_up("ttl_author");
    for (ttl, lives) in [
        (Some("30-days"), Duration::days(30)),
        (Some("7-days"), Duration::days(7)),
        (None, Duration::days(7)),
        (Some("3-days"), Duration::days(3)),
        (Some("1-day"), Duration::days(1)),
        (Some("12-hours"), Duration::hours(12)),
        (Some("3-hours"), Duration::hours(3)),
        (Some("1-hour"), Duration::hours(1)),
    ] {
        let crud = post(&author, &json!({ "message": "tick", "ttl": ttl })).json();
        assert_eq!(time(&crud["expires_at"]) - time(&crud["created_at"]), lives, "{ttl:?}");
    }
}

#[test]
fn who_is_not_signed_in_is_told_so() {
    for ask in [
        Ask::json(PATH, &json!({ "message": "hi" })),
        Ask::call(PATH, &[("message", "hi")]),
        Ask::call(PATH, &[]),
    ] {
        let answer = app().send(ask);
        assert_eq!(answer.status, 401);
        assert_eq!(answer.json()["code"], "sign_in_required");
        assert_eq!(answer.json()["message"], "You need to sign in to do this.");
    }
    let answer = app().send(Ask::form(PATH, &[("message", "hi")]));
    assert_eq!((answer.status, answer.header("location")), (303, "/signin"));
}

#[test]
fn all_that_is_wrong_comes_at_once() {
    let author = app().sign_up("wrong_author");
    let wrong = [("message", " \n "), ("ttl", "2-days")];
    let json = json!({ "message": wrong[0].1, "ttl": wrong[1].1 });
    for ask in [Ask::json(PATH, &json), Ask::call(PATH, &wrong)] {
        let answer = app().send(ask.cookie(&author.cookie));
        assert_eq!(answer.status, 422);
        assert_eq!(answer.json()["code"], "invalid");
        assert_eq!(answer.problems(), ["message:message_blank", "ttl:ttl_blank"]);
    }
    assert_eq!(post(&author, &json!({})).problems(), ["message:message_blank"]);
    assert_eq!(
        post(&author, &json!({ "message": null, "ttl": null })).problems(),
        ["message:message_blank"]
    );
}

#[test]
fn a_message_has_280_characters_as_people_count_them() {
    let author = app().sign_up("long_author");
    let family = "👩‍👩‍👧‍👦";
    let answer = post(&author, &json!({ "message": family.repeat(280) }));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["message"], family.repeat(280));
    let answer = post(&author, &json!({ "message": family.repeat(281) }));
    assert_eq!(answer.status, 422);
    assert_eq!(answer.problems(), ["message:message_exceed_max_chars"]);
    let words = answer.json()["errors"][0]["message"].as_str().unwrap().to_owned();
    assert!(words.contains("this one has 281. Take 1 away"), "{words}");
}

#[test]
fn what_cannot_be_read_is_refused_before_anything_else() {
    let author = app().sign_up("unread_author");
    for body in ["", "{", "[]", "\"hi\"", "{\"message\": 7}", "{\"message\": [\"hi\"]}"] {
        let ask = Ask::json(PATH, &Value::Null).body(body).cookie(&author.cookie);
        let answer = app().send(ask);
        assert_eq!(answer.status, 400, "{body:?}: {}", answer.text());
        assert_eq!(answer.problems(), [":input_unreadable"], "{body:?}");
    }
    // Forms that no form of ours sends.
    for body in [
        &b"message=hi&message=ho"[..],
        b"message=\xff\xfe",
        b"ttl[a]=1-day&message=hi",
    ] {
        let ask = Ask::call(PATH, &[]).body(body).cookie(&author.cookie);
        let answer = app().send(ask);
        let text = String::from_utf8_lossy(body);
        assert!(
            matches!(answer.status, 400 | 422),
            "{text}: {} {}",
            answer.status,
            answer.text()
        );
        assert_eq!(answer.json()["code"], "invalid", "{text}");
    }
    let posted = app().send(Ask::get("/api/activities/user?handle=unread_author"));
    assert_eq!(posted.json()["activities"], json!([]), "nothing came of any of these");
}

#[test]
fn a_body_of_more_than_64_kib_is_too_large() {
    let author = app().sign_up("large_author");
    let of_bytes = |bytes: usize| format!("{{\"message\": \"{}\"}}", "x".repeat(bytes - 15));
    for (bytes, status) in [(64 * 1024, 422), (64 * 1024 + 1, 413)] {
        let body = of_bytes(bytes);
        assert_eq!(body.len(), bytes);
        let answer = app().send(Ask::json(PATH, &Value::Null).body(body).cookie(&author.cookie));
        assert_eq!(answer.status, status);
        assert!(
            answer
                .text()
                .contains(if status == 413 { "64 KiB" } else { "at most 280" })
        );
    }
}

#[test]
fn the_pages_own_program_gets_the_crud() {
    let author = app().sign_up("wasm_author");
    let ask = Ask::call(PATH, &[("message", "from the browser & back"), ("ttl", "1-day")]);
    let answer = app().send(ask.cookie(&author.cookie));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.json()["message"], "from the browser & back");
}

#[test]
fn a_form_goes_on_to_the_feed() {
    let author = app().sign_up("form_author");
    let ask = Ask::form(PATH, &[("message", "no JavaScript needed"), ("ttl", "7-days")]);
    let answer = app().send(ask.cookie(&author.cookie));
    assert_eq!((answer.status, answer.header("location")), (303, "/"));
    let page = app().send(Ask::page("/@form_author")).text();
    assert!(page.contains("no JavaScript needed"));
}

#[test]
fn a_form_comes_back_with_its_values_once() {
    let author = app().sign_up("back_author");
    let long = format!("{}</textarea><b>&amp; end", "so ".repeat(100));
    let ask = Ask::form(PATH, &[("message", &long), ("ttl", "3-hours")]);
    let answer = app().send(ask.cookie(&author.cookie));
    assert_eq!((answer.status, answer.header("location")), (303, "/"));
    let set = answer.set_cookie("cruddur_flash").expect("a way to find the form");
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
    assert!(!set.contains("so"), "what was typed stays on the server: {set}");
    let flash = answer.cookie("cruddur_flash");

    let page = |flash: &str| app().send(Ask::page("/").cookie(&author.cookie).cookie(flash));
    let first = page(&flash);
    assert!(first.set_cookie("cruddur_flash").unwrap().contains("Max-Age=0"));
    let text = first.text();
    let form = between(&text, "<form action=\"/api/activities\"", "</form>");
    assert!(
        form.contains(&format!("{}&lt;/textarea>&lt;b>&amp;amp; end", "so ".repeat(100))),
        "{form}"
    );
    assert!(
        between(form, "<option value=\"3-hours\"", ">").contains("selected"),
        "{form}"
    );
    assert!(
        between(form, "id=\"message-error\"", "</p>").contains("Take 43 away"),
        "{form}"
    );

    let text = page(&flash).text();
    let form = between(&text, "<form action=\"/api/activities\"", "</form>");
    assert!(!form.contains("so so") && !form.contains("Take 43 away"), "once only");
}

#[test]
fn there_is_nothing_to_get_at_the_address_that_posts() {
    assert_eq!(app().send(Ask::get(PATH)).status, 405);
}
