//! The newest rows, in a ring, and an index from traces to rows.
//!
//! Every row has a number that never changes; the ring holds the rows from `first` on. What a list of traces needs is
//! kept per trace and brought up to date by each row that comes in. Rows that go are harder: an earliest start or a
//! latest end cannot be taken back. So a trace that lost rows is marked, and counted anew when somebody next asks; at
//! any time only the few traces at the old end of the ring are in that state, those that lost all are just forgotten.

use crate::fragment::{Fragment, Root, orphan};
use crate::row::{Found, Key, text};
use honeycomb::{Event, column};
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct Memory {
    limit: usize,
    limit_bytes: usize,
    events: VecDeque<Event>,
    /// What the rows take without what they share ([`Event::own_bytes`]).
    bytes: usize,
    /// The number of the oldest row in the ring.
    first: u64,
    /// How many rows newer ones took the place of.
    dropped: u64,
    traces: HashMap<Arc<str>, Part>,
    /// Traces with at least one span by start and id.
    by_start: BTreeSet<(i64, Arc<str>)>,
    /// Traces that lost rows since they were last counted.
    stale: HashSet<Arc<str>>,
}

/// The rows of one trace.
#[derive(Debug, Default)]
struct Part {
    /// Their numbers, ascending: the oldest row is the first one.
    rows: VecDeque<u64>,
    fragment: Fragment,
}

impl Memory {
    pub(crate) fn new(limit: usize, limit_bytes: usize) -> Self {
        Self {
            limit,
            limit_bytes,
            events: VecDeque::new(),
            bytes: 0,
            first: 0,
            dropped: 0,
            traces: HashMap::new(),
            by_start: BTreeSet::new(),
            stale: HashSet::new(),
        }
    }

    pub(crate) fn ingest(&mut self, events: Vec<Event>) {
        let mut found = Found::default();
        for event in events {
            while self.events.len() >= self.limit || (self.bytes > self.limit_bytes && !self.events.is_empty()) {
                self.remove_oldest();
                self.dropped += 1;
            }
            let row = found.row(&event);
            if let Some(id) = row.text(Key::TraceId) {
                let number = self.first + self.events.len() as u64;
                let part = self.traces.entry(Arc::clone(&id)).or_default();
                let before = part.fragment.start();
                part.rows.push_back(number);
                part.fragment.add(&row);
                let after = part.fragment.start();
                refile(&mut self.by_start, &id, before, after);
            }
            self.bytes += event.own_bytes();
            self.events.push_back(event);
        }
    }

    /// The oldest rows are in a segment now.
    pub(crate) fn remove(&mut self, rows: usize) {
        for _ in 0..rows {
            self.remove_oldest();
        }
    }

    fn remove_oldest(&mut self) {
        let Some(event) = self.events.pop_front() else { return };
        self.first += 1;
        self.bytes = self.bytes.saturating_sub(event.own_bytes());
        let Some(id) = event.get(column::TRACE_ID).map(text) else {
            return;
        };
        let Some(part) = self.traces.get_mut(&id) else { return };
        part.rows.pop_front();
        if part.rows.is_empty() {
            refile(&mut self.by_start, &id, part.fragment.start(), None);
            self.traces.remove(&id);
            self.stale.remove(&id);
        } else {
            self.stale.insert(id);
        }
    }

    /// Counts the traces anew that lost rows.
    fn refresh(&mut self) {
        let mut found = Found::default();
        for id in self.stale.drain() {
            let Some(part) = self.traces.get_mut(&id) else {
                continue;
            };
            let before = part.fragment.start();
            part.fragment = Fragment::default();
            for number in &part.rows {
                part.fragment
                    .add(&found.row(&self.events[(number - self.first) as usize]));
            }
            refile(&mut self.by_start, &id, before, part.fragment.start());
        }
    }

    fn events_of<'a>(&'a self, part: &'a Part) -> impl Iterator<Item = &'a Event> {
        part.rows
            .iter()
            .map(|number| &self.events[(number - self.first) as usize])
    }

    /// The rows of a trace in the order of their arrival.
    pub(crate) fn trace(&self, id: &str) -> Vec<Event> {
        let Some(part) = self.traces.get(id) else {
            return Vec::new();
        };
        self.events_of(part).cloned().collect()
    }

    /// What the rows of a trace add up to.
    pub(crate) fn fragment(&mut self, id: &str) -> Option<Fragment> {
        self.refresh();
        Some(self.traces.get(id)?.fragment.clone())
    }

    /// The root of a trace of which no span is without a parent.
    pub(crate) fn orphan(&self, id: &str) -> Option<Root> {
        let part = self.traces.get(id)?;
        orphan(|| self.events_of(part))
    }

    /// So many traces by start and id, the latest of those before this one first.
    pub(crate) fn newest(&mut self, before: Option<&(i64, Arc<str>)>, count: usize) -> Vec<(i64, Arc<str>, Fragment)> {
        self.refresh();
        let end = before.map_or(Bound::Unbounded, Bound::Excluded);
        self.by_start
            .range((Bound::Unbounded, end))
            .rev()
            .take(count)
            .filter_map(|(start, id)| Some((*start, Arc::clone(id), self.traces.get(id)?.fragment.clone())))
            .collect()
    }

    /// All rows, the oldest first. To copy a row is to count three references.
    pub(crate) fn rows(&self) -> Vec<Event> {
        self.events.iter().cloned().collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(crate) fn trace_count(&self) -> usize {
        self.traces.len()
    }
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
