//! `/signup`: making an account.

use crate::api::users::SignUp;
use crate::components::form::{FormState, FormSummary, TextField};
use crate::components::icons::Logo;
use crate::page_start::form::SIGN_UP;
use crate::{browser, routes};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

/// The page that makes an account. Whoever made one is signed in.
#[component]
pub(crate) fn SignUpPage() -> impl IntoView {
    let action = ServerAction::<SignUp>::new();
    let form = FormState::new(SIGN_UP, action);
    Effect::new(move |_| {
        if matches!(*action.value().read(), Some(Ok(_))) {
            browser::go_to(routes::HOME);
        }
    });
    view! {
        <Title text="Sign up" />
        <AuthFrame>
            <h1>"Sign up to create a Cruddur account"</h1>
            <ActionForm action attr:class="auth-form" attr:data-action="user.sign_up" attr:novalidate=true on:submit:capture=browser::flush>
                <FormSummary form=form.clone() fields=&["name", "email", "username", "password"] />
                <TextField form=form.clone() name="name" label="Name" autocomplete="name" />
                <TextField form=form.clone() name="email" label="Email" kind="email" autocomplete="email" />
                <TextField
                    form=form.clone()
                    name="username"
                    label="Username"
                    autocomplete="username"
                    hint="2 to 30 letters, digits or underscores; your page will be at /@username."
                />
                <TextField
                    form
                    name="password"
                    label="Password"
                    kind="password"
                    autocomplete="new-password"
                    hint="At least 10 characters."
                />
                <button
                    type="submit"
                    class="button button-wide"
                    data-action="user.sign_up"
                    disabled=move || action.pending().get()
                >
                    "Sign Up"
                </button>
            </ActionForm>
            <p class="auth-other">
                "Already have an account? " <A href=routes::SIGN_IN attr:data-action="sign_in.open">"Sign in!"</A>
            </p>
        </AuthFrame>
    }
    .into_any()
}

/// The frame of signing up and in: the mascot on one side, the form on the other.
#[component]
pub(crate) fn AuthFrame(
    /// The form and what belongs to it.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="auth">
            <header class="auth-side">
                <A href=routes::HOME attr:class="auth-brand" attr:data-action="home.open">
                    <Logo />
                    <span>"Cruddur"</span>
                </A>
                <p class="auth-claim">"Say it. It won't be held against you for long."</p>
            </header>
            <main id="content" class="auth-main" tabindex="-1">
                <div class="auth-panel">{children()}</div>
            </main>
        </div>
    }
    .into_any()
}
