//! In which trace what was just posted on this page was: the clock beside a crud leads there. Forgotten with the page.

use leptos::prelude::*;

/// Uuids of cruds, each with the trace of its posting.
#[derive(Clone, Copy)]
pub(crate) struct OwnTraces(RwSignal<Vec<(String, String)>>);

impl OwnTraces {
    pub(crate) fn provide() {
        provide_context(Self(RwSignal::new(Vec::new())));
    }

    /// Remembers that the crud `uuid` was posted in the trace `trace_id`.
    pub(crate) fn remember(uuid: String, trace_id: String) {
        if let Some(Self(posted)) = use_context() {
            posted.update(|posted| posted.push((uuid, trace_id)));
        }
    }

    /// The trace in which the crud `uuid` was posted, if that was on this page; tracked.
    pub(crate) fn of(uuid: String) -> Signal<Option<String>> {
        let posted = use_context::<Self>();
        Signal::derive(move || {
            let posted = posted?.0.read();
            let (_, trace_id) = posted.iter().find(|(posted, _)| *posted == uuid)?;
            Some(trace_id.clone())
        })
    }
}
