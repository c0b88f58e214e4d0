//! No other site makes a browser change anything here.

use crate::support::app::app;
use crate::support::message::{Answer, Ask};
use crate::support::site::Site;

fn refused(answer: &Answer) {
    assert_eq!(answer.status, 403, "{}", answer.text());
    let error = answer.json();
    assert_eq!(error["code"], "refused");
    assert!(
        error["message"].as_str().unwrap().contains("made by another site"),
        "{error}"
    );
    assert_eq!(answer.set_cookie("cruddur_session"), None);
    assert_eq!(answer.set_cookie("cruddur_flash"), None);
}

#[test]
fn every_address_that_changes_something_refuses_other_sites() {
    let victim = app().sign_up("victim");
    let fields = [
        ("message", "I was made to say this"),
        ("name", "X"),
        ("email", "x@example.org"),
        ("username", "victim_x"),
        ("password", "a password long enough"),
    ];
    for path in [
        "/api/activities",
        "/api/users/signup",
        "/api/users/signin",
        "/api/users/signout",
    ] {
        for ask in [Ask::form(path, &fields), Ask::call(path, &fields)] {
            let ask = ask.cookie(&victim.cookie);
            refused(&app().send(ask.clone().header("origin", "https://evil.example")));
            refused(&app().send(ask.clone().header("origin", "http://localhost:4000")));
            refused(&app().send(ask.clone().header("origin", "null")));
            for site in ["cross-site", "same-site"] {
                refused(&app().send(ask.clone().header("sec-fetch-site", site)));
                refused(&app().send(ask.clone().without("origin").header("sec-fetch-site", site)));
            }
        }
    }
    assert_eq!(
        app().viewer(&victim.cookie).as_deref(),
        Some("victim"),
        "still signed in"
    );
    let page = app().send(Ask::get("/api/activities/@victim")).json();
    assert_eq!(page["profile"]["cruds_count"], 0);
    assert_eq!(app().send(Ask::get("/api/activities/@victim_x")).status, 404);
}

#[test]
fn our_own_pages_and_programs_that_are_no_browser_are_not_refused() {
    let person = app().sign_up("same_site_person");
    let ask = Ask::call("/api/activities", &[("message", "mine")]).cookie(&person.cookie);
    for ask in [
        ask.clone(),
        ask.clone().without("origin"),
        ask.clone().header("sec-fetch-site", "same-origin"),
        ask.without("origin").header("sec-fetch-site", "none"),
    ] {
        assert_eq!(app().send(ask).status, 200);
    }
}

#[test]
fn a_link_from_another_site_opens_a_page() {
    for path in ["/", "/@worf", "/api/activities/home"] {
        let ask = Ask::page(path).header("sec-fetch-site", "cross-site");
        assert_eq!(app().send(ask).status, 200, "{path}");
    }
}
