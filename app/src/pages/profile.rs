//! `/@handle`: a person and their cruds.

use crate::api::activities::{UserFeed, user};
use crate::components::{
    avatar::Avatar,
    failure::Failure,
    feed::{Feed, FeedSkeleton, Source},
    icons::{Draw, Icon},
    layout::Layout,
    trace_links::TraceOfThis,
};
use crate::{ApiError, feed_pages, routes};
use cruddur::user::Profile;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;
use leptos_router::hooks::{use_params_map, use_query_map};

/// The page of a person.
#[component]
pub(crate) fn ProfilePage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let address = Memo::new(move |_| {
        (
            params.read().get("handle").unwrap_or_default(),
            query.read().get("before"),
        )
    });
    view! {
        <Title text=move || format!("@{}", address.read().0) />
        <Layout title=|| view! { <BackHome /> }>
            {move || {
                let (handle, before) = address.get();
                view! { <Person handle before /> }
            }}
        </Layout>
    }
}

/// The way back from a page that has no place of its own in the navigation.
#[component]
pub(crate) fn BackHome() -> impl IntoView {
    view! {
        <A href=routes::HOME attr:class="back" attr:data-action="home.open">
            <Draw icon=Icon::Back />
            <span>"Home"</span>
        </A>
    }
}

/// One person; made anew when the address names another.
#[component]
fn Person(
    /// Their handle.
    handle: String,
    /// The crud after which the feed starts: the newest when absent.
    before: Option<String>,
) -> impl IntoView {
    let attempt = RwSignal::new(0_u32);
    let wanted = handle.clone();
    let loaded = Resource::new(
        move || attempt.get(),
        move |_| {
            let (handle, before) = (wanted.clone(), before.clone());
            async move { user(Some(handle), before, feed_pages::limit()).await }
        },
    );
    let retry = Callback::new(move |()| attempt.update(|attempt| *attempt += 1));
    view! {
        <Transition fallback=FeedSkeleton>
            {move || {
                let handle = handle.clone();
                loaded
                    .get()
                    .map(|loaded| match loaded {
                        Ok(feed) => view! { <Found feed retry /> }.into_any(),
                        Err(ApiError::NotFound) => view! { <Nobody handle /> }.into_any(),
                        Err(error) => {
                            view! {
                                <h1 class="visually-hidden">{format!("@{handle}")}</h1>
                                <Failure error retry />
                            }
                                .into_any()
                        }
                    })
            }}
        </Transition>
    }
    .into_any()
}

#[component]
fn Found(
    /// The person and their cruds.
    feed: UserFeed,
    /// Asks for them again.
    retry: Callback<()>,
) -> impl IntoView {
    let UserFeed { profile, activities } = feed;
    let name = profile.user.display_name.clone();
    let source = Source::Person(profile.user.handle.clone());
    view! {
        <Heading profile />
        <Feed
            label="Cruds"
            source
            first=Signal::derive(move || Some(Ok(activities.clone())))
            retry
            empty=move || {
                view! {
                    <h2>"Nothing to see"</h2>
                    <p>{format!("Whatever {name} said has expired.")}</p>
                }
            }
        />
    }
    .into_any()
}

/// Who this is, and how much they say.
#[component]
fn Heading(
    /// The person.
    profile: Profile,
) -> impl IntoView {
    let cruds = match profile.cruds_count {
        1 => "1 Crud".to_owned(),
        count => format!("{count} Cruds"),
    };
    view! {
        <section class="profile" aria-labelledby="profile-name">
            <div class="profile-banner" aria-hidden="true"></div>
            <Avatar name=profile.user.display_name.clone() large=true />
            <h1 id="profile-name">{profile.user.display_name}</h1>
            <p class="profile-meta">
                <span class="handle">{format!("@{}", profile.user.handle)}</span>
                <span>{cruds}</span>
            </p>
        </section>
    }
    .into_any()
}

#[component]
fn Nobody(
    /// The handle that nobody has.
    handle: String,
) -> impl IntoView {
    view! {
        <div class="empty">
            <h1>"Nobody here"</h1>
            <p>{format!("There is no @{handle} on Cruddur. Perhaps it is spelt differently?")}</p>
            <TraceOfThis />
        </div>
    }
}
