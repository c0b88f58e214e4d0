//! Which columns there are, and of what type.
//!
//! Any attribute is a typed column from the moment when it first comes. Its name is compared without case, as Honeycomb
//! does. What does not fit (another spelling, another type, a name after [`MAX_COLUMNS`]) is no error: it goes into the
//! row's [`OVERFLOW`] column and is there when the trace is read.

use crate::{id, milliseconds};
use datafusion::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use foldhash::fast::RandomState;
use honeycomb::{Event, Value, column};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

/// So many attributes become columns of their own.
pub const MAX_COLUMNS: usize = 400;

/// Whole numbers up to this are exact as floats.
pub(crate) const EXACT_FLOAT: u64 = 1 << 53;

/// When, as on [`Event::time_unix_nano`].
pub(crate) const TIME: &str = "time";
/// The zone of [`TIME`].
pub(crate) const ZONE: &str = "UTC";
/// How many events a row stands for.
pub(crate) const SAMPLE_RATE: &str = "samplerate";
/// The bucket of `duration_ms` (see [`crate::bucket`]).
pub(crate) const DURATION_BUCKET: &str = "meta.duration_bucket";
/// A JSON object of what has no column of its own.
pub(crate) const OVERFLOW: &str = "meta.overflow";

/// The columns that are not attributes.
pub(crate) const OWN: [&str; 4] = [TIME, SAMPLE_RATE, DURATION_BUCKET, OVERFLOW];

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Integer,
    Float,
    /// Milliseconds that are whole nanoseconds: half of what they take as floats of any kind.
    Milliseconds,
    Boolean,
    TraceId,
    SpanId,
}

impl Kind {
    fn of(value: &Value) -> Self {
        match value {
            Value::String(_) => Self::Text,
            Value::Integer(_) => Self::Integer,
            Value::Float(_) => Self::Float,
            Value::Boolean(_) => Self::Boolean,
        }
    }

    pub(crate) fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8View,
            Self::Integer => DataType::Int64,
            Self::Float | Self::Milliseconds => DataType::Float64,
            Self::Boolean => DataType::Boolean,
            Self::TraceId => DataType::FixedSizeBinary(16),
            Self::SpanId => DataType::FixedSizeBinary(8),
        }
    }

    fn of_data_type(data_type: &DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Utf8View | DataType::Utf8 | DataType::LargeUtf8 => Self::Text,
            DataType::Int64 => Self::Integer,
            DataType::Float64 => Self::Float,
            DataType::Boolean => Self::Boolean,
            DataType::FixedSizeBinary(16) => Self::TraceId,
            DataType::FixedSizeBinary(8) => Self::SpanId,
            _ => return None,
        })
    }

    /// Whether a column of this type can hold the value and give it back.
    pub(crate) fn holds(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Text, Value::String(_))
            | (Self::Integer, Value::Integer(_))
            | (Self::Float, Value::Float(_))
            | (Self::Boolean, Value::Boolean(_)) => true,
            // Many libraries write 12.5 as a float and 12 as an integer.
            (Self::Float, Value::Integer(number)) => number.unsigned_abs() <= EXACT_FLOAT,
            (Self::Milliseconds, Value::Integer(number)) => milliseconds::nanoseconds(*number as f64).is_some(),
            (Self::Milliseconds, Value::Float(number)) => milliseconds::nanoseconds(*number).is_some(),
            (Self::TraceId, Value::String(text)) => id::trace_id(text).is_some(),
            (Self::SpanId, Value::String(text)) => id::span_id(text).is_some(),
            _ => false,
        }
    }
}

/// All columns, in the order in which they came.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    list: Vec<(Arc<str>, Kind)>,
    // Looked into for every attribute of every row; and their number is bounded, whoever chooses the names.
    by_name: HashMap<Arc<str>, usize, RandomState>,
    by_lower_case: HashMap<String, usize>,
}

impl Default for Columns {
    fn default() -> Self {
        let mut columns = Self {
            list: Vec::new(),
            by_name: HashMap::default(),
            by_lower_case: HashMap::new(),
        };
        for (name, kind) in [
            (column::TRACE_ID, Kind::TraceId),
            (column::SPAN_ID, Kind::SpanId),
            (column::PARENT_ID, Kind::SpanId),
            (column::NAME, Kind::Text),
            (column::SERVICE_NAME, Kind::Text),
            (column::DURATION_MS, Kind::Milliseconds),
            (column::TIME_SINCE_SPAN_START_MS, Kind::Milliseconds),
            (column::ERROR, Kind::Boolean),
            (column::STATUS_CODE, Kind::Integer),
            (column::STATUS_MESSAGE, Kind::Text),
            (column::ANNOTATION_TYPE, Kind::Text),
            (column::LINK_TRACE_ID, Kind::TraceId),
            (column::LINK_SPAN_ID, Kind::SpanId),
        ] {
            columns.add(name, kind);
        }
        columns
    }
}

impl Columns {
    /// Adds a column, unless there is one of the name, or no room.
    fn add(&mut self, name: &str, kind: Kind) {
        let lower = name.to_lowercase();
        if self.list.len() >= MAX_COLUMNS || OWN.contains(&lower.as_str()) {
            return;
        }
        if let Entry::Vacant(vacant) = self.by_lower_case.entry(lower) {
            let name: Arc<str> = name.into();
            vacant.insert(self.list.len());
            self.by_name.insert(Arc::clone(&name), self.list.len());
            self.list.push((name, kind));
        }
    }

    /// Whether there is no column of this name, and room for one.
    pub(crate) fn is_new(&self, name: &str) -> bool {
        self.list.len() < MAX_COLUMNS
            && !self.by_name.contains_key(name)
            && !self.by_lower_case.contains_key(&name.to_lowercase())
    }

    /// Whether the column at a place becomes another one by this value.
    pub(crate) fn widens(&self, at: usize, value: &Value) -> bool {
        widens(self.list[at].1, value)
    }

    /// Makes columns of a row's attributes.
    pub(crate) fn learn(&mut self, event: &Event) {
        for (name, value) in event.columns() {
            match self.by_name.get(name) {
                Some(at) if widens(self.list[*at].1, value) => self.list[*at].1 = Kind::Float,
                Some(_) => {}
                None => self.add(name, Kind::of(value)),
            }
        }
    }

    /// Makes columns of a segment's.
    pub(crate) fn learn_schema(&mut self, schema: &Schema) {
        for field in schema.fields() {
            let Some(kind) = Kind::of_data_type(field.data_type()) else {
                continue;
            };
            match self.by_name.get(field.name().as_str()) {
                Some(at) if (self.list[*at].1, kind) == (Kind::Integer, Kind::Float) => self.list[*at].1 = Kind::Float,
                Some(_) => {}
                None => self.add(field.name(), kind),
            }
        }
    }

    /// The name and the type of a column, whatever the case of the name.
    pub(crate) fn find(&self, name: &str) -> Option<(&Arc<str>, Kind)> {
        let at = self
            .by_name
            .get(name)
            .or_else(|| self.by_lower_case.get(&name.to_lowercase()))?;
        let (name, kind) = &self.list[*at];
        Some((name, *kind))
    }

    /// The place in the list of a column of the table.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The name of a column by its place.
    pub(crate) fn name(&self, at: usize) -> &str {
        &self.list[at].0
    }

    /// The type of a column by its place.
    pub(crate) fn kind(&self, at: usize) -> Kind {
        self.list[at].1
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// The schema of a table with these of the columns.
    pub(crate) fn schema(&self, wanted: impl Iterator<Item = usize>) -> Schema {
        let mut fields = vec![
            Field::new(
                TIME,
                DataType::Timestamp(TimeUnit::Nanosecond, Some(ZONE.into())),
                false,
            ),
            Field::new(SAMPLE_RATE, DataType::Int64, false),
            Field::new(DURATION_BUCKET, DataType::Int16, true),
        ];
        fields.extend(wanted.map(|at| {
            let (name, kind) = &self.list[at];
            Field::new(&**name, kind.data_type(), true)
        }));
        fields.push(Field::new(OVERFLOW, DataType::Utf8View, true));
        Schema::new(fields)
    }
}

/// A column of integers to which a float comes holds floats from then on.
fn widens(kind: Kind, value: &Value) -> bool {
    matches!((kind, value), (Kind::Integer, Value::Float(_)))
}
