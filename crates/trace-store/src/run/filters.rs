//! A query's filters as expressions, with the same meaning: [`honeycomb::query::Filter::matches`].

use crate::columns::{Columns, Kind, TIME, ZONE};
use crate::engine;
use crate::id;
use crate::sql::ident_of;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::functions::string::expr_fn::{contains, ends_with, starts_with};
use datafusion::logical_expr::{Expr, cast, lit};
use honeycomb::query::{Comparison, Filter, FilterCombination, FilterOp, Window};
use honeycomb::{Query, Value};

/// Rows of this time.
pub(super) fn within(window: &Window) -> Expr {
    let moment = |nano| lit(ScalarValue::TimestampNanosecond(Some(nano), Some(ZONE.into())));
    let time = ident_of(TIME);
    time.clone()
        .gt_eq(moment(window.start_unix_nano))
        .and(time.lt(moment(window.end_unix_nano)))
}

/// What the query's filters ask for; none where every row meets them.
pub(super) fn all(query: &Query, columns: &Columns) -> Option<Expr> {
    let filters = query.filters.iter().map(|filter| one(filter, columns));
    match query.filter_combination {
        FilterCombination::And => filters.reduce(Expr::and),
        FilterCombination::Or => filters.reduce(Expr::or),
    }
}

/// Never NULL where it matters: a negated operator is met by what its positive one is not, also where there is nothing.
fn one(filter: &Filter, columns: &Columns) -> Expr {
    let Some((name, kind)) = columns.find(&filter.column) else {
        return lit(filter.matches(None));
    };
    let column = ident_of(name);
    let first = filter.values.first();
    let text = |found: fn(Expr, Expr) -> Expr| match first.and_then(Value::as_str) {
        Some(wanted) => as_text(&column, kind).map(|column| found(column, lit(wanted))),
        None => None,
    };
    let (not, positive) = match filter.op {
        FilterOp::Compare(Comparison::NotEqual) => (
            true,
            first.and_then(|value| compare(&column, kind, Comparison::Equal, value)),
        ),
        FilterOp::Compare(comparison) => (false, first.and_then(|value| compare(&column, kind, comparison, value))),
        FilterOp::StartsWith { not } => (not, text(starts_with)),
        FilterOp::EndsWith { not } => (not, text(ends_with)),
        FilterOp::Contains { not } => (not, text(contains)),
        FilterOp::Exists { not: true } => return column.is_null(),
        FilterOp::Exists { not: false } => return column.is_not_null(),
        FilterOp::In { not } => {
            let equal = |value: &Value| compare(&column, kind, Comparison::Equal, value);
            (not, filter.values.iter().filter_map(equal).reduce(Expr::or))
        }
    };
    match (not, positive) {
        (false, Some(positive)) => positive,
        (true, Some(positive)) => positive.is_not_true(),
        // Of another type than the column: no row meets it.
        (not, None) => lit(not),
    }
}

fn as_text(column: &Expr, kind: Kind) -> Option<Expr> {
    match kind {
        Kind::Text => Some(column.clone()),
        Kind::TraceId | Kind::SpanId => Some(engine::hex().call(vec![column.clone()])),
        _ => None,
    }
}

/// NULL or false where the row does not meet it; none where no value of the column's type can.
fn compare(column: &Expr, kind: Kind, comparison: Comparison, value: &Value) -> Option<Expr> {
    let (column, value) = match (kind, value) {
        (Kind::Text, Value::String(text)) => (column.clone(), lit(&**text)),
        (Kind::TraceId | Kind::SpanId, Value::String(text)) if comparison == Comparison::Equal => {
            (column.clone(), lit(scalar(kind, value).filter(|_| !text.is_empty())?))
        }
        (Kind::TraceId | Kind::SpanId, Value::String(text)) => (as_text(column, kind)?, lit(&**text)),
        (Kind::Boolean, Value::Boolean(truth)) => (column.clone(), lit(*truth)),
        (Kind::Integer, Value::Integer(number)) => (column.clone(), lit(*number)),
        (Kind::Integer, Value::Float(number)) => (cast(column.clone(), DataType::Float64), lit(*number)),
        (Kind::Float | Kind::Milliseconds, number) => (column.clone(), lit(number.as_f64()?)),
        _ => return None,
    };
    if kind == Kind::Float {
        // What is not a number is in no order, and here it would be above all numbers.
        let number = column.clone().lt_eq(lit(f64::INFINITY));
        return Some(compared(column, comparison, value).and(number));
    }
    Some(compared(column, comparison, value))
}

fn compared(column: Expr, comparison: Comparison, value: Expr) -> Expr {
    match comparison {
        Comparison::Equal => column.eq(value),
        Comparison::NotEqual => column.not_eq(value),
        Comparison::Greater => column.gt(value),
        Comparison::GreaterOrEqual => column.gt_eq(value),
        Comparison::Less => column.lt(value),
        Comparison::LessOrEqual => column.lt_eq(value),
    }
}

/// A value of a column of this type.
pub(super) fn scalar(kind: Kind, value: &Value) -> Option<ScalarValue> {
    Some(match (kind, value) {
        (Kind::Text, Value::String(text)) => ScalarValue::Utf8View(Some(text.to_string())),
        (Kind::Integer, Value::Integer(number)) => ScalarValue::Int64(Some(*number)),
        (Kind::Float | Kind::Milliseconds, number) => ScalarValue::Float64(Some(number.as_f64()?)),
        (Kind::Boolean, Value::Boolean(truth)) => ScalarValue::Boolean(Some(*truth)),
        (Kind::TraceId, Value::String(text)) => ScalarValue::FixedSizeBinary(16, Some(id::trace_id(text)?.to_vec())),
        (Kind::SpanId, Value::String(text)) => ScalarValue::FixedSizeBinary(8, Some(id::span_id(text)?.to_vec())),
        _ => return None,
    })
}
