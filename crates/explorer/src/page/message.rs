//! Pages that say that there is nothing to show, and what to do.

use leptos::prelude::*;

/// A trace of which no span is here. `events` says that some of its events came already.
pub(crate) fn unknown_trace(trace_id: &str, events: bool) -> impl IntoView + use<> {
    let why = if events {
        "Some of its events have arrived, but none of its spans yet."
    } else {
        "None of its spans is here."
    };
    view! {
        <section class="message">
            <h1>"This trace is not known (yet)"</h1>
            <p class="id">{trace_id.to_owned()}</p>
            <p>
                {why}
                " A span is sent when it has ended and may take a moment to arrive: wait a second and "
                <a href="">"load this page again"</a> "."
            </p>
            <p>
                "If it still is not there, the id may be wrong, the trace may not have been sampled, or newer spans \
                 have taken its place. " <a href="/traces">"See the newest traces"</a> "."
            </p>
        </section>
    }
}

/// A page number that the trace does not have.
pub(crate) fn no_such_page(words: &str, first: String) -> impl IntoView + use<> {
    view! {
        <section class="message">
            <h1>"There is no such page"</h1>
            <p>{words.to_owned()} " " <a href=first>"Go to the first page"</a> "."</p>
        </section>
    }
}

/// A query that is not saved here.
pub(crate) fn unknown_query(name: &str) -> impl IntoView + use<> {
    view! {
        <section class="message">
            <h1>"There is no such query"</h1>
            <p class="id">{name.to_owned()}</p>
            <p><a href="/traces/queries">"See the saved queries"</a> "."</p>
        </section>
    }
}

/// What the store does not answer, in its words.
pub(crate) fn too_large(words: &str) -> impl IntoView + use<> {
    view! {
        <section class="message">
            <h1>"That is too much at once"</h1>
            <p>{words.to_owned()} " " <a href="/traces/queries">"See the saved queries"</a> "."</p>
        </section>
    }
}

/// The store failed.
pub(crate) fn no_answer() -> impl IntoView {
    view! {
        <section class="message">
            <h1>"The trace store did not answer"</h1>
            <p>
                "The server’s log says why. The app itself is not affected. " <a href="">"Try again"</a> "."
            </p>
        </section>
    }
}
