//! What is known of a trace, or of the part of it that lies in one place, without reading its rows.
//!
//! A trace may lie in several segments and in memory: what its parts add up to can be added up again.

use crate::row::{Key, Row, text};
use crate::{SuggestionField, TraceFilter, TraceSummary};
use honeycomb::{Event, Value, column};
use std::collections::HashSet;
use std::sync::Arc;

/// What some rows of one trace add up to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Fragment {
    pub(crate) spans: u64,
    pub(crate) errors: u64,
    /// Of the spans: earliest start and latest end, in nanoseconds since 1970; none where no row is a span.
    pub(crate) window: Option<(i64, i64)>,
    /// The earliest span without a parent.
    pub(crate) root: Earliest<Root>,
    pub(crate) user_id: Earliest<Arc<str>>,
    pub(crate) user_name: Earliest<Arc<str>>,
    pub(crate) network_ms: Option<f64>,
    pub(crate) services: Names,
    pub(crate) routes: Names,
    pub(crate) users: Names,
}

/// The span that gives a trace its name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Root {
    pub(crate) name: Arc<str>,
    pub(crate) service: Arc<str>,
}

impl Fragment {
    /// Takes in a row.
    pub(crate) fn add(&mut self, row: &Row<'_, '_>) {
        if !row.is_span() {
            return;
        }
        let start = row.event.time_unix_nano;
        let end = start.saturating_add(duration(row));
        self.window = Some(match self.window {
            Some((earliest, latest)) => (earliest.min(start), latest.max(end)),
            None => (start, end),
        });
        self.spans += 1;
        self.errors += u64::from(row.get(Key::Error).is_some_and(Value::means_error));
        let service = row.text(Key::Service);
        let service = service.unwrap_or_else(|| Arc::from(column::UNKNOWN_SERVICE));
        if row.get(Key::ParentId).is_none() {
            self.root.offer(start, || Root {
                name: row.text(Key::Name).unwrap_or_default(),
                service: Arc::clone(&service),
            });
        }
        self.services.insert(service);
        if let Some(route) = row.text(Key::Route) {
            self.routes.insert(route);
        }
        for (key, earliest) in [(Key::UserId, &mut self.user_id), (Key::UserName, &mut self.user_name)] {
            if let Some(user) = row.text(key) {
                earliest.offer(start, || Arc::clone(&user));
                self.users.insert(user);
            }
        }
        if let Some(network) = row.number(Key::Network).filter(|ms| ms.is_finite()) {
            self.network_ms = Some(self.network_ms.unwrap_or_default() + network);
        }
    }

    /// Takes in what rows add up to that came later.
    pub(crate) fn merge(&mut self, later: &Self) {
        self.window = match (self.window, later.window) {
            (Some((start, end)), Some((other_start, other_end))) => Some((start.min(other_start), end.max(other_end))),
            (one, other) => one.or(other),
        };
        self.spans += later.spans;
        self.errors += later.errors;
        self.root.merge(&later.root);
        self.user_id.merge(&later.user_id);
        self.user_name.merge(&later.user_name);
        self.network_ms = match (self.network_ms, later.network_ms) {
            (Some(one), Some(other)) => Some(one + other),
            (one, other) => one.or(other),
        };
        for (names, more) in [
            (&mut self.services, &later.services),
            (&mut self.routes, &later.routes),
            (&mut self.users, &later.users),
        ] {
            more.0.iter().for_each(|name| names.insert(Arc::clone(name)));
        }
    }

    /// The start of the earliest span; none while no span has come.
    pub(crate) fn start(&self) -> Option<i64> {
        self.window.map(|(start, _)| start)
    }

    pub(crate) fn duration_ms(&self) -> f64 {
        self.window
            .map_or(0.0, |(start, end)| end.saturating_sub(start) as f64 / 1e6)
    }

    /// What its spans say that a filter looks for.
    pub(crate) fn names(&self, field: SuggestionField) -> &[Arc<str>] {
        match field {
            SuggestionField::Service => &self.services.0,
            SuggestionField::Route => &self.routes.0,
            SuggestionField::User => &self.users.0,
        }
    }

    pub(crate) fn matches(&self, filter: &TraceFilter) -> bool {
        let has = |names: &Names, wanted: &Option<String>| wanted.as_ref().is_none_or(|name| names.contains(name));
        let duration = self.duration_ms();
        has(&self.services, &filter.service)
            && has(&self.routes, &filter.route)
            && has(&self.users, &filter.user)
            && filter.min_ms.is_none_or(|min| duration >= min)
            && filter.max_ms.is_none_or(|max| duration <= max)
            && filter.error.is_none_or(|error| error == (self.errors > 0))
    }

    /// The line about the trace, with this root if none of its spans is without a parent (see [`orphan`]).
    pub(crate) fn summary(&self, id: &Arc<str>, orphan: Option<Root>) -> TraceSummary {
        let root = self.root.value().cloned().or(orphan).unwrap_or_else(Root::unknown);
        TraceSummary {
            trace_id: Arc::clone(id),
            name: root.name,
            service: root.service,
            user_id: self.user_id.value().cloned(),
            user_name: self.user_name.value().cloned(),
            time_unix_nano: self.start().unwrap_or_default(),
            duration_ms: self.duration_ms(),
            span_count: self.spans,
            error_count: self.errors,
            services: self.services.0.clone(),
            network_ms: self.network_ms,
        }
    }
}

impl Root {
    fn of(event: &Event) -> Self {
        Self {
            name: event.get(column::NAME).map(text).unwrap_or_default(),
            service: match event.get(column::SERVICE_NAME) {
                Some(service) => text(service),
                None => Arc::from(column::UNKNOWN_SERVICE),
            },
        }
    }

    fn unknown() -> Self {
        Self {
            name: Arc::default(),
            service: Arc::from(column::UNKNOWN_SERVICE),
        }
    }
}

/// The root of a trace whose root is still to come or was dropped: the earliest span whose parent is not in the trace; the
/// earliest span where all parents are (a circle).
pub(crate) fn orphan<'a, I: Iterator<Item = &'a Event>>(events: impl Fn() -> I) -> Option<Root> {
    let spans = || events().filter(|event| event.is_span());
    let ids: HashSet<&str> = spans().filter_map(|span| span.str(column::SPAN_ID)).collect();
    let lost = |span: &&Event| !span.str(column::PARENT_ID).is_some_and(|parent| ids.contains(parent));
    // Of two that start at the same time always the same one, whatever order they are kept in.
    let by_start = |span: &&'a Event| (span.time_unix_nano, span.str(column::SPAN_ID));
    let root = spans()
        .filter(lost)
        .min_by_key(by_start)
        .or_else(|| spans().min_by_key(by_start));
    root.map(Root::of)
}

/// Nanoseconds; what is not a duration is none.
fn duration(row: &Row<'_, '_>) -> i64 {
    let ms = row.number(Key::Duration).unwrap_or_default();
    // Saturates, and what is not a number becomes 0.
    (ms.max(0.0) * 1e6).round() as i64
}

/// What the earliest span says that says something; of equally early ones, the first that came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Earliest<T>(pub(crate) Option<(i64, T)>);

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

    fn merge(&mut self, later: &Self)
    where
        T: Clone,
    {
        if let Some((start, value)) = &later.0 {
            self.offer(*start, || value.clone());
        }
    }

    fn value(&self) -> Option<&T> {
        self.0.as_ref().map(|(_, value)| value)
    }
}

/// A few names, each once, in order: one allocation where a tree or a table has several.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Names(pub(crate) Vec<Arc<str>>);

impl Names {
    pub(crate) fn insert(&mut self, name: Arc<str>) {
        if let Err(at) = self.0.binary_search(&name) {
            self.0.insert(at, name);
        }
    }

    fn contains(&self, name: &str) -> bool {
        self.0.binary_search_by(|known| (**known).cmp(name)).is_ok()
    }
}
