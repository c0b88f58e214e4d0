//! Which page loads wait for their browser, and which were given up.

use super::PageCounts;
use opentelemetry_sdk::trace::SpanData;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use trace_wire::PageTrace;

/// The most page loads that wait. Beyond it a page's trace begins at the server, as if its route were no page.
const MOST: usize = 10_000;
/// How long a pair that comes too late is recognised.
const REMEMBERED: Duration = Duration::from_secs(10 * 60);

/// Both by trace id.
#[derive(Default)]
pub(super) struct Pages {
    waiting: HashMap<[u8; 16], Waiting>,
    given_up: HashMap<[u8; 16], (PageTrace, Instant)>,
    without_room: u64,
}

/// A page load whose browser spans have not come.
struct Waiting {
    page: PageTrace,
    since: Instant,
    /// The SERVER span, once it has ended.
    server: Option<SpanData>,
    /// Batches with the browser's spans that are being written. As long as there is one, nothing stands in for it.
    arriving: u32,
}

/// A page load that is given up.
pub(super) struct Overdue {
    pub(super) page: PageTrace,
    pub(super) server: SpanData,
    since: Instant,
}

impl Pages {
    /// Whether there was room.
    pub(super) fn reserve(&mut self, page: PageTrace, now: Instant) -> bool {
        let has_room = self.waiting.len() < MOST;
        if has_room {
            let waiting = Waiting {
                page,
                since: now,
                server: None,
                arriving: 0,
            };
            self.waiting.insert(page.trace_id, waiting);
        } else {
            self.without_room += 1;
        }
        has_room
    }

    pub(super) fn counts(&self) -> PageCounts {
        PageCounts {
            waiting: self.waiting.len() as u64,
            without_room: self.without_room,
        }
    }

    /// Forgets a page load.
    pub(super) fn let_go(&mut self, page: PageTrace) {
        self.waiting.remove(&page.trace_id);
    }

    /// The SERVER span of a page has ended.
    pub(super) fn served(&mut self, span: &SpanData) {
        if let Some(waiting) = self.waiting.get_mut(&span.span_context.trace_id().to_bytes())
            && waiting.page.document_fetch == span.parent_span_id.to_bytes()
        {
            waiting.server = Some(span.clone());
        }
    }

    /// A span has come from a page: whether it may pass. If it is one of a pair that is waited for, its page load is
    /// noted in `arriving`, which is to be handed to [`Self::arrived`].
    pub(super) fn admits(&mut self, trace_id: &[u8], span_id: &[u8], arriving: &mut Vec<[u8; 16]>) -> bool {
        let Ok(trace_id) = <[u8; 16]>::try_from(trace_id) else {
            return true;
        };
        let is_of = |page: &PageTrace| page.document_load == span_id || page.document_fetch == span_id;
        if let Some(waiting) = self.waiting.get_mut(&trace_id).filter(|waiting| is_of(&waiting.page)) {
            if !arriving.contains(&trace_id) {
                waiting.arriving += 1;
                arriving.push(trace_id);
            }
            return true;
        }
        !self.given_up.get(&trace_id).is_some_and(|(page, _)| is_of(page))
    }

    /// A batch with the browser's spans of these page loads was kept, and nothing is waited for any more; or it was not.
    pub(super) fn arrived(&mut self, trace_ids: &[[u8; 16]], kept: bool) {
        for trace_id in trace_ids {
            if kept {
                // The first of a pair ends the waiting, as both come together.
                self.waiting.remove(trace_id);
            } else if let Some(waiting) = self.waiting.get_mut(trace_id) {
                waiting.arriving -= 1;
            }
        }
    }

    /// Takes out what has waited for `after` and whose request is over.
    pub(super) fn overdue(&mut self, after: Duration, now: Instant) -> Vec<Overdue> {
        let age = |since: Instant| now.saturating_duration_since(since);
        self.given_up.retain(|_, (_, since)| age(*since) < REMEMBERED);
        let is_overdue = |_: &[u8; 16], waiting: &mut Waiting| {
            age(waiting.since) >= after && waiting.server.is_some() && waiting.arriving == 0
        };
        let overdue = self.waiting.extract_if(is_overdue).filter_map(|(_, waiting)| {
            Some(Overdue {
                page: waiting.page,
                server: waiting.server?,
                since: waiting.since,
            })
        });
        let overdue: Vec<_> = overdue.collect();
        self.give_up(overdue.iter().map(|overdue| overdue.page), now);
        overdue
    }

    /// From now on the spans of these page loads come too late.
    pub(super) fn give_up(&mut self, pages: impl IntoIterator<Item = PageTrace>, now: Instant) {
        self.given_up
            .extend(pages.into_iter().map(|page| (page.trace_id, (page, now))));
    }

    /// Waits again, as nothing could be written in place of what did not come.
    pub(super) fn put_back(&mut self, overdue: Vec<Overdue>) {
        for Overdue { page, server, since } in overdue {
            self.given_up.remove(&page.trace_id);
            let waiting = Waiting {
                page,
                since,
                server: Some(server),
                arriving: 0,
            };
            self.waiting.insert(page.trace_id, waiting);
        }
    }

    pub(super) fn given_up(&self) -> Vec<PageTrace> {
        self.given_up.values().map(|(page, _)| *page).collect()
    }
}
