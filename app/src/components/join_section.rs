//! The invitation to those who are not signed in.

use crate::routes;
use leptos::prelude::*;
use leptos_router::components::A;

/// "Join The Party!", with the ways in.
#[component]
pub(crate) fn JoinSection() -> impl IntoView {
    view! {
        <section class="card join" aria-labelledby="join-heading">
            <h2 id="join-heading">"Join The Party!"</h2>
            <p>"Have something you want to say?"</p>
            <p>"Don't think about it, just crud it!"</p>
            <p>"Regret it? No worries, we'll forget it…"</p>
            <A href=routes::SIGN_UP attr:class="button button-wide" attr:data-action="sign_up.open">
                "Join Now!"
            </A>
            <A href=routes::SIGN_IN attr:class="button button-quiet button-wide" attr:data-action="sign_in.open">
                "Sign In"
            </A>
        </section>
    }
    .into_any()
}
