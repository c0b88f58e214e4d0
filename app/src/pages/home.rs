//! `/`: everybody's cruds, and for those who are signed in the form that adds to them.

use crate::api::activities::{Create, home};
use crate::components::{
    compose::Compose,
    feed::{Feed, FeedSkeleton, Source},
    layout::Layout,
};
use crate::{feed_pages, page_start};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// The home page.
#[component]
pub(crate) fn HomePage() -> impl IntoView {
    let query = use_query_map();
    let before = Memo::new(move |_| query.read().get("before"));
    let create = ServerAction::<Create>::new();
    view! {
        <Title text="Home" />
        <Layout title=|| view! { <h1>"Home"</h1> }>
            {page_start::viewer().map(|_| view! { <Compose action=create /> })}
            {move || view! { <HomeFeed before=before.get() create /> }}
        </Layout>
    }
    .into_any()
}

/// The feed from one crud on; made anew when the address names another.
#[component]
fn HomeFeed(
    /// The crud after which it starts: the newest when absent.
    before: Option<String>,
    /// What posts: every success asks for the first page again.
    create: ServerAction<Create>,
) -> impl IntoView {
    let posted = Memo::new(move |posted: Option<&usize>| match *create.value().read() {
        Some(Ok(_)) => create.version().get(),
        _ => posted.copied().unwrap_or_default(),
    });
    let attempt = RwSignal::new(0_u32);
    let first = Resource::new(
        move || (posted.get(), attempt.get()),
        move |_| {
            let before = before.clone();
            async move { home(before, feed_pages::limit()).await }
        },
    );
    // The feed is made when its first page is there, and once. Not by a memo on the server: one that is being computed while
    // another thread brings the answer keeps what it saw, and an empty feed is sent out.
    let loaded = move || first.with(Option::is_some);
    let is_there = match cfg!(feature = "ssr") {
        true => Signal::derive(loaded),
        false => Memo::new(move |_| loaded()).into(),
    };
    let feed = move || {
        view! {
            <Feed
                label="Home"
                source=Source::Everybody
                first=Signal::derive(move || first.get())
                retry=move |()| attempt.update(|attempt| *attempt += 1)
                empty=|| {
                    view! {
                        <h2>"Nothing here right now"</h2>
                        <p>"Every crud expires, and all of them have. Say something, and this page is yours."</p>
                    }
                }
            />
        }
    };
    view! { <Transition fallback=FeedSkeleton>{move || is_there.get().then(feed)}</Transition> }.into_any()
}
