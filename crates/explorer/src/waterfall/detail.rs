//! Everything about one span, found without building the whole waterfall.

use super::{Phases, error, split};
use honeycomb::{Event, column};

/// One span and its surroundings.
pub(crate) struct Detail {
    pub(crate) span: Event,
    /// Nanoseconds from the start of the trace.
    pub(crate) offset: i64,
    /// Nanoseconds.
    pub(crate) duration: i64,
    /// Nanoseconds in which no child ran.
    pub(crate) self_time: i64,
    /// Nanoseconds: the whole trace.
    pub(crate) total: i64,
    pub(crate) phases: Option<Phases>,
    /// Id and name of the span that caused this one; the name is missing where the span is.
    pub(crate) parent: Option<(String, Option<String>)>,
    /// How many spans it caused directly.
    pub(crate) children: usize,
    /// Its events and links by time.
    pub(crate) annotations: Vec<Event>,
}

impl Detail {
    /// The first span of this id among the rows of one trace, which are sorted by time.
    pub(crate) fn find(events: &[Event], span_id: &str) -> Option<Self> {
        let spans = || events.iter().filter(|event| event.is_span());
        let with_id = |id: &str| spans().find(|span| span.str(column::SPAN_ID) == Some(id));
        let interval = |span: &Event| {
            let start = span.time_unix_nano;
            (start, start.saturating_add(super::duration(span)))
        };
        let span = with_id(span_id)?;
        let trace_start = spans().next()?.time_unix_nano;
        let trace_end = spans().map(|span| interval(span).1).max()?;
        let of_it = |event: &&Event| event.str(column::PARENT_ID) == Some(span_id);
        let children: Vec<_> = spans().filter(of_it).map(interval).collect();
        let (start, end) = interval(span);
        let duration = end - start;
        let parent = span.str(column::PARENT_ID).map(|id| {
            let name = with_id(id).map(|span| span.str(column::NAME).unwrap_or_default().to_owned());
            (id.to_owned(), name)
        });
        Some(Self {
            offset: start.saturating_sub(trace_start),
            duration,
            total: trace_end.saturating_sub(trace_start),
            children: children.len(),
            self_time: duration - split::covered(&split::union(children), (start, end)),
            phases: Phases::of(span, duration),
            parent,
            annotations: events
                .iter()
                .filter(|event| !event.is_span())
                .filter(of_it)
                .cloned()
                .collect(),
            span: span.clone(),
        })
    }

    /// What went wrong, in as many words as the span has.
    pub(crate) fn error(&self) -> Option<&str> {
        error(&self.span)
    }

    /// The text in one of the span's columns.
    pub(crate) fn text(&self, column: &str) -> &str {
        self.span.str(column).unwrap_or_default()
    }

    /// A part of the whole trace in percent.
    pub(crate) fn share(&self) -> f64 {
        100.0 * self.duration as f64 / self.total.max(1) as f64
    }
}
