//! One row: a time, a sample rate and columns.

use crate::layout::Laid;
use crate::{column, intern, rfc3339};
use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};
use std::cmp::Ordering;
use std::fmt;
use std::iter::{Peekable, Zip};
use std::slice;
use std::sync::Arc;

/// What a column of a row holds. Honeycomb's columns have one of these four types.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text, at most [`crate::MAX_STRING_BYTES`] long.
    String(Arc<str>),
    /// A whole number.
    Integer(i64),
    /// A number; not finite ones are `null` in JSON.
    Float(f64),
    /// True or false.
    Boolean(bool),
}

impl Value {
    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number, whole or not, if it is one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }
}

impl Value {
    /// Whether an `error` attribute with this value says that something went wrong. Besides `true`, a text or a number counts,
    /// as many libraries write them, unless it says no (`false`, empty, 0).
    pub fn means_error(&self) -> bool {
        match self {
            Self::Boolean(truth) => *truth,
            Self::String(text) => !text.is_empty() && !text.eq_ignore_ascii_case("false"),
            Self::Integer(number) => *number != 0,
            Self::Float(number) => *number != 0.0,
        }
    }
}

/// As a person reads it; texts without quotes.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) => f.write_str(text),
            Self::Integer(number) => number.fmt(f),
            Self::Float(number) => number.fmt(f),
            Self::Boolean(truth) => truth.fmt(f),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::String(text) => serializer.serialize_str(text),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Float(number) => serializer.serialize_f64(*number),
            Self::Boolean(truth) => serializer.serialize_bool(*truth),
        }
    }
}

/// A column's name and what the row holds in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The name, such as `http.route`.
    pub name: Arc<str>,
    /// The value.
    pub value: Value,
}

/// Columns sorted by name, each name once.
///
/// Resource and scope are the same for all rows of a batch, so a row keeps a pointer to them and holds only its own
/// columns; and since rows of one kind have the same columns, the list of their names is shared too. All are shared
/// slices: to copy a row is to count three references.
#[derive(Clone, Debug)]
pub struct Event {
    /// When, in nanoseconds since 1970: the start of a span or a link's span, the time of a span event.
    pub time_unix_nano: i64,
    /// How many events this one stands for; 1 where nothing was sampled away.
    pub sample_rate: u32,
    /// Sorted, each once.
    names: Arc<[Arc<str>]>,
    /// As many as names.
    values: Arc<[Value]>,
    shared: Arc<[Column]>,
}

impl Event {
    /// A row of its own columns and those that it shares with others. Where both have a name, the own one counts;
    /// where one list has a name twice, the later one.
    pub fn new(time_unix_nano: i64, sample_rate: u32, own: Vec<Column>, shared: Arc<[Column]>) -> Self {
        debug_assert!(shared.is_sorted_by(|a, b| a.name < b.name));
        let own = sorted(own);
        Self {
            time_unix_nano,
            sample_rate,
            names: intern::names(&own),
            values: own.into_iter().map(|column| column.value).collect(),
            shared,
        }
    }

    /// As [`Event::new`], for columns that are laid out.
    pub(crate) fn from_laid(time_unix_nano: i64, sample_rate: u32, laid: Laid, shared: Arc<[Column]>) -> Self {
        debug_assert!(shared.is_sorted_by(|a, b| a.name < b.name));
        Self {
            time_unix_nano,
            sample_rate,
            names: laid.names,
            values: laid.values,
            shared,
        }
    }

    /// What the row holds in a column.
    pub fn get(&self, column: &str) -> Option<&Value> {
        if let Ok(at) = self.names.binary_search_by(|name| (**name).cmp(column)) {
            return Some(&self.values[at]);
        }
        let at = self.shared.binary_search_by(|shared| (*shared.name).cmp(column)).ok()?;
        Some(&self.shared[at].value)
    }

    /// The text that the row holds in a column; `None` also where it holds something else.
    pub fn str(&self, column: &str) -> Option<&str> {
        self.get(column).and_then(Value::as_str)
    }

    /// The number that the row holds in a column; `None` also where it holds something else.
    pub fn number(&self, column: &str) -> Option<f64> {
        self.get(column).and_then(Value::as_f64)
    }

    /// All columns, sorted by name.
    pub fn columns(&self) -> Columns<'_> {
        Columns {
            own: self.names.iter().zip(&*self.values).peekable(),
            shared: self.shared.iter().peekable(),
        }
    }

    /// The row's own columns, sorted: names, and as many values.
    pub fn own(&self) -> (&Arc<[Arc<str>]>, &[Value]) {
        (&self.names, &self.values)
    }

    /// The columns that it shares with others, sorted. An own one of the same name hides one of these.
    pub fn shared(&self) -> &Arc<[Column]> {
        &self.shared
    }

    /// About how many bytes of memory the row takes itself; what it shares with other rows is left out.
    pub fn own_bytes(&self) -> usize {
        let texts = self.values.iter().filter_map(Value::as_str).map(str::len);
        size_of::<Self>() + self.values.len() * size_of::<Value>() + texts.sum::<usize>()
    }

    /// Whether the row is a span, and not an event or a link of one.
    pub fn is_span(&self) -> bool {
        self.get(column::ANNOTATION_TYPE).is_none() && self.get(column::SPAN_ID).is_some()
    }

    /// Whether the row says that something went wrong: see [`Value::means_error`].
    pub fn is_error(&self) -> bool {
        self.get(column::ERROR).is_some_and(Value::means_error)
    }
}

/// The columns of a row in the order of their names; what the row has itself hides what it shares.
#[derive(Clone, Debug)]
pub struct Columns<'a> {
    own: Peekable<Zip<slice::Iter<'a, Arc<str>>, slice::Iter<'a, Value>>>,
    shared: Peekable<slice::Iter<'a, Column>>,
}

impl<'a> Iterator for Columns<'a> {
    type Item = (&'a str, &'a Value);

    fn next(&mut self) -> Option<Self::Item> {
        let order = match (self.own.peek(), self.shared.peek()) {
            (Some((own, _)), Some(shared)) => (*own).cmp(&shared.name),
            (_, None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        if order.is_ge() {
            let shared = self.shared.next()?;
            if order.is_gt() {
                return Some((&shared.name, &shared.value));
            }
        }
        self.own.next().map(|(name, value)| (&**name, value))
    }
}

/// Sorts by name and keeps the last of each name. Sorting, and not looking each name up in those before it, keeps a
/// hostile span of a hundred thousand attributes from costing more than its share.
fn sorted(mut columns: Vec<Column>) -> Vec<Column> {
    columns.sort_by(|a, b| a.name.cmp(&b.name));
    columns.dedup_by(|later, earlier| {
        let same = later.name == earlier.name;
        if same {
            std::mem::swap(later, earlier);
        }
        same
    });
    columns
}

/// The shape that Honeycomb's batch endpoint takes: `{"time": RFC 3339, "samplerate": n, "data": {column: value}}`.
impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Data<'a>(&'a Event);
        impl Serialize for Data<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                for (name, value) in self.0.columns() {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
        let mut event = serializer.serialize_struct("Event", 3)?;
        event.serialize_field("time", &rfc3339(self.time_unix_nano))?;
        event.serialize_field("samplerate", &self.sample_rate)?;
        event.serialize_field("data", &Data(self))?;
        event.end()
    }
}
