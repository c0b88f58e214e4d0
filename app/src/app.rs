//! The app itself, the same on the server and in the browser: contexts, and which page answers which address.

#![expect(
    unreachable_pub,
    reason = "the component macro makes items that are `pub` whatever the function is"
)]

use crate::pages::{
    home::HomePage, not_found::NotFoundPage, profile::ProfilePage, sign_in::SignInPage, sign_up::SignUpPage,
    status::StatusPage,
};
use crate::{browser, page_start::PageStart, routes::AtHandle};
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::hooks::use_location;
use leptos_router::{ParamSegment, SsrMode, StaticSegment, path};

/// The app: what the server renders into the shell's body and the browser hydrates.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    PageStart::provide();
    Effect::new(|_| browser::mark_hydrated());
    view! {
        <Title formatter=|text: String| {
            if text.is_empty() { "Cruddur".to_owned() } else { format!("{text} · Cruddur") }
        } />
        <Router>
            <FocusFollowsNavigation />
            <FlatRoutes fallback=NotFoundPage>
                <Route path=path!("/") view=HomePage ssr=SsrMode::Async />
                <Route path=path!("/signup") view=SignUpPage ssr=SsrMode::Async />
                <Route path=path!("/signin") view=SignInPage ssr=SsrMode::Async />
                <Route path=(AtHandle,) view=ProfilePage ssr=SsrMode::Async />
                <Route
                    path=(AtHandle, StaticSegment("status"), ParamSegment("id"))
                    view=StatusPage
                    ssr=SsrMode::Async
                />
            </FlatRoutes>
        </Router>
    }
}

/// After moving to another page without loading a document, the keyboard and the screen reader start at its content, as they
/// would after a load.
#[component]
fn FocusFollowsNavigation() -> impl IntoView {
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let path = path.get();
        if before.is_some_and(|before| before != path) {
            browser::focus_soon("#content");
        }
        path
    });
}
