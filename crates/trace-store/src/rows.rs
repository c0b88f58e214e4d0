//! Rows as Arrow arrays, and back.

pub(crate) mod decode;

use crate::columns::{self, Columns, DURATION_BUCKET, Kind, OVERFLOW, SAMPLE_RATE, TIME};
use crate::{bucket, id};
use datafusion::arrow::array::{
    ArrayRef, BooleanBuilder, FixedSizeBinaryBuilder, Float64Builder, Int16Array, Int64Array, Int64Builder,
    RecordBatch, StringViewArray, StringViewBuilder, TimestampNanosecondArray,
};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use foldhash::fast::RandomState;
use honeycomb::{Column, Event, Value, column};
use serde_json::{Map, Value as Json};
use std::collections::HashMap;
use std::sync::Arc;

/// Which attributes some rows have, by their places in the list of columns; those of another type than their column too.
pub(crate) fn present<'a>(columns: &Columns, events: impl Iterator<Item = &'a Event>) -> Vec<bool> {
    let mut present = vec![false; columns.len()];
    let mut places = Places::new(columns);
    for event in events {
        places.look(event);
    }
    for at in places.own.values().chain(places.shared.values()).flatten().flatten() {
        present[*at] = true;
    }
    present
}

/// Where the columns of rows go to. Rows of one kind share the list of their names, and rows of one batch those of their
/// resource, so that most names need not be looked up: a list is known by its address, as long as the rows live.
pub(crate) struct Places<'a> {
    columns: &'a Columns,
    /// The places in the list of columns; none for the overflow.
    own: HashMap<usize, Vec<Option<usize>>, RandomState>,
    shared: HashMap<usize, Vec<Option<usize>>, RandomState>,
    /// A name that the columns have not met, and have room for.
    any_new: bool,
}

impl<'a> Places<'a> {
    pub(crate) fn new(columns: &'a Columns) -> Self {
        Self {
            columns,
            own: HashMap::default(),
            shared: HashMap::default(),
            any_new: false,
        }
    }

    /// Looks a row's names up, own and shared.
    fn look(&mut self, event: &Event) -> (&[Option<usize>], &[Option<usize>]) {
        let (names, shared) = (event.own().0, event.shared());
        let (columns, any_new) = (self.columns, &mut self.any_new);
        let mut place = |name: &str| {
            let place = columns.place(name);
            *any_new |= place.is_none() && columns.is_new(name);
            place
        };
        let own = self.own.entry(names.as_ptr().addr());
        let own = own.or_insert_with(|| names.iter().map(|name| place(name)).collect());
        let of_shared = self.shared.entry(shared.as_ptr().addr());
        let of_shared = of_shared.or_insert_with(|| shared.iter().map(|column| place(&column.name)).collect());
        (own, of_shared)
    }

    /// The columns of a row, each with its place; what the row has itself hides what it shares.
    fn of<'e>(&mut self, event: &'e Event) -> impl Iterator<Item = (&'e str, &'e Value, Option<usize>)> {
        let (own, shared) = self.look(event);
        let (names, values) = event.own();
        let hidden = |column: &Column, at: Option<usize>| match at {
            Some(_) => own.contains(&at),
            None => names.binary_search(&column.name).is_ok(),
        };
        let of_shared = event.shared().iter().zip(shared);
        let of_shared = of_shared.filter(move |(column, at)| !hidden(column, **at));
        let of_own = names.iter().zip(values).zip(own);
        of_own
            .map(|((name, value), at)| (&**name, value, *at))
            .chain(of_shared.map(|(column, at)| (&*column.name, &column.value, *at)))
    }

    /// Whether a row brings something new to the columns: then they are to [`Columns::learn`] it.
    pub(crate) fn is_new(&mut self, event: &Event) -> bool {
        let columns = self.columns;
        self.any_new = false;
        let widens = |(_, value, at): (_, &Value, Option<usize>)| at.is_some_and(|at| columns.widens(at, value));
        self.of(event).any(widens) || self.any_new
    }
}

/// The column of a value, by its place; none where it goes to the overflow.
fn holding(columns: &Columns, place: Option<usize>, value: &Value) -> Option<usize> {
    place.filter(|at| columns.kind(*at).holds(value))
}

/// The rows with all their attributes; `schema` is [`Columns::schema`] of those that are [`present`].
pub(crate) fn whole(columns: &Columns, schema: &SchemaRef, events: &[&Event]) -> Result<RecordBatch, ArrowError> {
    let mut builders: Vec<Option<Builder>> = Vec::new();
    builders.resize_with(columns.len(), || None);
    let mut overflows = Vec::with_capacity(events.len());
    let mut places = Places::new(columns);
    for (row, event) in events.iter().enumerate() {
        let mut overflow = Map::new();
        for (name, value, place) in places.of(event) {
            let Some(at) = holding(columns, place, value) else {
                overflow.insert(name.to_owned(), json(value));
                continue;
            };
            let builder = builders[at].get_or_insert_with(|| Builder::new(columns.kind(at)));
            builder.nulls_to(row);
            builder.push(value);
        }
        overflows.push(to_text(overflow));
    }
    let mut arrays = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        arrays.push(match field.name().as_str() {
            OVERFLOW => Arc::new(StringViewArray::from_iter(&overflows)),
            name => match own(name, events) {
                Some(array) => array,
                None => {
                    let at = columns.place(name);
                    let builder = at.and_then(|at| builders[at].take());
                    match builder {
                        Some(mut builder) => {
                            builder.nulls_to(events.len());
                            builder.finish()
                        }
                        None => datafusion::arrow::array::new_null_array(field.data_type(), events.len()),
                    }
                }
            },
        });
    }
    RecordBatch::try_new(Arc::clone(schema), arrays)
}

/// One column of the rows, by its name in the table.
pub(crate) fn one(columns: &Columns, name: &str, events: &[&Event]) -> ArrayRef {
    if name == OVERFLOW {
        let mut places = Places::new(columns);
        let overflow = |event: &&Event| {
            let beside = places
                .of(event)
                .filter(|(_, value, place)| holding(columns, *place, value).is_none());
            to_text(beside.map(|(name, value, _)| (name.to_owned(), json(value))).collect())
        };
        return Arc::new(StringViewArray::from_iter(events.iter().map(overflow)));
    }
    if let Some(array) = own(name, events) {
        return array;
    }
    let kind = columns.find(name).map_or(Kind::Text, |(_, kind)| kind);
    let mut builder = Builder::new(kind);
    for (row, event) in events.iter().enumerate() {
        if let Some(value) = event.get(name)
            && kind.holds(value)
        {
            builder.nulls_to(row);
            builder.push(value);
        }
    }
    builder.nulls_to(events.len());
    builder.finish()
}

/// The columns that are not attributes, but for the overflow.
fn own(name: &str, events: &[&Event]) -> Option<ArrayRef> {
    let duration = |event: &&Event| {
        let duration = event
            .number(column::DURATION_MS)
            .filter(|duration| duration.is_finite());
        duration.map(bucket::of)
    };
    Some(match name {
        TIME => {
            let times = events.iter().map(|event| event.time_unix_nano);
            Arc::new(TimestampNanosecondArray::from_iter_values(times).with_timezone(columns::ZONE))
        }
        SAMPLE_RATE => {
            let rates = events.iter().map(|event| i64::from(event.sample_rate));
            Arc::new(Int64Array::from_iter_values(rates))
        }
        DURATION_BUCKET => Arc::new(Int16Array::from_iter(events.iter().map(duration))),
        _ => return None,
    })
}

/// A value of the overflow. What JSON cannot say is in an object of its own.
fn json(value: &Value) -> Json {
    match value {
        Value::String(text) => Json::from(&**text),
        Value::Integer(number) => Json::from(*number),
        Value::Float(number) if decode::survives(*number) => Json::from(*number),
        Value::Float(number) => Json::from_iter([(decode::FLOAT, number.to_string())]),
        Value::Boolean(truth) => Json::from(*truth),
    }
}

fn to_text(overflow: Map<String, Json>) -> Option<String> {
    (!overflow.is_empty()).then(|| Json::Object(overflow).to_string())
}

/// The values of one attribute.
enum Builder {
    Text(StringViewBuilder),
    Integer(Int64Builder),
    Float(Float64Builder),
    Boolean(BooleanBuilder),
    TraceId(FixedSizeBinaryBuilder),
    SpanId(FixedSizeBinaryBuilder),
}

impl Builder {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(StringViewBuilder::new().with_deduplicate_strings()),
            Kind::Integer => Self::Integer(Int64Builder::new()),
            Kind::Float | Kind::Milliseconds => Self::Float(Float64Builder::new()),
            Kind::Boolean => Self::Boolean(BooleanBuilder::new()),
            Kind::TraceId => Self::TraceId(FixedSizeBinaryBuilder::new(16)),
            Kind::SpanId => Self::SpanId(FixedSizeBinaryBuilder::new(8)),
        }
    }

    /// Adds a value that [`Kind::holds`]; of any other nothing.
    fn push(&mut self, value: &Value) {
        match (self, value) {
            (Self::Text(builder), Value::String(text)) => builder.append_value(text),
            (Self::Integer(builder), Value::Integer(number)) => builder.append_value(*number),
            (Self::Float(builder), Value::Float(number)) => builder.append_value(*number),
            (Self::Float(builder), Value::Integer(number)) => builder.append_value(*number as f64),
            (Self::Boolean(builder), Value::Boolean(truth)) => builder.append_value(*truth),
            (Self::TraceId(builder), Value::String(text)) => {
                // The width is the builder's: this cannot fail.
                _ = id::trace_id(text).map(|bytes| builder.append_value(bytes));
            }
            (Self::SpanId(builder), Value::String(text)) => {
                _ = id::span_id(text).map(|bytes| builder.append_value(bytes));
            }
            _ => {}
        }
    }

    fn len(&self) -> usize {
        use datafusion::arrow::array::ArrayBuilder;
        match self {
            Self::Text(builder) => builder.len(),
            Self::Integer(builder) => builder.len(),
            Self::Float(builder) => builder.len(),
            Self::Boolean(builder) => builder.len(),
            Self::TraceId(builder) | Self::SpanId(builder) => builder.len(),
        }
    }

    /// Nulls for the rows before this one that have no value.
    fn nulls_to(&mut self, row: usize) {
        let missing = row - self.len();
        match self {
            Self::Text(builder) => (0..missing).for_each(|_| builder.append_null()),
            Self::Integer(builder) => builder.append_nulls(missing),
            Self::Float(builder) => builder.append_nulls(missing),
            Self::Boolean(builder) => builder.append_nulls(missing),
            Self::TraceId(builder) | Self::SpanId(builder) => (0..missing).for_each(|_| builder.append_null()),
        }
    }

    fn finish(self) -> ArrayRef {
        match self {
            Self::Text(mut builder) => Arc::new(builder.finish()),
            Self::Integer(mut builder) => Arc::new(builder.finish()),
            Self::Float(mut builder) => Arc::new(builder.finish()),
            Self::Boolean(mut builder) => Arc::new(builder.finish()),
            Self::TraceId(mut builder) | Self::SpanId(mut builder) => Arc::new(builder.finish()),
        }
    }
}
