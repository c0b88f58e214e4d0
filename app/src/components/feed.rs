//! A feed: cruds, newest first, with more on request.

use crate::components::failure::{self, Failure};
use crate::components::{crud::Crud, trace_links::TraceOfError};
use crate::feed_pages::{is_alive, limit, merged, page};
use crate::{ApiError, browser, page_start};
use crate::{api::activities, routes};
use cruddur::activity::Activity;
use leptos::prelude::*;

/// Whose cruds a feed shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Everybody's.
    Everybody,
    /// Those of the person with this handle.
    Person(String),
}

impl Source {
    /// The cruds that come before (are older than) the one with this uuid.
    async fn older_than(self, uuid: String) -> Result<Vec<Activity>, ApiError> {
        match self {
            Self::Everybody => activities::home(Some(uuid), limit()).await,
            Self::Person(handle) => activities::user(Some(handle), Some(uuid), limit())
                .await
                .map(|feed| feed.activities),
        }
    }

    /// The page that starts after the crud with this uuid, for those without JavaScript.
    fn page_after(&self, uuid: &str) -> String {
        match self {
            Self::Everybody => format!("{}?before={uuid}", routes::HOME),
            Self::Person(handle) => format!("{}?before={uuid}", routes::profile(handle)),
        }
    }
}

/// Shows a feed's first page, and appends what is asked for. Must stand inside a `Suspense` or `Transition`.
#[component]
pub(crate) fn Feed(
    /// Its accessible name.
    label: &'static str,
    /// Whose cruds these are.
    source: Source,
    /// The first page, which may be asked for again (after posting, or after a failure).
    #[prop(into)]
    first: Signal<Option<Result<Vec<Activity>, ApiError>>>,
    /// Asks for the first page again.
    #[prop(into)]
    retry: Callback<()>,
    /// What to say when there is nothing.
    #[prop(into)]
    empty: ViewFn,
) -> impl IntoView {
    let now = page_start::now();
    let older_source = source.clone();
    let more = Action::new(move |before: &String| older_source.clone().older_than(before.clone()));

    let loaded = move || match first.get() {
        Some(Ok(activities)) => page(activities),
        _ => (Vec::new(), false),
    };
    // What was once loaded stays, whatever is asked for again.
    let known = Memo::new(move |before: Option<&Vec<Activity>>| {
        let known = merged(before.map_or(&[], Vec::as_slice), &loaded().0);
        match more.value().get() {
            Some(Ok(activities)) => merged(&known, &page(activities).0),
            _ => known,
        }
    });
    let has_more = Memo::new(move |before: Option<&bool>| match more.value().get() {
        Some(Ok(activities)) => page(activities).1,
        // A failed attempt leaves open what was open.
        Some(Err(_)) => before.copied().unwrap_or(true),
        None => loaded().1,
    });
    let alive = move || {
        let now = now.get();
        known
            .get()
            .into_iter()
            .filter(|activity| is_alive(activity, now))
            .collect::<Vec<_>>()
    };
    let count = Memo::new(move |_| alive().len());
    let set_size = Signal::derive(move || {
        if has_more.get() {
            -1
        } else {
            i64::try_from(count.get()).unwrap_or(-1)
        }
    });
    let last = Memo::new(move |_| known.read().last().map(|activity| activity.uuid.clone()));
    let failure = Memo::new(move |_| first.get().and_then(Result::err));
    let is_empty = Memo::new(move |_| count.get() == 0 && matches!(first.get(), Some(Ok(_))));

    Effect::new(move |_| {
        // The button goes with the last page, and the focus must not fall back to the top of the document.
        if more.version().get() > 0 && !has_more.get() {
            browser::focus_soon(".feed-end");
        }
    });

    view! {
        {move || failure.get().map(|error| view! { <Failure error retry /> })}
        <div class="feed" role="feed" aria-label=label aria-busy=move || more.pending().get().to_string()>
            <ForEnumerate each=alive key=|activity| activity.uuid.clone() let(index, activity)>
                <Crud activity index of=set_size />
            </ForEnumerate>
        </div>
        {move || is_empty.get().then(|| view! { <div class="empty">{empty.run()}</div> })}
        {move || {
            let source = source.clone();
            has_more.get().then(|| view! { <LoadMore more last source /> })
        }}
        <p class="feed-end" tabindex="-1" hidden=move || has_more.get() || count.get() == 0>
            "That is all that has not expired yet."
        </p>
    }
    .into_any()
}

/// Appends the next page; a link to it until the browser has taken over, and without JavaScript for good.
#[component]
fn LoadMore(
    /// Loads what comes before the crud with the uuid that it is given.
    more: Action<String, Result<Vec<Activity>, ApiError>>,
    /// The uuid of the last crud that is there.
    last: Memo<Option<String>>,
    /// Whose cruds these are.
    source: Source,
) -> impl IntoView {
    let hydrated = RwSignal::new(false);
    Effect::new(move |_| hydrated.set(true));
    let load = move |_| {
        if let Some(last) = last.get_untracked()
            && !more.pending().get_untracked()
        {
            more.dispatch(last);
        }
    };
    let failed = move || {
        more.value()
            .with(|value| value.as_ref().and_then(|value| value.as_ref().err().cloned()))
    };
    view! {
        <div class="feed-more">
            {move || match hydrated.get() {
                true => {
                    view! {
                        // Not `disabled` while it loads: that would take the focus away.
                        <button
                            type="button"
                            class="button button-quiet"
                            data-action="feed.more"
                            aria-disabled=move || more.pending().get().to_string()
                            on:click=load
                        >
                            {move || if more.pending().get() { "Loading…" } else { "Load more" }}
                        </button>
                    }
                        .into_any()
                }
                false => {
                    let href = last.get().map(|last| source.page_after(&last));
                    view! {
                        <a class="button button-quiet" href=href data-action="feed.more">
                            "Load more"
                        </a>
                    }
                        .into_any()
                }
            }}
            <p class="field-error" role="alert">
                {move || failed().map(|error| failure::words(&error))}
            </p>
            {move || failed().map(|error| view! { <TraceOfError error /> })}
        </div>
    }
    .into_any()
}

/// What stands in for a feed that is on its way.
#[component]
pub(crate) fn FeedSkeleton() -> impl IntoView {
    let row = || {
        view! {
            <div class="skeleton-crud">
                <span class="skeleton skeleton-avatar"></span>
                <span class="skeleton-lines">
                    <span class="skeleton"></span>
                    <span class="skeleton"></span>
                </span>
            </div>
        }
    };
    view! {
        <div class="feed-skeleton" role="status">
            <span class="visually-hidden">"Loading…"</span>
            {row()}
            {row()}
            {row()}
        </div>
    }
}
