//! A trace as the rows of a waterfall, without any HTML.

mod detail;
mod doubts;
mod phases;
mod search;
mod skeleton;
mod split;
mod tree;

pub(crate) use detail::Detail;
pub(crate) use doubts::Doubts;
pub(crate) use phases::{Phase, Phases};
pub(crate) use search::saying;
pub(crate) use skeleton::Skeleton;
pub(crate) use split::Split;
pub(crate) use tree::{Guide, Place};

use honeycomb::{Event, Value, column};
use std::collections::{BTreeMap, HashMap};
use trace_wire::attribute;

/// A whole trace.
pub(crate) struct Waterfall {
    /// The start of the earliest span, in nanoseconds since 1970.
    pub(crate) start: i64,
    /// Nanoseconds from there to the end of the latest span.
    pub(crate) total: i64,
    /// Spans, parents before their children, siblings in the order of time.
    pub(crate) rows: Vec<Row>,
    /// Events and links whose span is not there.
    pub(crate) loose: Vec<Event>,
    /// Where the time went, if a fetch in the trace knows its network time.
    pub(crate) split: Option<Split>,
}

/// One span.
pub(crate) struct Row {
    pub(crate) span: Event,
    pub(crate) place: Place,
    /// Nanoseconds from the start of the trace.
    pub(crate) offset: i64,
    /// Nanoseconds.
    pub(crate) duration: i64,
    /// Nanoseconds in which no child ran.
    pub(crate) self_time: i64,
    pub(crate) phases: Option<Phases>,
    /// The span's events by time.
    pub(crate) marks: Vec<Mark>,
    pub(crate) has_links: bool,
    /// It starts before the span that caused it, by more than their clocks may be off.
    pub(crate) before_parent: bool,
}

/// An event on a span's bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Nanoseconds from the start of the trace.
    pub(crate) offset: i64,
    pub(crate) is_exception: bool,
}

/// So many events are marked on a bar.
const MAX_MARKS: usize = 50;

impl Waterfall {
    /// From the rows of one trace, sorted by time.
    pub(crate) fn new(events: Vec<Event>) -> Self {
        let (spans, annotations): (Vec<_>, Vec<_>) = events.into_iter().partition(Event::is_span);
        let start = spans.first().map_or(0, |span| span.time_unix_nano);
        let end = |span: &Event| span.time_unix_nano.saturating_add(duration(span));
        let total = spans.iter().map(end).max().unwrap_or(start).saturating_sub(start);

        let places = tree::places(&spans);
        let self_times = tree::self_times(&spans, &places);
        let mut rows: Vec<Row> = places
            .into_iter()
            .map(|place| {
                let span = spans[place.span].clone();
                let duration = duration(&span);
                Row {
                    offset: span.time_unix_nano.saturating_sub(start),
                    duration,
                    self_time: self_times[place.span],
                    phases: Phases::of(&span, duration),
                    marks: Vec::new(),
                    has_links: false,
                    before_parent: place
                        .parent
                        .is_some_and(|parent| doubts::is_before(&span, &spans[parent])),
                    span,
                    place,
                }
            })
            .collect();
        let loose = annotate(&mut rows, annotations, start);
        let split = Split::of(&rows, total);
        Self {
            start,
            total,
            rows,
            loose,
            split,
        }
    }

    /// The services and how many spans each has, by name.
    pub(crate) fn services(&self) -> BTreeMap<&str, u64> {
        let mut services = BTreeMap::new();
        for row in &self.rows {
            *services.entry(row.service()).or_default() += 1;
        }
        services
    }

    /// The rows with an error.
    pub(crate) fn errors(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.span.is_error())
    }

    /// What the earliest span says in a column that says something there.
    pub(crate) fn first(&self, column: &str) -> Option<&str> {
        let with = self.rows.iter().filter(|row| row.span.str(column).is_some());
        with.min_by_key(|row| row.offset)?.span.str(column)
    }

    /// A part of the whole in percent.
    pub(crate) fn percent(&self, nanoseconds: i64) -> f64 {
        100.0 * nanoseconds as f64 / self.total.max(1) as f64
    }
}

impl Row {
    pub(crate) fn name(&self) -> &str {
        self.span.str(column::NAME).unwrap_or_default()
    }

    pub(crate) fn service(&self) -> &str {
        self.span.str(column::SERVICE_NAME).unwrap_or(column::UNKNOWN_SERVICE)
    }

    pub(crate) fn id(&self) -> &str {
        self.span.str(column::SPAN_ID).unwrap_or_default()
    }

    /// From the start of the trace.
    fn interval(&self) -> (i64, i64) {
        (self.offset, self.offset.saturating_add(self.duration))
    }

    pub(crate) fn is_database(&self) -> bool {
        self.span.get(attribute::DB_SYSTEM_NAME).is_some()
    }

    /// What went wrong, in as many words as the span has.
    pub(crate) fn error(&self) -> Option<&str> {
        error(&self.span)
    }

    /// The page's own span did not come, and the server made it.
    pub(crate) fn is_synthetic(&self) -> bool {
        is_true(&self.span, attribute::SPAN_SYNTHETIC)
    }

    /// It was open when its page went away.
    pub(crate) fn is_incomplete(&self) -> bool {
        is_true(&self.span, attribute::SPAN_INCOMPLETE)
    }
}

/// Every event of a failed span has its `error`; what went wrong is told by the exceptions.
pub(crate) fn is_exception(event: &Event) -> bool {
    event.is_error() && event.str(column::NAME) == Some(column::EXCEPTION)
}

fn is_true(span: &Event, column: &str) -> bool {
    matches!(span.get(column), Some(Value::Boolean(true)))
}

fn error(span: &Event) -> Option<&str> {
    if !span.is_error() {
        return None;
    }
    let told = [
        column::STATUS_MESSAGE,
        attribute::EXCEPTION_MESSAGE,
        attribute::ERROR_TYPE,
        column::ERROR,
    ];
    let words = told.into_iter().find_map(|column| span.str(column));
    Some(words.unwrap_or("failed"))
}

/// Nanoseconds; what is not a duration is none.
fn duration(span: &Event) -> i64 {
    let ms = span.number(column::DURATION_MS).unwrap_or_default();
    // Saturates, and what is not a number becomes 0.
    (ms.max(0.0) * 1e6).round() as i64
}

/// Tells each span of its events and links; answers with those whose span is not there.
fn annotate(rows: &mut [Row], annotations: Vec<Event>, start: i64) -> Vec<Event> {
    if annotations.is_empty() {
        return annotations;
    }
    let of_span: HashMap<String, usize> = rows
        .iter()
        .enumerate()
        .rev()
        .map(|(index, row)| (row.id().to_owned(), index))
        .collect();
    let mut loose = Vec::new();
    for annotation in annotations {
        let Some(index) = annotation.str(column::PARENT_ID).and_then(|id| of_span.get(id)) else {
            loose.push(annotation);
            continue;
        };
        let row = &mut rows[*index];
        if annotation.get(column::LINK_TRACE_ID).is_some() {
            row.has_links = true;
        } else if row.marks.len() < MAX_MARKS {
            row.marks.push(Mark {
                offset: annotation.time_unix_nano.saturating_sub(start),
                is_exception: is_exception(&annotation),
            });
        }
    }
    loose
}

#[cfg(test)]
mod tests;
