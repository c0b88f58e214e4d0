//! The columns that the store itself looks at in every row, found once for each kind of row.
//!
//! Rows of one kind share the list of their names, and rows of one batch that of their resource. To look a dozen names up in
//! both lists again for each row was half of the time that it took to bring rows in.

use foldhash::fast::RandomState;
use honeycomb::{Event, Value, column};
use std::collections::HashMap;
use std::sync::Arc;
use trace_wire::attribute;

/// One of the columns.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key {
    TraceId,
    SpanId,
    ParentId,
    AnnotationType,
    Name,
    Service,
    Duration,
    Error,
    Route,
    UserId,
    UserName,
    Network,
    Kind,
}

/// Their names, in the order of [`Key`].
const NAMES: [&str; 13] = [
    column::TRACE_ID,
    column::SPAN_ID,
    column::PARENT_ID,
    column::ANNOTATION_TYPE,
    column::NAME,
    column::SERVICE_NAME,
    column::DURATION_MS,
    column::ERROR,
    attribute::HTTP_ROUTE,
    attribute::USER_ID,
    attribute::USER_NAME,
    attribute::TIMING_NETWORK_MS,
    column::SPAN_KIND,
];

/// What tells which attributes a row is likely to have.
pub(crate) const KIND: [Key; 3] = [Key::AnnotationType, Key::Service, Key::Kind];

impl Key {
    pub(crate) fn name(self) -> &'static str {
        NAMES[self as usize]
    }
}

/// Where they are in a list of names.
type Places = [Option<u32>; NAMES.len()];

fn places<'a, N: AsRef<str> + 'a>(names: &'a [N]) -> Places {
    NAMES.map(|wanted| {
        let at = names.binary_search_by(|name| name.as_ref().cmp(wanted)).ok()?;
        u32::try_from(at).ok()
    })
}

/// What has been found in the lists, by their addresses. To be kept no longer than the rows that were looked at.
#[derive(Default)]
pub(crate) struct Found {
    own: HashMap<usize, Places, RandomState>,
    shared: HashMap<usize, Places, RandomState>,
}

impl Found {
    pub(crate) fn row<'e>(&mut self, event: &'e Event) -> Row<'e, '_> {
        let (names, shared) = (event.own().0, event.shared());
        Row {
            event,
            own: self.own.entry(names.as_ptr().addr()).or_insert_with(|| places(names)),
            shared: self.shared.entry(shared.as_ptr().addr()).or_insert_with(|| {
                let names: Vec<&str> = shared.iter().map(|column| &*column.name).collect();
                places(&names)
            }),
        }
    }
}

/// A row, and where these columns are in it.
#[derive(Clone, Copy)]
pub(crate) struct Row<'e, 'f> {
    pub(crate) event: &'e Event,
    own: &'f Places,
    shared: &'f Places,
}

impl<'e> Row<'e, '_> {
    pub(crate) fn get(&self, key: Key) -> Option<&'e Value> {
        match self.own[key as usize] {
            Some(at) => self.event.own().1.get(at as usize),
            None => {
                let at = self.shared[key as usize]?;
                self.event.shared().get(at as usize).map(|column| &column.value)
            }
        }
    }

    /// The text in a column; none where it holds something else.
    pub(crate) fn str(&self, key: Key) -> Option<&'e str> {
        self.get(key).and_then(Value::as_str)
    }

    /// The text in a column, shared with the row; a number as it is written.
    pub(crate) fn text(&self, key: Key) -> Option<Arc<str>> {
        self.get(key).map(text)
    }

    pub(crate) fn number(&self, key: Key) -> Option<f64> {
        self.get(key).and_then(Value::as_f64)
    }

    /// As [`Event::is_span`].
    pub(crate) fn is_span(&self) -> bool {
        self.get(Key::AnnotationType).is_none() && self.get(Key::SpanId).is_some()
    }
}

/// A value as text, a number as it is written.
pub(crate) fn text(value: &Value) -> Arc<str> {
    match value {
        Value::String(text) => Arc::clone(text),
        other => other.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use honeycomb::Column;

    #[test]
    fn a_row_s_own_column_hides_what_it_shares_and_every_key_has_its_name() {
        let column = |name: &str, value: &str| Column {
            name: name.into(),
            value: Value::String(value.into()),
        };
        for mask in 0..1 << NAMES.len() {
            let chosen = NAMES.iter().enumerate().filter(|(at, _)| mask >> at & 1 == 1);
            let own = chosen.map(|(_, name)| column(name, "own")).collect();
            let mut shared: Vec<_> = NAMES.iter().step_by(2).map(|name| column(name, "shared")).collect();
            shared.sort_by(|a, b| a.name.cmp(&b.name));
            let event = Event::new(0, 1, own, shared.into());
            let mut found = Found::default();
            let row = found.row(&event);
            for (name, key) in NAMES.iter().zip([
                Key::TraceId,
                Key::SpanId,
                Key::ParentId,
                Key::AnnotationType,
                Key::Name,
                Key::Service,
                Key::Duration,
                Key::Error,
                Key::Route,
                Key::UserId,
                Key::UserName,
                Key::Network,
                Key::Kind,
            ]) {
                assert_eq!(row.get(key), event.get(name), "{name}");
            }
        }
    }
}
