//! Signing in.

use crate::harness::{House, PASSWORD, codes, names, recorded};
use cruddur::user::{SignIn, sign_in};
use cruddur::{Error, demo};

fn with(email: &str, password: &str) -> SignIn {
    SignIn {
        email: Some(email.to_owned()),
        password: Some(password.to_owned()),
    }
}

#[tokio::test]
async fn the_right_password_signs_in() {
    let house = House::new().await;
    let worf = house.person("worf").await;
    for email in ["worf@example.com", " WORF@Example.com "] {
        assert_eq!(sign_in(&house.db, with(email, PASSWORD), false).await.unwrap(), worf);
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_look_the_same() {
    let house = House::new().await;
    house.person("worf").await;
    let (wrong, wrong_spans) = recorded(sign_in(&house.db, with("worf@example.com", "tribble trouble 8"), true)).await;
    let (unknown, unknown_spans) = recorded(sign_in(&house.db, with("garek@example.com", PASSWORD), true)).await;
    let (Err(Error::Invalid(wrong)), Err(Error::Invalid(unknown))) = (wrong, unknown) else {
        panic!("nobody signs in");
    };
    assert_eq!(wrong, unknown);
    assert_eq!(wrong.codes().collect::<Vec<_>>(), ["credentials_incorrect"]);
    // The same work, and so the same time.
    assert_eq!(names(&wrong_spans), ["user.sign_in", "SELECT users", "password.verify"]);
    assert_eq!(names(&wrong_spans), names(&unknown_spans));
}

#[tokio::test]
async fn what_is_missing_is_said() {
    let house = House::new().await;
    assert_eq!(
        codes(sign_in(&house.db, SignIn::default(), true).await),
        ["email_blank", "password_blank"]
    );
    assert_eq!(
        codes(sign_in(&house.db, with("worf@example.com", ""), true).await),
        ["password_blank"]
    );
    assert_eq!(codes(sign_in(&house.db, with(" ", "x"), true).await), ["email_blank"]);
}

#[tokio::test]
async fn demo_people_sign_in_only_where_they_may() {
    let house = House::new().await;
    demo::fill(&house.db).await.unwrap();
    let worf = "worf@cruddur.example";
    assert_eq!(
        sign_in(&house.db, with(worf, demo::PASSWORD), true)
            .await
            .unwrap()
            .handle,
        "worf"
    );
    assert_eq!(
        codes(sign_in(&house.db, with(worf, demo::PASSWORD), false).await),
        ["demo_loopback_only"]
    );
    assert_eq!(
        codes(sign_in(&house.db, with(worf, PASSWORD), false).await),
        ["credentials_incorrect"]
    );
}
