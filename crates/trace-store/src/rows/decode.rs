//! Rows from Arrow arrays.

use crate::columns::{DURATION_BUCKET, OVERFLOW, SAMPLE_RATE, TIME};
use crate::{id, milliseconds};
use datafusion::arrow::array::cast::AsArray;
use datafusion::arrow::array::types::{Decimal128Type, Float64Type, Int64Type, TimestampNanosecondType};
use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::arrow::datatypes::DataType;
use honeycomb::{Column, Event, Value};
use serde_json::{Map, Value as Json};
use std::sync::Arc;

/// The one key of the object that stands for a number which JSON cannot write, or not so that it is read again as it was.
pub(super) const FLOAT: &str = "float";

pub(super) fn survives(number: f64) -> bool {
    let text = Json::from(number).to_string();
    serde_json::from_str(&text).is_ok_and(|read: Json| from_json(&read) == Some(Value::Float(number)))
}

/// The rows of a batch of a segment.
pub(crate) fn events(batch: &RecordBatch) -> Vec<Event> {
    let schema = batch.schema();
    let mut times = vec![0; batch.num_rows()];
    let mut sample_rates = vec![1; batch.num_rows()];
    let mut columns: Vec<Vec<Column>> = Vec::new();
    columns.resize_with(batch.num_rows(), Vec::new);
    for (field, array) in schema.fields().iter().zip(batch.columns()) {
        match field.name().as_str() {
            TIME => {
                if let Some(values) = array.as_primitive_opt::<TimestampNanosecondType>() {
                    times.copy_from_slice(values.values());
                }
            }
            SAMPLE_RATE => {
                if let Some(values) = array.as_primitive_opt::<Int64Type>() {
                    let rates = values.values().iter().map(|rate| u32::try_from(*rate).unwrap_or(1));
                    sample_rates = rates.collect();
                }
            }
            DURATION_BUCKET => {}
            OVERFLOW => {
                for (row, columns) in columns.iter_mut().enumerate() {
                    if let Some(Value::String(text)) = value(array, row)
                        && let Ok(overflow) = serde_json::from_str::<Map<String, Json>>(&text)
                    {
                        columns.extend(overflow.into_iter().filter_map(|(name, value)| {
                            Some(Column {
                                name: name.into(),
                                value: from_json(&value)?,
                            })
                        }));
                    }
                }
            }
            name => {
                if array.null_count() == array.len() {
                    continue;
                }
                let name: Arc<str> = name.into();
                for (row, columns) in columns.iter_mut().enumerate() {
                    columns.extend(value(array, row).map(|value| Column {
                        name: Arc::clone(&name),
                        value,
                    }));
                }
            }
        }
    }
    let nothing_shared: Arc<[Column]> = [].into();
    let rows = times.into_iter().zip(sample_rates).zip(columns);
    rows.map(|((time, rate), own)| Event::new(time, rate, own, Arc::clone(&nothing_shared)))
        .collect()
}

/// What a row holds in a column.
pub(crate) fn value(array: &dyn Array, row: usize) -> Option<Value> {
    if array.is_null(row) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Utf8View => Value::String(array.as_string_view().value(row).into()),
        DataType::Utf8 => Value::String(array.as_string::<i32>().value(row).into()),
        DataType::LargeUtf8 => Value::String(array.as_string::<i64>().value(row).into()),
        DataType::Int64 => Value::Integer(array.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => Value::Float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(..) => Value::Float(milliseconds::of(array.as_primitive::<Decimal128Type>().value(row))),
        DataType::Boolean => Value::Boolean(array.as_boolean().value(row)),
        DataType::FixedSizeBinary(_) => Value::String(id::text(array.as_fixed_size_binary().value(row)).into()),
        _ => return None,
    })
}

fn from_json(value: &Json) -> Option<Value> {
    Some(match value {
        Json::String(text) => Value::String(text.as_str().into()),
        Json::Bool(truth) => Value::Boolean(*truth),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::Integer(number),
            None => Value::Float(number.as_f64()?),
        },
        Json::Object(object) => Value::Float(object.get(FLOAT)?.as_str()?.parse().ok()?),
        _ => return None,
    })
}
