//! The engine: the newest rows in a ring, and an index from traces to rows.
//!
//! Every row has a number that never changes; the ring holds the rows from `first` on. What a list of traces needs is
//! kept per trace and brought up to date by each row that comes in. Rows that go are harder: an earliest start or a
//! latest end cannot be taken back. So a trace that lost rows is marked, and counted anew when somebody next asks; at
//! any time only the few traces at the old end of the ring are in that state, those that lost all are just forgotten.

mod trace;

use crate::cursor::Cursor;
use crate::{StoreStats, TraceFilter, TracePage, TraceSummary};
use honeycomb::query::Window;
use honeycomb::{Event, column};
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::ops::Bound;
use std::sync::Arc;
use trace::Trace;

#[derive(Debug)]
pub(crate) struct Memory {
    limit: usize,
    events: VecDeque<Event>,
    /// The number of the oldest row in the ring; also how many were dropped.
    first: u64,
    traces: HashMap<Arc<str>, Trace>,
    /// Traces with at least one span by start and id.
    by_start: BTreeSet<(i64, Arc<str>)>,
    /// Traces that lost rows since they were last counted.
    stale: HashSet<Arc<str>>,
}

impl Memory {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            events: VecDeque::new(),
            first: 0,
            traces: HashMap::new(),
            by_start: BTreeSet::new(),
            stale: HashSet::new(),
        }
    }

    pub(crate) fn ingest(&mut self, events: Vec<Event>) {
        for event in events {
            if self.events.len() == self.limit {
                self.drop_oldest();
            }
            if let Some(id) = trace_id(&event) {
                let number = self.first + self.events.len() as u64;
                let trace = self.traces.entry(Arc::clone(&id)).or_default();
                let before = trace.start();
                trace.add(number, &event);
                let after = trace.start();
                refile(&mut self.by_start, &id, before, after);
            }
            self.events.push_back(event);
        }
    }

    fn drop_oldest(&mut self) {
        let Some(event) = self.events.pop_front() else { return };
        self.first += 1;
        let Some(id) = trace_id(&event) else { return };
        let Some(trace) = self.traces.get_mut(&id) else { return };
        trace.forget_oldest();
        if trace.is_empty() {
            refile(&mut self.by_start, &id, trace.start(), None);
            self.traces.remove(&id);
            self.stale.remove(&id);
        } else {
            self.stale.insert(id);
        }
    }

    /// Counts the traces anew that lost rows.
    fn refresh(&mut self) {
        for id in self.stale.drain() {
            let Some(trace) = self.traces.get_mut(&id) else {
                continue;
            };
            let before = trace.start();
            let first = self.first;
            trace.recount(|number| &self.events[(number - first) as usize]);
            refile(&mut self.by_start, &id, before, trace.start());
        }
    }

    fn events_of<'a>(&'a self, trace: &'a Trace) -> impl Iterator<Item = &'a Event> {
        trace
            .numbers()
            .map(|number| &self.events[(number - self.first) as usize])
    }

    /// The rows of a trace in the order of their arrival.
    pub(crate) fn trace(&self, id: &str) -> Vec<Event> {
        let Some(trace) = self.traces.get(id) else {
            return Vec::new();
        };
        self.events_of(trace).cloned().collect()
    }

    pub(crate) fn traces(&mut self, filter: &TraceFilter, after: Option<Cursor>) -> TracePage {
        self.refresh();
        let end = after.map_or(Bound::Unbounded, |cursor| {
            Bound::Excluded((cursor.start_unix_nano, Arc::from(cursor.trace_id)))
        });
        let mut matching = self
            .by_start
            .range((Bound::Unbounded, end))
            .rev()
            .filter_map(|(_, id)| Some((id, self.traces.get(id)?)))
            .filter(|(_, trace)| trace.matches(filter));
        let traces: Vec<TraceSummary> = matching
            .by_ref()
            .take(filter.limit.max(1))
            .map(|(id, trace)| trace.summary(id, || self.events_of(trace)))
            .collect();
        let next = match (traces.last(), matching.next()) {
            (Some(last), Some(_)) => Some(Cursor {
                start_unix_nano: last.time_unix_nano,
                trace_id: last.trace_id.to_string(),
            }),
            _ => None,
        };
        TracePage {
            traces,
            next: next.map(|cursor| cursor.encode()),
        }
    }

    /// The rows whose time is in the window, in the order of their arrival.
    pub(crate) fn within(&self, window: &Window) -> Vec<Event> {
        let rows = self.events.iter().filter(|event| window.contains(event.time_unix_nano));
        rows.cloned().collect()
    }

    /// The traces that match, in no order.
    pub(crate) fn matching(&mut self, filter: &TraceFilter) -> impl Iterator<Item = &Trace> {
        self.refresh();
        let with_spans = self.traces.values().filter(|trace| trace.start().is_some());
        with_spans.filter(move |trace| trace.matches(filter))
    }

    pub(crate) fn stats(&self) -> StoreStats {
        StoreStats {
            events: self.events.len(),
            traces: self.traces.len(),
            dropped: self.first,
        }
    }
}

fn trace_id(event: &Event) -> Option<Arc<str>> {
    trace::text(event, column::TRACE_ID)
}

fn refile(by_start: &mut BTreeSet<(i64, Arc<str>)>, id: &Arc<str>, before: Option<i64>, after: Option<i64>) {
    if before == after {
        return;
    }
    if let Some(start) = before {
        by_start.remove(&(start, Arc::clone(id)));
    }
    if let Some(start) = after {
        by_start.insert((start, Arc::clone(id)));
    }
}
