//! Entries as Arrow arrays, and back.
//!
//! Times are nanoseconds; those after the first are written as what has passed since, which is mostly the same small
//! number. Lists of names are JSON: most of them are one of a few.

use super::{Entry, ID, START};
use crate::fragment::{Earliest, Fragment, Names, Root};
use crate::id;
use crate::segment::error::SegmentError;
use datafusion::arrow::array::cast::AsArray;
use datafusion::arrow::array::types::{Float64Type, Int64Type};
use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, FixedSizeBinaryArray, FixedSizeBinaryBuilder, Float64Array, Int64Array, RecordBatch,
    StringArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use std::sync::Arc;

pub(super) const LENGTH: &str = "length";
pub(super) const FIRST_ROW: &str = "first_row";

pub(super) fn schema() -> Schema {
    let whole = |name: &str| Field::new(name, DataType::Int64, false);
    let perhaps = |name: &str| Field::new(name, DataType::Int64, true);
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    Schema::new(vec![
        Field::new(ID, DataType::FixedSizeBinary(16), false),
        text("odd_id"),
        whole(START),
        whole(LENGTH),
        whole("spans"),
        whole("errors"),
        perhaps("root_after"),
        text("root_name"),
        text("root_service"),
        text("orphan_name"),
        text("orphan_service"),
        perhaps("user_id_after"),
        text("user_id"),
        perhaps("user_name_after"),
        text("user_name"),
        Field::new("network_ms", DataType::Float64, true),
        text("services"),
        text("routes"),
        text("users"),
        whole(FIRST_ROW),
        whole("rows"),
        Field::new("again", DataType::Boolean, false),
    ])
}

pub(super) fn batch(entries: &[Entry]) -> Result<RecordBatch, SegmentError> {
    fn whole(values: impl Iterator<Item = i64>) -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(values))
    }
    fn text<T: AsRef<str>>(values: impl Iterator<Item = Option<T>>) -> ArrayRef {
        Arc::new(values.collect::<StringArray>())
    }
    let parts = || entries.iter().map(|entry| &entry.fragment);
    let after = |time: Option<i64>, fragment: &Fragment| Some(time?.wrapping_sub(fragment.start()?));
    let since = |time: fn(&Fragment) -> Option<i64>| -> ArrayRef {
        Arc::new(parts().map(|part| after(time(part), part)).collect::<Int64Array>())
    };
    let mut ids = FixedSizeBinaryBuilder::with_capacity(entries.len(), 16);
    for entry in entries {
        ids.append_value(entry.key())?;
    }
    let odd = |entry: &Entry| id::trace_id(&entry.id).is_none().then(|| Arc::clone(&entry.id));
    let window = |part: &Fragment| part.window.unwrap_or((i64::MIN, i64::MIN));
    let root = |part: &Fragment| part.root.0.clone().map(|(_, root)| root);
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(ids.finish()),
        text(entries.iter().map(odd)),
        whole(parts().map(|part| window(part).0)),
        whole(parts().map(|part| window(part).1.wrapping_sub(window(part).0))),
        whole(parts().map(|part| part.spans as i64)),
        whole(parts().map(|part| part.errors as i64)),
        since(|part| part.root.0.as_ref().map(|(time, _)| *time)),
        text(parts().map(|part| root(part).map(|root| root.name))),
        text(parts().map(|part| root(part).map(|root| root.service))),
        text(entries.iter().map(|entry| entry.orphan.as_ref().map(|root| &root.name))),
        text(
            entries
                .iter()
                .map(|entry| entry.orphan.as_ref().map(|root| &root.service)),
        ),
        since(|part| part.user_id.0.as_ref().map(|(time, _)| *time)),
        text(parts().map(|part| part.user_id.0.as_ref().map(|(_, user)| user))),
        since(|part| part.user_name.0.as_ref().map(|(time, _)| *time)),
        text(parts().map(|part| part.user_name.0.as_ref().map(|(_, user)| user))),
        Arc::new(parts().map(|part| part.network_ms).collect::<Float64Array>()),
        text(parts().map(|part| list(&part.services))),
        text(parts().map(|part| list(&part.routes))),
        text(parts().map(|part| match part.users == usual_users(part) {
            true => None,
            false => list(&part.users),
        })),
        whole(entries.iter().map(|entry| entry.first_row as i64)),
        whole(entries.iter().map(|entry| entry.rows as i64)),
        Arc::new(BooleanArray::from_iter(entries.iter().map(|entry| Some(entry.again)))),
    ];
    Ok(RecordBatch::try_new(Arc::new(schema()), arrays)?)
}

pub(super) fn entries(batch: &RecordBatch) -> Result<Vec<Entry>, SegmentError> {
    let columns = Read::of(batch)?;
    (0..batch.num_rows()).map(|row| columns.entry(row)).collect()
}

/// The columns of a batch, each of the type that it must have.
struct Read<'a> {
    ids: &'a FixedSizeBinaryArray,
    again: &'a BooleanArray,
    network: &'a Float64Array,
    numbers: [&'a Int64Array; 9],
    texts: [&'a StringArray; 10],
}

impl<'a> Read<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self, SegmentError> {
        if *batch.schema() != schema() {
            return Err(SegmentError::damaged("its summary has other columns"));
        }
        // The schema says the types, so that these do not panic.
        let number = |place: usize| batch.column(place).as_primitive::<Int64Type>();
        let text = |place: usize| batch.column(place).as_string::<i32>();
        Ok(Self {
            ids: batch.column(0).as_fixed_size_binary(),
            again: batch.column(21).as_boolean(),
            network: batch.column(15).as_primitive::<Float64Type>(),
            numbers: [2, 3, 4, 5, 6, 11, 13, 19, 20].map(number),
            texts: [1, 7, 8, 9, 10, 12, 14, 16, 17, 18].map(text),
        })
    }

    fn entry(&self, row: usize) -> Result<Entry, SegmentError> {
        let [start, length, spans, errors, root, user_id, user_name, first_row, rows] = self.numbers;
        let [
            odd,
            root_name,
            root_service,
            orphan_name,
            orphan_service,
            id,
            name,
            services,
            routes,
            users,
        ] = self.texts;
        let text = |array: &StringArray| array.is_valid(row).then(|| Arc::<str>::from(array.value(row)));
        let start = start.value(row);
        let time = |array: &Int64Array| array.is_valid(row).then(|| start.wrapping_add(array.value(row)));
        let root_of = |name, service| {
            Some(Root {
                name: text(name)?,
                service: text(service)?,
            })
        };
        let count = |array: &Int64Array| usize::try_from(array.value(row));
        let spans = spans.value(row).cast_unsigned();
        let mut fragment = Fragment {
            spans,
            errors: errors.value(row).cast_unsigned(),
            window: (spans > 0).then(|| (start, start.wrapping_add(length.value(row)))),
            root: Earliest(time(root).zip(root_of(root_name, root_service))),
            user_id: Earliest(time(user_id).zip(text(id))),
            user_name: Earliest(time(user_name).zip(text(name))),
            network_ms: self.network.is_valid(row).then(|| self.network.value(row)),
            services: names(services, row)?,
            routes: names(routes, row)?,
            users: Names::default(),
        };
        fragment.users = match users.is_valid(row) {
            true => names(users, row)?,
            false => usual_users(&fragment),
        };
        let (Ok(first_row), Ok(rows)) = (count(first_row), count(rows)) else {
            return Err(SegmentError::damaged("its summary has rows before the first"));
        };
        Ok(Entry {
            id: text(odd).unwrap_or_else(|| id::text(self.ids.value(row)).into()),
            fragment,
            orphan: root_of(orphan_name, orphan_service),
            first_row,
            rows,
            again: self.again.value(row),
        })
    }
}

fn list(names: &Names) -> Option<String> {
    let names: Vec<&str> = names.0.iter().map(|name| &**name).collect();
    (!names.is_empty()).then(|| serde_json::Value::from(names).to_string())
}

fn names(array: &StringArray, row: usize) -> Result<Names, SegmentError> {
    if array.is_null(row) {
        return Ok(Names::default());
    }
    let names: Result<Vec<Arc<str>>, _> = serde_json::from_str(array.value(row));
    names
        .map(Names)
        .map_err(|_| SegmentError::damaged("its summary has a list that is none"))
}

/// The people of a trace of which no more is known than who is named in its line.
fn usual_users(fragment: &Fragment) -> Names {
    let mut names = Names::default();
    for (_, user) in [&fragment.user_id, &fragment.user_name]
        .into_iter()
        .filter_map(|user| user.0.as_ref())
    {
        names.insert(Arc::clone(user));
    }
    names
}
