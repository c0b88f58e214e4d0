//! What is known of one trace without reading its rows.

use crate::{SuggestionField, TraceFilter, TraceSummary};
use honeycomb::{Event, Value, column};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use trace_wire::attribute;

/// The numbers of a trace's rows, and what they add up to.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// Ascending: the oldest row is the first one.
    rows: VecDeque<u64>,
    sums: Sums,
}

#[derive(Debug, Default)]
struct Sums {
    spans: u64,
    errors: u64,
    /// Of the spans: earliest start and latest end, in nanoseconds since 1970.
    window: Option<(i64, i64)>,
    /// The earliest span without a parent.
    root: Earliest<Root>,
    user_id: Earliest<Arc<str>>,
    user_name: Earliest<Arc<str>>,
    network_ms: Option<f64>,
    services: Names,
    routes: Names,
    users: Names,
}

#[derive(Clone, Debug)]
struct Root {
    name: Arc<str>,
    service: Arc<str>,
}

impl Trace {
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.rows.iter().copied()
    }

    /// The start of the earliest span; none while no span has come.
    pub(crate) fn start(&self) -> Option<i64> {
        self.sums.window.map(|(start, _)| start)
    }

    /// Takes in the newest row.
    pub(crate) fn add(&mut self, number: u64, event: &Event) {
        self.rows.push_back(number);
        self.sums.add(event);
    }

    /// The oldest row is gone. What the trace adds up to is not right any more until [`Self::recount`].
    pub(crate) fn forget_oldest(&mut self) {
        self.rows.pop_front();
    }

    /// Adds up the rows that are left.
    pub(crate) fn recount<'a>(&mut self, row: impl Fn(u64) -> &'a Event) {
        self.sums = Sums::default();
        for number in &self.rows {
            self.sums.add(row(*number));
        }
    }

    /// Milliseconds from the earliest start to the latest end.
    pub(crate) fn duration_ms(&self) -> f64 {
        self.sums.duration_ms()
    }

    /// Whether a span has an error.
    pub(crate) fn failed(&self) -> bool {
        self.sums.errors > 0
    }

    /// What its spans say that a filter looks for.
    pub(crate) fn names(&self, field: SuggestionField) -> &[Arc<str>] {
        let sums = &self.sums;
        match field {
            SuggestionField::Service => &sums.services.0,
            SuggestionField::Route => &sums.routes.0,
            SuggestionField::User => &sums.users.0,
        }
    }

    pub(crate) fn matches(&self, filter: &TraceFilter) -> bool {
        let sums = &self.sums;
        let has = |names: &Names, wanted: &Option<String>| wanted.as_ref().is_none_or(|name| names.contains(name));
        let duration = sums.duration_ms();
        has(&sums.services, &filter.service)
            && has(&sums.routes, &filter.route)
            && has(&sums.users, &filter.user)
            && filter.min_ms.is_none_or(|min| duration >= min)
            && filter.max_ms.is_none_or(|max| duration <= max)
            && filter.error.is_none_or(|error| error == (sums.errors > 0))
    }

    /// The line about the trace. Its rows are read only where no span is without a parent, that is, while the root is
    /// still to come or was dropped.
    pub(crate) fn summary<'a, I: Iterator<Item = &'a Event>>(
        &self,
        id: &Arc<str>,
        events: impl Fn() -> I,
    ) -> TraceSummary {
        let sums = &self.sums;
        let root = sums.root.value().cloned().unwrap_or_else(|| orphan(events));
        TraceSummary {
            trace_id: Arc::clone(id),
            name: root.name,
            service: root.service,
            user_id: sums.user_id.value().cloned(),
            user_name: sums.user_name.value().cloned(),
            time_unix_nano: self.start().unwrap_or_default(),
            duration_ms: sums.duration_ms(),
            span_count: sums.spans,
            error_count: sums.errors,
            services: sums.services.0.clone(),
            network_ms: sums.network_ms,
        }
    }
}

impl Sums {
    fn add(&mut self, event: &Event) {
        if !event.is_span() {
            return;
        }
        let start = event.time_unix_nano;
        let end = start.saturating_add(duration(event));
        self.window = Some(match self.window {
            Some((earliest, latest)) => (earliest.min(start), latest.max(end)),
            None => (start, end),
        });
        self.spans += 1;
        self.errors += u64::from(event.is_error());
        if event.get(column::PARENT_ID).is_none() {
            self.root.offer(start, || Root::of(event));
        }
        self.services.insert(service(event));
        if let Some(route) = text(event, attribute::HTTP_ROUTE) {
            self.routes.insert(route);
        }
        for (name, earliest) in [
            (attribute::USER_ID, &mut self.user_id),
            (attribute::USER_NAME, &mut self.user_name),
        ] {
            if let Some(user) = text(event, name) {
                earliest.offer(start, || Arc::clone(&user));
                self.users.insert(user);
            }
        }
        if let Some(network) = event.number(attribute::TIMING_NETWORK_MS).filter(|ms| ms.is_finite()) {
            self.network_ms = Some(self.network_ms.unwrap_or_default() + network);
        }
    }

    fn duration_ms(&self) -> f64 {
        self.window
            .map_or(0.0, |(start, end)| end.saturating_sub(start) as f64 / 1e6)
    }
}

impl Root {
    fn of(event: &Event) -> Self {
        Self {
            name: text(event, column::NAME).unwrap_or_default(),
            service: service(event),
        }
    }
}

/// The earliest span whose parent is not in the trace; the earliest span where all parents are (a circle).
fn orphan<'a, I: Iterator<Item = &'a Event>>(events: impl Fn() -> I) -> Root {
    let spans = || events().filter(|event| event.is_span());
    let ids: HashSet<&str> = spans().filter_map(|span| span.str(column::SPAN_ID)).collect();
    let lost = |span: &&Event| !span.str(column::PARENT_ID).is_some_and(|parent| ids.contains(parent));
    let by_start = |span: &&Event| span.time_unix_nano;
    let root = spans()
        .filter(lost)
        .min_by_key(by_start)
        .or_else(|| spans().min_by_key(by_start));
    root.map_or_else(
        || Root {
            name: Arc::default(),
            service: Arc::from(column::UNKNOWN_SERVICE),
        },
        Root::of,
    )
}

/// Nanoseconds; what is not a duration is none.
fn duration(event: &Event) -> i64 {
    let ms = event.number(column::DURATION_MS).unwrap_or_default();
    // Saturates, and what is not a number becomes 0.
    (ms.max(0.0) * 1e6).round() as i64
}

fn service(event: &Event) -> Arc<str> {
    text(event, column::SERVICE_NAME).unwrap_or_else(|| Arc::from(column::UNKNOWN_SERVICE))
}

/// The text in a column, shared with the row; a number as it is written.
pub(super) fn text(event: &Event, column: &str) -> Option<Arc<str>> {
    match event.get(column)? {
        Value::String(text) => Some(Arc::clone(text)),
        other => Some(other.to_string().into()),
    }
}

/// What the earliest span says that says something; of equally early ones, the first that came.
#[derive(Debug)]
struct Earliest<T>(Option<(i64, T)>);

impl<T> Default for Earliest<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Earliest<T> {
    fn offer(&mut self, start: i64, value: impl FnOnce() -> T) {
        if self.0.as_ref().is_none_or(|(earliest, _)| start < *earliest) {
            self.0 = Some((start, value()));
        }
    }

    fn value(&self) -> Option<&T> {
        self.0.as_ref().map(|(_, value)| value)
    }
}

/// A few names, each once, in order: one allocation where a tree or a table has several.
#[derive(Debug, Default)]
struct Names(Vec<Arc<str>>);

impl Names {
    fn insert(&mut self, name: Arc<str>) {
        if let Err(at) = self.0.binary_search(&name) {
            self.0.insert(at, name);
        }
    }

    fn contains(&self, name: &str) -> bool {
        self.0.binary_search_by(|known| (**known).cmp(name)).is_ok()
    }
}
