//! Traces out of memory and segments: one by its id, or many by their start.
//!
//! Every place has its own list of what it holds of each trace, the latest start first; the lists are walked together. A
//! trace that lies in several places comes up in each; it is told at its true start, which is the earliest, with all its
//! parts added up.

use super::{Core, Failed, State};
use crate::cursor::Cursor;
use crate::fragment::{Fragment, Root, orphan};
use crate::row::KIND;
use crate::segment::Segment;
use crate::segment::error::SegmentError;
use crate::segment::summaries::Entry;
use crate::{StoreError, TraceFilter, TracePage};
use honeycomb::{Event, column};
use std::collections::VecDeque;
use std::sync::Arc;

/// So many traces at most, the newest, are looked at for what is said of all that match.
pub const LOOKED_AT: usize = 50_000;

/// So many rows of one trace are read, and no more: they are all in memory at once.
pub const MAX_TRACE_ROWS: usize = 200_000;

/// Traces in memory that are looked at together under the lock.
const AT_ONCE: usize = 64;

/// What traces are sorted by.
type Order = (i64, Arc<str>);

impl Core {
    pub(crate) fn trace(&self, id: &str) -> Result<Vec<Event>, StoreError> {
        self.ask(|| {
            let (segments, newest) = {
                let state = self.state();
                (Arc::clone(&state.segments), state.memory.trace(id))
            };
            let mut rows = newest.len();
            let mut places = Vec::new();
            for segment in segments.iter() {
                let entries = segment.find(id).map_err(|error| Failed::Segment(segment.name, error))?;
                let ranges: Vec<_> = entries.iter().map(|entry| (entry.first_row, entry.rows)).collect();
                rows += entries.iter().map(|entry| entry.fragment.spans as usize).sum::<usize>();
                if !ranges.is_empty() {
                    places.push((segment, ranges));
                }
            }
            within(rows)?;
            let mut events = Vec::with_capacity(rows);
            for (segment, ranges) in places {
                let found = segment.events(id, &ranges);
                events.extend(found.map_err(|error| Failed::Segment(segment.name, error))?);
                // Span events and links are rows as well.
                within(events.len())?;
            }
            events.extend(newest);
            // At the same time by id: segments keep rows in an order of their own.
            events.sort_by(|a, b| order(a).cmp(&order(b)));
            Ok(events)
        })
    }

    pub(crate) fn page(&self, filter: &TraceFilter, after: Option<&Cursor>) -> Result<TracePage, StoreError> {
        let after = after.map(|cursor| (cursor.start_unix_nano, Arc::from(cursor.trace_id.as_str())));
        self.ask(|| {
            let mut walk = Walk::new(self, after.clone());
            let mut traces = Vec::new();
            while let Some(trace) = walk.next()? {
                if !trace.fragment.matches(filter) {
                    continue;
                }
                if traces.len() == filter.limit.max(1) {
                    let last: Option<&crate::TraceSummary> = traces.last();
                    let next = last.map(|last| Cursor {
                        start_unix_nano: last.time_unix_nano,
                        trace_id: last.trace_id.to_string(),
                    });
                    return Ok(TracePage {
                        traces,
                        next: next.map(|cursor| cursor.encode()),
                    });
                }
                let root = match trace.fragment.root.0 {
                    Some(_) => None,
                    None => walk.orphan(&trace)?,
                };
                traces.push(trace.fragment.summary(&trace.id, root));
            }
            Ok(TracePage { traces, next: None })
        })
    }
}

impl Core {
    /// Something about each of the newest traces that match, and whether there are older ones that were not looked at.
    pub(crate) fn newest<T>(
        &self,
        filter: &TraceFilter,
        about: impl Fn(&Fragment) -> T,
    ) -> Result<(Vec<T>, bool), StoreError> {
        self.ask(|| {
            let mut walk = Walk::new(self, None);
            let mut found = Vec::new();
            let mut seen = 0;
            while let Some(trace) = walk.next()? {
                if seen == LOOKED_AT {
                    return Ok((found, true));
                }
                seen += 1;
                if trace.fragment.matches(filter) {
                    found.push(about(&trace.fragment));
                }
            }
            Ok((found, false))
        })
    }
}

fn within(rows: usize) -> Result<(), Failed> {
    match rows > MAX_TRACE_ROWS {
        true => Err(Failed::TooLarge(format!(
            "The trace has more than {MAX_TRACE_ROWS} spans, span events and links, too many to show at once. A query can ask \
             about them: filter by trace.trace_id."
        ))),
        false => Ok(()),
    }
}

/// What the rows of a trace are sorted by: a span before what happened in it.
fn order(event: &Event) -> (i64, [Option<&str>; 4]) {
    let [annotation, service, kind] = KIND.map(|key| event.str(key.name()));
    (
        event.time_unix_nano,
        [annotation, event.str(column::SPAN_ID), service, kind],
    )
}

/// A trace with all its parts.
struct Whole {
    id: Arc<str>,
    fragment: Fragment,
    /// Where its one part is; none where there are several.
    only: Option<Part>,
}

enum Part {
    Memory,
    Segment(Box<Entry>),
}

/// Traces by start and id, the latest first.
struct Walk<'a> {
    core: &'a Core,
    epoch: u64,
    after: Option<Order>,
    memory: VecDeque<(i64, Arc<str>, Fragment)>,
    memory_after: Option<Order>,
    memory_done: bool,
    segments: Vec<Place>,
}

struct Place {
    segment: Arc<Segment>,
    /// Opened when its latest start is reached.
    entries: Option<Box<dyn Iterator<Item = Result<Entry, SegmentError>>>>,
    next: Option<Entry>,
    done: bool,
}

impl Place {
    /// Sees to it that the next entry is known, if it might come before `order`.
    fn look(&mut self, than: Option<&Order>, after: Option<&Order>) -> Result<(), Failed> {
        if self.next.is_some() || self.done {
            return Ok(());
        }
        let failed = |error| Failed::Segment(self.segment.name, error);
        if self.entries.is_none() {
            if than.is_some_and(|(start, _)| self.segment.latest_start() < *start) {
                return Ok(());
            }
            self.entries = Some(Box::new(self.segment.summaries(after).map_err(failed)?));
        }
        let next = self
            .entries
            .as_mut()
            .and_then(Iterator::next)
            .transpose()
            .map_err(failed)?;
        // Entries without a span are at the end.
        self.next = next.filter(|entry| entry.fragment.window.is_some());
        self.done = self.next.is_none();
        Ok(())
    }
}

impl<'a> Walk<'a> {
    fn new(core: &'a Core, after: Option<Order>) -> Self {
        let state = core.state();
        let segments = state.segments.iter().map(|segment| Place {
            segment: Arc::clone(segment),
            entries: None,
            next: None,
            done: false,
        });
        Self {
            core,
            epoch: state.epoch,
            memory: VecDeque::new(),
            memory_after: after.clone(),
            memory_done: false,
            segments: segments.collect(),
            after,
        }
    }

    /// The state, if it is still that in which the walk began.
    fn state(&self) -> Result<std::sync::MutexGuard<'a, State>, Failed> {
        let state = self.core.state();
        match state.epoch == self.epoch {
            true => Ok(state),
            false => Err(Failed::Moved),
        }
    }

    fn next(&mut self) -> Result<Option<Whole>, Failed> {
        loop {
            if self.memory.is_empty() && !self.memory_done {
                self.memory = self.state()?.memory.newest(self.memory_after.as_ref(), AT_ONCE).into();
                self.memory_done = self.memory.is_empty();
                if let Some((start, id, _)) = self.memory.back() {
                    self.memory_after = Some((*start, Arc::clone(id)));
                }
            }
            let mut best: Option<Order> = self.memory.front().map(|(start, id, _)| (*start, Arc::clone(id)));
            let mut place = None;
            // The newest first: most others then need not be opened.
            for index in (0..self.segments.len()).rev() {
                self.segments[index].look(best.as_ref(), self.after.as_ref())?;
                if let Some(entry) = &self.segments[index].next
                    && best.as_ref().is_none_or(|(start, id)| entry.order() > (*start, id))
                {
                    best = Some(entry.owned_order());
                    place = Some(index);
                }
            }
            let Some(order) = best else { return Ok(None) };
            let part = match place {
                Some(index) => match self.segments[index].next.take() {
                    Some(entry) => Part::Segment(Box::new(entry)),
                    None => continue,
                },
                None => {
                    self.memory.pop_front();
                    Part::Memory
                }
            };
            if let Some(whole) = self.whole(order, part, place)? {
                return Ok(Some(whole));
            }
        }
    }

    /// The trace with all its parts, if it starts here.
    fn whole(&mut self, (start, id): Order, part: Part, place: Option<usize>) -> Result<Option<Whole>, Failed> {
        let key = crate::id::key(&id);
        let mut fragments: Vec<Fragment> = Vec::new();
        for (index, other) in self.segments.iter().enumerate() {
            match &part {
                Part::Segment(entry) if place == Some(index) && !entry.again => fragments.push(entry.fragment.clone()),
                _ if !other.segment.may_have(&key) => {}
                _ => {
                    let found = other.segment.find(&id);
                    let found = found.map_err(|error| Failed::Segment(other.segment.name, error))?;
                    fragments.extend(found.into_iter().map(|entry| entry.fragment));
                }
            }
        }
        fragments.extend(self.state()?.memory.fragment(&id));
        let parts = fragments.len();
        let mut fragments = fragments.into_iter();
        let Some(mut fragment) = fragments.next() else {
            return Ok(None);
        };
        fragments.for_each(|later| fragment.merge(&later));
        if fragment.start() != Some(start) {
            return Ok(None);
        }
        if parts > 1 {
            // Two parts may start at the same time: the trace must not be told twice.
            self.skip(&(start, Arc::clone(&id)))?;
        }
        Ok(Some(Whole {
            only: (parts == 1).then_some(part),
            id,
            fragment,
        }))
    }

    /// Passes over other parts of the trace that was just told.
    fn skip(&mut self, order: &Order) -> Result<(), Failed> {
        if self
            .memory
            .front()
            .is_some_and(|(start, id, _)| (*start, id) == (order.0, &order.1))
        {
            self.memory.pop_front();
        }
        for place in &mut self.segments {
            loop {
                place.look(Some(order), self.after.as_ref())?;
                match &place.next {
                    Some(entry) if entry.order() == (order.0, &*order.1) => place.next = None,
                    _ => break,
                }
            }
        }
        Ok(())
    }

    /// The root of a trace of which no span is without a parent. Only where it lies in several places its rows are read.
    fn orphan(&self, trace: &Whole) -> Result<Option<Root>, Failed> {
        match &trace.only {
            Some(Part::Segment(entry)) => Ok(entry.orphan.clone()),
            Some(Part::Memory) => Ok(self.state()?.memory.orphan(&trace.id)),
            None => match self.core.trace(&trace.id) {
                Ok(events) => Ok(orphan(|| events.iter())),
                // It is told by the segment's own next question.
                Err(_) => Ok(None),
            },
        }
    }
}
