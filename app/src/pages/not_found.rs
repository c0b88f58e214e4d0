//! What answers where there is no page.

use crate::components::{layout::Layout, trace_links::TraceOfThis};
use crate::routes;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

/// There is no such page. HTTP 404.
#[component]
pub(crate) fn NotFoundPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::api::answer::set_status(&crate::ApiError::NotFound);
    view! {
        <Title text="Not found" />
        <Layout title=|| view! { <h1>"#?@!"</h1> }>
            <div class="empty">
                <h2>"There is no such page"</h2>
                <p>"The address is misspelt, or what was there has expired."</p>
                <A href=routes::HOME attr:class="button" attr:data-action="home.open">
                    "Go home"
                </A>
                <TraceOfThis />
            </div>
        </Layout>
    }
    .into_any()
}
