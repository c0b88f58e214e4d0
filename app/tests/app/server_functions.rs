//! Every registered server function has a literal address and goes through the traced client.

use app::api::{activities, users};
use browser_telemetry::TracedClient;
use leptos::server_fn::ServerFn;
use leptos::server_fn::axum::server_fn_paths;
use std::collections::BTreeSet;

/// The address of a server function; does not compile for one that another client sends.
fn traced<S: ServerFn<Client = TracedClient>>() -> String {
    S::PATH.to_owned()
}

#[test]
fn all_are_traced_and_have_literal_addresses() {
    let known: BTreeSet<String> = [
        traced::<activities::Home>(),
        traced::<activities::User>(),
        traced::<activities::Show>(),
        traced::<activities::Create>(),
        traced::<users::SignUp>(),
        traced::<users::SignIn>(),
        traced::<users::SignOut>(),
        traced::<users::Current>(),
    ]
    .into();
    let registered: BTreeSet<String> = server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    assert_eq!(
        registered, known,
        "a server function is missing from this list, or is not registered"
    );

    let expected = [
        "/api/activities",
        "/api/activities/home",
        "/api/activities/show",
        "/api/activities/user",
        "/api/users/current",
        "/api/users/signin",
        "/api/users/signout",
        "/api/users/signup",
    ];
    assert_eq!(registered.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}
