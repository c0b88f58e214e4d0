//! The ways through the app: a column at the left, a bar at the bottom of small screens.

use crate::api::users::SignOut;
use crate::components::{
    avatar::Avatar,
    icons::{Draw, Icon, Logo},
    trace_links::TraceOfError,
};
use crate::{ApiError, browser, page_start, routes};
use cruddur::user::User;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::components::A;

/// Home, one's own page, the traces where they are open to this person, and the way out.
#[component]
pub(crate) fn Navigation() -> impl IntoView {
    let viewer = page_start::viewer();
    view! {
        <nav class="navigation" aria-label="Main">
            <A href=routes::HOME attr:class="brand" attr:data-action="home.open">
                <Logo />
                <span>"Cruddur"</span>
            </A>
            <ul>
                <li>
                    <A href=routes::HOME exact=true attr:class="nav-link" attr:data-action="home.open">
                        <Draw icon=Icon::Home />
                        <span>"Home"</span>
                    </A>
                </li>
                {viewer
                    .as_ref()
                    .map(|user| {
                        view! {
                            <li>
                                <A href=routes::profile(&user.handle) exact=true attr:class="nav-link" attr:data-action="profile.open">
                                    <Draw icon=Icon::Person />
                                    <span>"Profile"</span>
                                </A>
                            </li>
                        }
                    })}
                {page_start::explorer_is_open()
                    .then(|| {
                        view! {
                            <li>
                                <a class="nav-link" href=routes::TRACES rel="external" data-action="traces.open">
                                    <Draw icon=Icon::Traces />
                                    <span>"Traces"</span>
                                </a>
                            </li>
                        }
                    })}
                {viewer.is_some().then(SignOutItem)}
            </ul>
            {viewer.map(|user| view! { <Me user /> })}
        </nav>
    }
    .into_any()
}

/// Signing out is a form: it changes something, and works without JavaScript.
#[component]
fn SignOutItem() -> impl IntoView {
    let action = ServerAction::<SignOut>::new();
    Effect::new(move |_| {
        if matches!(*action.value().read(), Some(Ok(()))) {
            browser::go_to(routes::HOME);
        }
    });
    let failed = move || {
        action
            .value()
            .with(|value| value.as_ref().and_then(|value| value.as_ref().err().cloned()))
    };
    let words = move || {
        failed().map(|error| match error {
            ApiError::Unreachable => "You are still signed in: we could not reach the server. Try again.",
            _ => "You are still signed in: something went wrong on our side. Try again.",
        })
    };
    view! {
        <li>
            <ActionForm action attr:class="nav-form" attr:data-action="user.sign_out" on:submit:capture=browser::flush>
                <button
                    type="submit"
                    class="nav-link"
                    data-action="user.sign_out"
                    disabled=move || action.pending().get()
                >
                    <Draw icon=Icon::SignOut />
                    <span>"Sign Out"</span>
                </button>
            </ActionForm>
            <div class="nav-error">
                <p role="alert">{words}</p>
                {move || failed().map(|error| view! { <TraceOfError error /> })}
            </div>
        </li>
    }
    .into_any()
}

/// Who is signed in.
#[component]
fn Me(
    /// That person.
    user: User,
) -> impl IntoView {
    view! {
        <p class="me">
            <Avatar name=user.display_name.clone() />
            <span class="me-names">
                <span class="visually-hidden">"Signed in as "</span>
                <strong>{user.display_name}</strong>
                <span class="handle">"@" {user.handle}</span>
            </span>
        </p>
    }
    .into_any()
}
