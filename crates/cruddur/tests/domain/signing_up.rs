//! Accounts: what they take, and that two are never the same.

use crate::harness::{House, PASSWORD, codes, sign_up};
use cruddur::user::{self, SignUp};

/// Sets one field of a sign-up.
type Change = fn(&mut SignUp, String);

#[test]
fn fields_that_do_not_hold() {
    let name: Change = |input, value| input.name = Some(value);
    let email: Change = |input, value| input.email = Some(value);
    let username: Change = |input, value| input.username = Some(value);
    let password: Change = |input, value| input.password = Some(value);
    let family = "👨‍👩‍👧‍👦";
    for (change, value, field, code) in [
        (name, String::new(), "name", "name_blank"),
        (name, " \u{200b} ".to_owned(), "name", "name_blank"),
        (name, "x".repeat(51), "name", "name_exceed_max_chars"),
        (name, family.repeat(51), "name", "name_exceed_max_chars"),
        (name, "two\nlines".to_owned(), "name", "name_control_characters"),
        (name, "\u{202e}nimda".to_owned(), "name", "name_control_characters"),
        (email, " ".to_owned(), "email", "email_blank"),
        (email, "worf".to_owned(), "email", "email_invalid"),
        (email, "@example.com".to_owned(), "email", "email_invalid"),
        (email, "worf@".to_owned(), "email", "email_invalid"),
        (email, "worf@localhost".to_owned(), "email", "email_invalid"),
        (email, "worf@example..com".to_owned(), "email", "email_invalid"),
        (email, "worf@-example.com".to_owned(), "email", "email_invalid"),
        (email, "worf@@example.com".to_owned(), "email", "email_invalid"),
        (email, "wo rf@example.com".to_owned(), "email", "email_invalid"),
        (email, "wo\0rf@example.com".to_owned(), "email", "email_invalid"),
        (email, "a@b.c, d@e.f".to_owned(), "email", "email_invalid"),
        (
            email,
            format!("{}@example.com", "x".repeat(65)),
            "email",
            "email_invalid",
        ),
        (email, format!("x@{}.com", "x".repeat(250)), "email", "email_invalid"),
        (username, " ".to_owned(), "username", "handle_blank"),
        (username, "w".to_owned(), "username", "handle_invalid"),
        (username, "w".repeat(31), "username", "handle_invalid"),
        (username, "@worf".to_owned(), "username", "handle_invalid"),
        (username, "mr worf".to_owned(), "username", "handle_invalid"),
        (username, "wörf".to_owned(), "username", "handle_invalid"),
        (username, "Admin".to_owned(), "username", "handle_reserved"),
        (username, "traces".to_owned(), "username", "handle_reserved"),
        (password, String::new(), "password", "password_blank"),
        (password, "x".repeat(9), "password", "password_too_short"),
        (password, "é".repeat(9), "password", "password_too_short"),
        (password, "x".repeat(257), "password", "password_too_long"),
    ] {
        let mut input = sign_up("worf");
        change(&mut input, value.clone());
        let errors = input.check().unwrap_err().0;
        assert_eq!(errors.len(), 1, "{value:?}: {errors:?}");
        assert_eq!(
            (errors[0].field.as_str(), errors[0].code.as_str()),
            (field, code),
            "{value:?}"
        );
        assert!(errors[0].message.ends_with('.'), "{}", errors[0].message);
    }
}

#[test]
fn fields_are_put_in_order() {
    let valid = SignUp {
        name: Some("  👨‍👩‍👧‍👦 The Worfs ".to_owned()),
        email: Some(" Mr.Worf+crud@Bücher.Example.COM\n".to_owned()),
        username: Some(" Mr_Worf_1 ".to_owned()),
        password: Some("  ten blanks are kept  ".to_owned()),
    };
    let valid = valid.check().unwrap();
    assert_eq!(valid.name, "👨‍👩‍👧‍👦 The Worfs");
    assert_eq!(valid.email, "mr.worf+crud@bücher.example.com");
    assert_eq!(valid.handle, "mr_worf_1");
    assert_eq!(valid.password, "  ten blanks are kept  ");
    for (length, password) in [(10, "é".repeat(10)), (256, "x".repeat(256))] {
        let input = SignUp {
            password: Some(password),
            ..sign_up("worf")
        };
        assert_eq!(input.check().unwrap().password.chars().count(), length);
    }
}

#[tokio::test]
async fn an_empty_form_gets_everything_at_once() {
    let house = House::new().await;
    let expected = ["name_blank", "email_blank", "handle_blank", "password_blank"];
    assert_eq!(codes(user::sign_up(&house.db, SignUp::default()).await), expected);
}

#[tokio::test]
async fn an_account_is_made() {
    let house = House::new().await;
    let worf = house.person("Worf").await;
    assert_eq!(
        (worf.handle.as_str(), worf.display_name.as_str()),
        ("worf", "Worf of Cruddur")
    );
    assert_eq!(user::by_handle(&house.db, "WORF").await.unwrap(), worf);
    assert_eq!(user::profile(&house.db, "worf").await.unwrap().cruds_count, 0);
}

#[tokio::test]
async fn what_is_taken_comes_with_all_else_that_is_wrong() {
    let house = House::new().await;
    house.person("worf").await;
    let taken = SignUp {
        name: None,
        email: Some("WORF@example.com".to_owned()),
        username: Some("WORF".to_owned()),
        password: Some("short".to_owned()),
    };
    let expected = ["name_blank", "password_too_short", "email_taken", "handle_taken"];
    assert_eq!(codes(user::sign_up(&house.db, taken).await), expected);
    assert_eq!(
        codes(user::sign_up(&house.db, sign_up("worf")).await),
        ["email_taken", "handle_taken"]
    );
    let other_name = SignUp {
        username: Some("worf2".to_owned()),
        ..sign_up("worf")
    };
    assert_eq!(codes(user::sign_up(&house.db, other_name).await), ["email_taken"]);
    let other_email = SignUp {
        email: Some("worf2@example.com".to_owned()),
        ..sign_up("worf")
    };
    assert_eq!(codes(user::sign_up(&house.db, other_email).await), ["handle_taken"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_want_one_name_at_once_one_gets_it() {
    let house = House::new().await;
    let attempts = (0..6).map(|number| {
        let db = house.db.clone();
        let input = SignUp {
            email: Some(format!("worf{number}@example.com")),
            ..sign_up("worf")
        };
        tokio::spawn(async move { user::sign_up(&db, input).await })
    });
    let mut winners = 0;
    for attempt in attempts.collect::<Vec<_>>() {
        match attempt.await.unwrap() {
            Ok(_) => winners += 1,
            other => assert_eq!(codes(other), ["handle_taken"]),
        }
    }
    assert_eq!(winners, 1);
}

#[test]
fn nothing_that_is_printed_has_the_password() {
    let input = sign_up("worf");
    assert!(!format!("{input:?}").contains(PASSWORD));
    assert!(!format!("{:?}", input.check()).contains(PASSWORD));
    let input = user::SignIn {
        email: Some("worf@example.com".to_owned()),
        password: Some(PASSWORD.to_owned()),
    };
    assert!(!format!("{input:?}").contains(PASSWORD));
    assert!(!format!("{:?}", input.check()).contains(PASSWORD));
}
