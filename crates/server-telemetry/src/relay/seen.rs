//! Which spans of pages are here already.
//!
//! A batch may be on disk although its answer never arrived: then the page sends its spans again, perhaps in other batches,
//! and each would stand twice in the log. So the ids of the newest spans are remembered, and those that come again are
//! left out. They count as here once the sink has said so, and not before; a span that comes a second time while the
//! first one is being written has to come again, as nobody can say yet whether it is needed.

use super::answer::Refusal;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// At least so many spans are remembered, and at most twice as many.
const REMEMBERED: usize = 64 * 1024;

/// The ids, each as a keyed hash of 64 bits: two of them are alike once in a hundred trillion spans.
#[derive(Default)]
pub(super) struct Seen {
    hasher: RandomState,
    ids: Mutex<Ids>,
}

#[derive(Default)]
struct Ids {
    /// Being written, by the number of the reservation.
    pending: HashMap<u64, u64>,
    last_number: u64,
    /// Written. When `newer` is full it becomes `older`, and what was older is forgotten.
    newer: HashSet<u64>,
    older: HashSet<u64>,
}

impl Ids {
    fn insert(&mut self, id: u64) {
        if self.newer.len() >= REMEMBERED {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(id);
    }

    fn contains(&self, id: u64) -> bool {
        self.newer.contains(&id) || self.older.contains(&id)
    }
}

impl Seen {
    /// Takes the spans out that are here already, or twice in the batch, and says how many. The others are reserved.
    ///
    /// # Errors
    ///
    /// Where one of the spans is being written for another request.
    pub(super) fn reserve(
        self: &Arc<Self>,
        batch: &mut ExportTraceServiceRequest,
    ) -> Result<(Reservation, u64), Refusal> {
        let mut ids = self.ids();
        ids.last_number += 1;
        let number = ids.last_number;
        let mut reservation = Reservation {
            seen: self.clone(),
            ids: Vec::new(),
        };
        let mut duplicates = 0;
        let mut is_busy = false;
        let scopes = batch.resource_spans.iter_mut().flat_map(|spans| &mut spans.scope_spans);
        for scope in scopes {
            scope.spans.retain(|span| {
                let id = self.hasher.hash_one((&span.trace_id, &span.span_id));
                let is_new = !ids.contains(id)
                    && match ids.pending.entry(id) {
                        Entry::Vacant(free) => {
                            free.insert(number);
                            reservation.ids.push(id);
                            true
                        }
                        Entry::Occupied(taken) => {
                            is_busy |= *taken.get() != number;
                            false
                        }
                    };
                duplicates += u64::from(!is_new);
                is_new
            });
        }
        // Before the reservation may be dropped, which locks them as well.
        drop(ids);
        if is_busy {
            return Err(Refusal::BeingWritten);
        }
        Ok((reservation, duplicates))
    }

    fn ids(&self) -> MutexGuard<'_, Ids> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The ids of a batch that is being written. Dropped, they are as good as never seen.
pub(super) struct Reservation {
    seen: Arc<Seen>,
    ids: Vec<u64>,
}

impl Reservation {
    /// The batch is safe.
    pub(super) fn kept(mut self) {
        let mut ids = self.seen.ids();
        for id in self.ids.drain(..) {
            ids.pending.remove(&id);
            ids.insert(id);
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !self.ids.is_empty() {
            let mut ids = self.seen.ids();
            for id in &self.ids {
                ids.pending.remove(id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

    fn batch(ids: impl IntoIterator<Item = usize>) -> ExportTraceServiceRequest {
        let spans = ids.into_iter().map(|id| Span {
            span_id: id.to_be_bytes().to_vec(),
            ..Span::default()
        });
        ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans {
                scope_spans: vec![ScopeSpans {
                    spans: spans.collect(),
                    ..ScopeSpans::default()
                }],
                ..ResourceSpans::default()
            }],
        }
    }

    fn duplicates(seen: &Arc<Seen>, ids: impl IntoIterator<Item = usize>) -> u64 {
        let mut batch = batch(ids);
        let Ok((reservation, duplicates)) = seen.reserve(&mut batch) else {
            panic!("nothing is being written");
        };
        reservation.kept();
        duplicates
    }

    #[test]
    fn what_was_kept_is_a_duplicate_and_what_was_not_is_none() {
        let seen = Arc::new(Seen::default());
        assert_eq!(duplicates(&seen, [1, 2, 2]), 1);
        assert_eq!(duplicates(&seen, [2, 3]), 1);
        drop(seen.reserve(&mut batch([4])));
        assert_eq!(duplicates(&seen, [4]), 0);
        assert!(seen.ids().pending.is_empty());
    }

    #[test]
    fn while_a_span_is_being_written_nobody_is_told_that_it_is_here() {
        let seen = Arc::new(Seen::default());
        let Ok((first, _)) = seen.reserve(&mut batch([1, 2])) else {
            panic!("the first");
        };
        assert!(matches!(seen.reserve(&mut batch([3, 2])), Err(Refusal::BeingWritten)));
        // The refused one holds nothing, and has not freed what the first holds.
        assert_eq!(seen.ids().pending.len(), 2);
        first.kept();
        assert_eq!(duplicates(&seen, [3, 2]), 1);
    }

    #[test]
    fn memory_is_bounded_and_the_newest_are_remembered() {
        let seen = Arc::new(Seen::default());
        for start in (0..300_000).step_by(500) {
            assert_eq!(duplicates(&seen, start..start + 500), 0);
        }
        let ids = seen.ids();
        assert!(ids.newer.len() <= REMEMBERED && ids.older.len() <= REMEMBERED);
        drop(ids);
        let remembered = 300_000 - REMEMBERED..300_000;
        assert_eq!(duplicates(&seen, remembered.clone()), remembered.len() as u64);
    }
}
