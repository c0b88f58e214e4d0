//! `/api/users`: signing up and in, in all three ways, and who is signed in.

use crate::support::app::app;
use crate::support::message::{Answer, Ask, between};
use crate::support::site::{PASSWORD, Site, email};
use serde_json::{Value, json};

const SIGN_UP: &str = "/api/users/signup";
pub(super) const SIGN_IN: &str = "/api/users/signin";

pub(super) fn sign_in(handle: &str) -> Ask {
    Ask::json(SIGN_IN, &json!({ "email": email(handle), "password": PASSWORD }))
}

fn attributes(set_cookie: &str) -> Vec<&str> {
    let mut attributes: Vec<_> = set_cookie.split("; ").skip(1).collect();
    attributes.sort_unstable();
    attributes
}

#[test]
fn signing_up_signs_in() {
    let fields =
        json!({ "name": "Jadzia", "email": "Jadzia@Example.org", "username": "Jadzia_1", "password": PASSWORD });
    let answer = app().send(Ask::json(SIGN_UP, &fields));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let user = answer.json();
    assert_eq!(
        (&user["handle"], &user["display_name"]),
        (&json!("jadzia_1"), &json!("Jadzia"))
    );
    assert_eq!(user.as_object().unwrap().len(), 3, "no address and no password: {user}");

    let set = answer.set_cookie("cruddur_session").expect("a session");
    assert_eq!(
        attributes(&set),
        ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Lax"]
    );
    let current = app().send(Ask::get("/api/users/current").cookie(&answer.cookie("cruddur_session")));
    assert_eq!(current.json(), user);
    assert_eq!(app().send(Ask::get("/api/users/current")).json(), Value::Null);
}

#[test]
fn behind_a_proxy_that_ends_tls_the_cookie_is_bound_to_https() {
    app().sign_up("secure_user");
    let answer = app().send(sign_in("secure_user").header("x-forwarded-proto", "https"));
    let set = answer.set_cookie("cruddur_session").unwrap();
    assert!(attributes(&set).contains(&"Secure"), "{set}");
}

#[test]
fn all_that_is_wrong_with_a_sign_up_comes_at_once() {
    let empty = [
        "name:name_blank",
        "email:email_blank",
        "username:handle_blank",
        "password:password_blank",
    ];
    for ask in [Ask::json(SIGN_UP, &json!({})), Ask::call(SIGN_UP, &[])] {
        let answer = app().send(ask);
        assert_eq!(
            (answer.status, answer.problems()),
            (422, empty.map(str::to_owned).to_vec())
        );
        assert_eq!(answer.set_cookie("cruddur_session"), None);
    }
    app().sign_up("taken_user");
    let fields = json!({ "name": " ", "email": email("TAKEN_user"), "username": "Taken_User", "password": "short" });
    let answer = app().send(Ask::json(SIGN_UP, &fields));
    assert_eq!(answer.status, 422);
    let mut problems = answer.problems();
    problems.sort();
    assert_eq!(
        problems,
        [
            "email:email_taken",
            "name:name_blank",
            "password:password_too_short",
            "username:handle_taken"
        ]
    );
}

#[test]
fn of_many_who_want_a_username_at_the_same_time_one_gets_it() {
    let sign_up = |number: usize| {
        let fields = json!({
            "name": "Weyoun", "email": format!("weyoun.{number}@example.org"), "username": "weyoun", "password": PASSWORD,
        });
        app().send(Ask::json(SIGN_UP, &fields))
    };
    let answers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (4..9).map(|number| scope.spawn(move || sign_up(number))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((made.len(), refused.len()), (1, 4));
    for answer in refused {
        assert_eq!(
            (answer.status, answer.problems()),
            (422, vec!["username:handle_taken".to_owned()])
        );
    }
}

#[test]
fn a_wrong_password_and_an_unknown_address_are_answered_alike() {
    app().sign_up("guessed_user");
    let answers = ["guessed_user", "never_seen"].map(|handle| {
        let fields = json!({ "email": email(handle), "password": "not the right one" });
        app().send(Ask::json(SIGN_IN, &fields))
    });
    for answer in &answers {
        assert_eq!(
            (answer.status, answer.problems()),
            (422, vec![":credentials_incorrect".to_owned()])
        );
        assert_eq!(answer.set_cookie("cruddur_session"), None);
    }
    assert_eq!(answers[0].json(), answers[1].json());
    let nothing = app().send(Ask::json(SIGN_IN, &json!({})));
    assert_eq!(nothing.problems(), ["email:email_blank", "password:password_blank"]);
}

#[test]
fn forms_sign_up_and_in_without_javascript() {
    let fields = [
        ("name", "Leeta"),
        ("email", "leeta@example.org"),
        ("username", "leeta_form"),
        ("password", PASSWORD),
    ];
    let up = app().send(Ask::form(SIGN_UP, &fields));
    assert_eq!((up.status, up.header("location")), (303, "/"));
    assert_eq!(
        app().viewer(&up.cookie("cruddur_session")).as_deref(),
        Some("leeta_form")
    );
    let page = app().send(Ask::page("/").cookie(&up.cookie("cruddur_session"))).text();
    assert!(page.contains("leeta_form") && page.contains("Sign Out"));

    let fields = [("email", "leeta@example.org"), ("password", PASSWORD)];
    let inside = app().send(Ask::form(SIGN_IN, &fields));
    assert_eq!((inside.status, inside.header("location")), (303, "/"));
    assert_eq!(
        app().viewer(&inside.cookie("cruddur_session")).as_deref(),
        Some("leeta_form")
    );
}

/// The page that a form without JavaScript comes back on.
fn come_back(answer: &Answer, path: &str) -> String {
    assert_eq!((answer.status, answer.header("location")), (303, path));
    assert_eq!(answer.set_cookie("cruddur_session"), None);
    app()
        .send(Ask::page(path).cookie(&answer.cookie("cruddur_flash")))
        .text()
}

#[test]
fn a_form_comes_back_with_values_and_errors_but_never_the_password() {
    let secret = "pa55w0rd-that-nobody-may-see";
    let fields = [
        ("name", "Nog \"the\" <Ferengi>"),
        ("email", "no address"),
        ("username", "n"),
        ("password", secret),
    ];
    let answer = app().send(Ask::form(SIGN_UP, &fields));
    let page = come_back(&answer, "/signup");
    let form = between(&page, "<form action=\"/api/users/signup\"", "</form>");
    assert!(form.contains("value=\"Nog &quot;the&quot; &lt;Ferengi&gt;\""), "{form}");
    assert!(
        form.contains("value=\"no address\"") && form.contains("value=\"n\""),
        "{form}"
    );
    assert!(between(form, "id=\"email-error\"", "</p>").contains("does not look like an e-mail address"));
    assert!(between(form, "id=\"username-error\"", "</p>").contains("2 to 30 characters"));
    assert!(form.contains("2 fields need another look."));
    assert!(!page.contains(secret));

    let again = app()
        .send(Ask::page("/signup").cookie(&answer.cookie("cruddur_flash")))
        .text();
    assert!(!again.contains("no address"), "once only");

    let fields = [("email", "nog@example.org"), ("password", secret)];
    let page = come_back(&app().send(Ask::form(SIGN_IN, &fields)), "/signin");
    let form = between(&page, "<form action=\"/api/users/signin\"", "</form>");
    assert!(form.contains("value=\"nog@example.org\""), "{form}");
    assert!(between(form, "role=\"alert\"", "</div>").contains("No account has this e-mail address and password."));
    assert!(!page.contains(secret));
}

#[test]
fn what_cannot_be_read_is_refused() {
    for path in [SIGN_UP, SIGN_IN] {
        let answer = app().send(Ask::json(path, &Value::Null).body("{\"email\": 1}"));
        assert_eq!(
            (answer.status, answer.problems()),
            (400, vec![":input_unreadable".to_owned()])
        );
        let answer = app().send(Ask::json(path, &Value::Null).body(vec![b' '; 64 * 1024 + 1]));
        assert_eq!(answer.status, 413);
        assert_eq!(app().send(Ask::get(path)).status, 405);
    }
}
