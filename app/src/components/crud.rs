//! One crud, as feeds show it and as its own page does.

use crate::components::{
    avatar::Avatar,
    icons::{Draw, Icon},
    trace_links::TraceGlyph,
};
use crate::moment::Moment;
use crate::own_traces::OwnTraces;
use crate::{page_start, routes};
use cruddur::activity::Activity;
use leptos::prelude::*;
use leptos_router::components::A;

/// A crud in a feed: who, when, what, and how long it still has.
#[component]
pub(crate) fn Crud(
    /// The crud.
    activity: Activity,
    /// Its place in the feed, from 0.
    #[prop(into)]
    index: Signal<usize>,
    /// How many cruds the feed has; −1 while that is unknown (ARIA's `aria-setsize`).
    #[prop(into)]
    of: Signal<i64>,
) -> impl IntoView {
    let author_id = format!("author-{}", activity.uuid);
    let text_id = format!("text-{}", activity.uuid);
    let labelled_by = format!("{author_id} {text_id}");
    let profile = routes::profile(&activity.handle);
    view! {
        <article
            class="crud"
            aria-labelledby=labelled_by
            aria-posinset=move || (index.get() + 1).to_string()
            aria-setsize=move || of.get().to_string()
        >
            <Avatar name=activity.display_name.clone() />
            <div class="crud-body">
                <header class="crud-head">
                    <span class="crud-author" id=author_id>
                        <strong>{activity.display_name.clone()}</strong>
                        " "
                        <A href=profile attr:class="handle" attr:data-action="profile.open">
                            {format!("@{}", activity.handle)}
                        </A>
                    </span>
                    <Age activity=activity.clone() />
                    <Posting uuid=activity.uuid.clone() />
                    <Fuse expires_at=activity.expires_at.clone() />
                </header>
                <p class="crud-text" id=text_id>
                    {activity.message}
                </p>
            </div>
        </article>
    }
    .into_any()
}

/// A crud on its own page: larger, with the whole date.
#[component]
pub(crate) fn ExpandedCrud(
    /// The crud.
    activity: Activity,
) -> impl IntoView {
    let text_id = format!("text-{}", activity.uuid);
    let labelled_by = format!("crud-author {text_id}");
    let created = Moment::parse(&activity.created_at);
    view! {
        <article class="crud crud-expanded" aria-labelledby=labelled_by>
            <header class="crud-head">
                <Avatar name=activity.display_name.clone() />
                <span class="crud-author" id="crud-author">
                    <strong>{activity.display_name.clone()}</strong>
                    " "
                    <A href=routes::profile(&activity.handle) attr:class="handle" attr:data-action="profile.open">
                        {format!("@{}", activity.handle)}
                    </A>
                </span>
            </header>
            <p class="crud-text" id=text_id>
                {activity.message}
            </p>
            <footer class="crud-foot">
                <time datetime=activity.created_at>{created.map(Moment::in_words)}</time>
                <Posting uuid=activity.uuid />
                <Fuse expires_at=activity.expires_at in_words=true />
            </footer>
        </article>
    }
    .into_any()
}

/// The way to the trace of its posting, if that was on this page.
#[component]
fn Posting(
    /// The crud's uuid.
    uuid: String,
) -> impl IntoView {
    let trace = OwnTraces::of(uuid);
    let glyph = move || {
        trace
            .get()
            .map(|id| view! { <TraceGlyph id words="Trace of posting this" /> })
    };
    glyph.into_any()
}

/// How old a crud is; leads to its own page.
#[component]
fn Age(
    /// The crud.
    activity: Activity,
) -> impl IntoView {
    let now = page_start::now();
    let created = Moment::parse(&activity.created_at);
    view! {
        <A href=routes::status(&activity.handle, &activity.uuid) attr:class="crud-age" attr:data-action="crud.open">
            <time datetime=activity.created_at title=created.map(Moment::in_words)>
                {move || created.map(|created| created.age(now.get()))}
            </time>
        </A>
    }
}

/// The bomb, and what is left on its fuse.
#[component]
fn Fuse(
    /// When it goes off, RFC 3339.
    expires_at: String,
    /// The words for everybody, and not only for screen readers.
    #[prop(optional)]
    in_words: bool,
) -> impl IntoView {
    let now = page_start::now();
    let expires = Moment::parse(&expires_at);
    let left = Memo::new(move |_| expires.map(|expires| expires.left(now.get())));
    let short = move || left.get().map(|left| left.short);
    let words = move || left.get().map(|left| left.words);
    let soon = move || left.get().is_some_and(|left| left.soon);
    view! {
        <span class="fuse" class:fuse-soon=soon title=expires.map(|expires| format!("Expires {}", expires.in_words()))>
            <Draw icon=Icon::Bomb />
            <span class="fuse-short" class:visually-hidden=in_words aria-hidden="true">
                {short}
            </span>
            <span class="fuse-words" class:visually-hidden=!in_words>
                {words}
            </span>
        </span>
    }
    .into_any()
}
