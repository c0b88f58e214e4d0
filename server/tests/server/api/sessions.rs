//! The session behind the cookie: renewed by signing in, ended by signing out and by time, and by nobody else's doing.

use super::users::{SIGN_IN, sign_in};
use crate::support::app::app;
use crate::support::message::Ask;
use crate::support::site::{PASSWORD, Site, email};
use serde_json::json;

const SIGN_OUT: &str = "/api/users/signout";

#[test]
fn signing_in_renews_the_session() {
    let person = app().sign_up("renewed_user");
    let answer = app().send(sign_in("renewed_user").cookie(&person.cookie));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let renewed = answer.cookie("cruddur_session");
    assert_ne!(renewed, person.cookie);
    assert_eq!(app().viewer(&renewed).as_deref(), Some("renewed_user"));
    assert_eq!(app().viewer(&person.cookie), None, "the one before it is over");
}

#[test]
fn two_browsers_have_two_sessions() {
    let person = app().sign_up("double_user");
    let fields = [("email", email("double_user")), ("password", PASSWORD.to_owned())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answer = app().send(Ask::call(SIGN_IN, &fields));
    assert_eq!((answer.status, &answer.json()["uuid"]), (200, &json!(person.uuid)));
    let other = answer.cookie("cruddur_session");
    app().send(Ask::call(SIGN_OUT, &[]).cookie(&other));
    assert_eq!(app().viewer(&other), None);
    assert_eq!(app().viewer(&person.cookie).as_deref(), Some("double_user"));
}

#[test]
fn a_cookie_that_the_server_did_not_sign_is_ignored() {
    let person = app().sign_up("forged_user");
    let (name, value) = person.cookie.split_once('=').unwrap();
    let last = if value.ends_with('0') { "1" } else { "0" };
    let token = &value[value.len() - 64..];
    for forged in [
        format!("{name}={}{last}", &value[..value.len() - 1]),
        format!("{name}={token}"),
        format!("{name}={}", "0".repeat(108)),
        format!("{name}="),
        format!("{name}=%00%ff"),
    ] {
        assert_eq!(app().viewer(&forged), None, "{forged}");
        let posted = app().send(Ask::json("/api/activities", &json!({ "message": "x" })).cookie(&forged));
        assert_eq!(posted.status, 401, "{forged}");
    }
    assert_eq!(app().viewer(&person.cookie).as_deref(), Some("forged_user"));
}

#[test]
fn a_session_is_over_after_thirty_days() {
    let person = app().sign_up("old_user");
    let held = app().session_since(29, &person);
    assert_eq!(app().viewer(&held).as_deref(), Some("old_user"));
    let over = app().session_since(31, &person);
    assert_eq!(app().viewer(&over), None);
}

#[test]
fn other_apps_cookies_on_this_host_do_not_matter() {
    let person = app().sign_up("crowded_user");
    let crowded = format!("name=Žofie; broken; =; {}; theme=dark", person.cookie);
    assert_eq!(app().viewer(&crowded).as_deref(), Some("crowded_user"));
    let answer = app().send(Ask::form(SIGN_IN, &[("email", "wrong")]));
    let crowded = format!("name=Žofie; {}", answer.cookie("cruddur_flash"));
    let page = app().send(Ask::page("/signin").cookie(&crowded));
    assert!(page.text().contains("Type your password."));
}

#[test]
fn signing_out_ends_the_session_on_the_server() {
    for (handle, ask) in [
        ("out_json", Ask::json(SIGN_OUT, &json!({}))),
        ("out_call", Ask::call(SIGN_OUT, &[])),
        ("out_form", Ask::form(SIGN_OUT, &[])),
    ] {
        let person = app().sign_up(handle);
        let is_form = handle == "out_form";
        let answer = app().send(ask.cookie(&person.cookie));
        assert_eq!(
            answer.status,
            if is_form { 303 } else { 200 },
            "{handle}: {}",
            answer.text()
        );
        let set = answer.set_cookie("cruddur_session").unwrap();
        assert!(
            set.starts_with("cruddur_session=;") && set.contains("Max-Age=0"),
            "{set}"
        );
        assert_eq!(
            app().viewer(&person.cookie),
            None,
            "{handle}: who kept the cookie has nothing"
        );
    }
    assert_eq!(
        app().send(Ask::call(SIGN_OUT, &[])).status,
        200,
        "nobody can sign out, too"
    );
}
