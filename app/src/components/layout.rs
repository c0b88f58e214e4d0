//! The frame of all pages but signing up and in: navigation, content, and what stands beside it.

use crate::components::{
    icons::{Draw, Icon},
    join_section::JoinSection,
    navigation::Navigation,
};
use crate::{page_start, routes};
use leptos::prelude::*;

/// Three columns that fold: under 1,000 px the sidebar goes (or, for the invitation to join, moves up), under 700 px the
/// navigation becomes a bar at the bottom.
#[component]
pub(crate) fn Layout(
    /// The page's heading, which is its only `h1`.
    #[prop(into)]
    title: ViewFn,
    /// What the page is about.
    children: Children,
) -> impl IntoView {
    let signed_out = page_start::viewer().is_none();
    view! {
        <div class="columns" class:signed-out=signed_out>
            <a class="skip-link" href="#content">
                "Skip to content"
            </a>
            <Navigation />
            <main id="content" class="content" tabindex="-1">
                <header class="content-head">{title.run()}</header>
                {children()}
            </main>
            <aside class="sidebar" aria-label="About Cruddur">
                {signed_out.then(JoinSection)}
                <AboutTraces />
            </aside>
        </div>
    }
    .into_any()
}

/// What makes this app different from others of its kind.
#[component]
fn AboutTraces() -> impl IntoView {
    view! {
        <section class="card about" aria-labelledby="about-heading">
            <h2 id="about-heading">
                <Draw icon=Icon::Clock />
                "Every click is a trace"
            </h2>
            <p>"From your browser over the network into the server, down to the row in the database: see where the time went."</p>
            {page_start::explorer_is_open()
                .then(|| {
                    view! {
                        <a href=routes::TRACES rel="external" data-action="traces.open">
                            "Open the latest traces"
                        </a>
                    }
                })}
        </section>
    }
    .into_any()
}
