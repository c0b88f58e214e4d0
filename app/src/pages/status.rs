//! `/@handle/status/{id}`: one crud.

use crate::api::activities::show;
use crate::components::{
    crud::ExpandedCrud, failure::Failure, feed::FeedSkeleton, layout::Layout, trace_links::TraceOfThis,
};
use crate::pages::profile::BackHome;
use crate::{ApiError, routes};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;
use leptos_router::hooks::use_params_map;

/// The page of one crud.
#[component]
pub(crate) fn StatusPage() -> impl IntoView {
    let params = use_params_map();
    let address = Memo::new(move |_| {
        let params = params.read();
        (
            params.get("handle").unwrap_or_default(),
            params.get("id").unwrap_or_default(),
        )
    });
    let title = move || {
        view! {
            <BackHome />
            <h1>"Crud"</h1>
        }
    };
    view! {
        <Title text=move || format!("Crud by @{}", address.read().0) />
        <Layout title>
            {move || {
                let (handle, id) = address.get();
                view! { <Status handle id /> }
            }}
        </Layout>
    }
}

/// One crud; made anew when the address names another.
#[component]
fn Status(
    /// Its author's handle.
    handle: String,
    /// Its uuid.
    id: String,
) -> impl IntoView {
    let attempt = RwSignal::new(0_u32);
    let wanted = handle.clone();
    let loaded = Resource::new(
        move || attempt.get(),
        move |_| {
            let (handle, id) = (wanted.clone(), id.clone());
            async move { show(Some(handle), Some(id)).await }
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
                        Ok(activity) => view! { <ExpandedCrud activity /> }.into_any(),
                        Err(ApiError::NotFound) => view! { <Gone handle /> }.into_any(),
                        Err(error) => view! { <Failure error retry /> }.into_any(),
                    })
            }}
        </Transition>
    }
    .into_any()
}

#[component]
fn Gone(
    /// Whose crud it would be.
    handle: String,
) -> impl IntoView {
    view! {
        <div class="empty">
            <h2>"This crud is gone"</h2>
            <p>"It has expired, or it never was. That is how it goes here."</p>
            <A href=routes::profile(&handle) attr:class="button button-quiet" attr:data-action="profile.open">
                {format!("What else @{handle} says")}
            </A>
            <TraceOfThis />
        </div>
    }
}
