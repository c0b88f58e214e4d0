//! `/signin`: signing in.

use crate::api::users::SignIn;
use crate::components::form::{FormState, FormSummary, TextField};
use crate::page_start::{Demo, form::SIGN_IN};
use crate::pages::sign_up::AuthFrame;
use crate::{DemoHint, browser, routes};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

/// The page that signs a person in.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let action = ServerAction::<SignIn>::new();
    let form = FormState::new(SIGN_IN, action);
    Effect::new(move |_| {
        if matches!(*action.value().read(), Some(Ok(_))) {
            browser::go_to(routes::HOME);
        }
    });
    view! {
        <Title text="Sign in" />
        <AuthFrame>
            <h1>"Sign into your Cruddur account"</h1>
            <ActionForm action attr:class="auth-form" attr:data-action="user.sign_in" attr:novalidate=true on:submit:capture=browser::flush>
                <FormSummary form=form.clone() fields=&["email", "password"] />
                <TextField form=form.clone() name="email" label="Email" kind="email" autocomplete="username" />
                <TextField
                    form
                    name="password"
                    label="Password"
                    kind="password"
                    autocomplete="current-password"
                />
                <button
                    type="submit"
                    class="button button-wide"
                    data-action="user.sign_in"
                    disabled=move || action.pending().get()
                >
                    "Sign In"
                </button>
            </ActionForm>
            <p class="auth-other">
                "Don't have an account? " <A href=routes::SIGN_UP attr:data-action="sign_up.open">"Sign up!"</A>
            </p>
            {use_context::<Demo>().and_then(|Demo(hint)| hint).map(|hint| view! { <DemoPeople hint /> })}
        </AuthFrame>
    }
    .into_any()
}

/// Who may be tried out, and how. Only on a machine's own demo.
#[component]
fn DemoPeople(
    /// The people and their password.
    hint: DemoHint,
) -> impl IntoView {
    let people = hint
        .people
        .into_iter()
        .map(|(name, email)| {
            view! {
                <li>
                    <span>{name}</span>
                    <code>{email}</code>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="demo" aria-labelledby="demo-heading">
            <h2 id="demo-heading">"This is a demo"</h2>
            <p>
                "Sign in as one of these people. They share one password: " <code>{hint.password}</code>
            </p>
            <ul>{people}</ul>
        </section>
    }
    .into_any()
}
