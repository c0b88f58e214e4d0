//! What of a query the engine adds up, and how its values come of that.

use super::filters::scalar;
use crate::bucket;
use crate::columns::{Columns, DURATION_BUCKET, Kind, SAMPLE_RATE, TIME};
use crate::engine;
use crate::sql::ident_of;
use datafusion::arrow::datatypes::DataType;
use datafusion::functions_aggregate::expr_fn::{count, count_distinct, max, min, sum};
use datafusion::logical_expr::{Expr, cast, lit, when};
use honeycomb::query::{Group, Op};
use honeycomb::{Query, Value, column};
use std::sync::Arc;

/// A query, resolved to the columns that there are.
pub(super) struct Plan<'a> {
    pub(super) query: &'a Query,
    /// The breakdowns that there are, by their places in the query, with their types.
    pub(super) keys: Vec<(usize, Arc<str>, Kind)>,
    /// What is added up for each group: the first three are how many rows, the time of the newest, and how many they stand
    /// for.
    pub(super) sums: Vec<Expr>,
    /// The columns whose percentiles are asked for.
    pub(super) distributions: Vec<(Arc<str>, Kind)>,
    /// How each calculation's value is found.
    values: Vec<Source>,
    columns: &'a Columns,
}

/// Where a value comes from; numbers are places in the sums.
enum Source {
    Absent,
    Zero,
    Sum(usize),
    /// As `Sum`, and 0 where nothing was added.
    Count(usize),
    Ratio(usize, usize),
    /// Of a distribution, at this share.
    Percentile(usize, f64),
}

impl<'a> Plan<'a> {
    pub(super) fn new(query: &'a Query, columns: &'a Columns) -> Self {
        let keys = query.breakdowns.iter().enumerate().filter_map(|(at, name)| {
            let (name, kind) = columns.find(name)?;
            Some((at, Arc::clone(name), kind))
        });
        let weight = ident_of(SAMPLE_RATE);
        let mut plan = Self {
            query,
            keys: keys.collect(),
            sums: vec![count(lit(1)), max(ident_of(TIME)), sum(weight)],
            distributions: Vec::new(),
            values: Vec::new(),
            columns,
        };
        for calculation in &query.calculations {
            let source = plan.source(calculation.op, calculation.column.as_deref());
            plan.values.push(source);
        }
        plan
    }

    fn source(&mut self, op: Op, column: Option<&str>) -> Source {
        let Some(column) = column else { return Source::Count(2) };
        let Some((name, kind)) = self.columns.find(column).map(|(name, kind)| (Arc::clone(name), kind)) else {
            return match op {
                Op::Count | Op::CountDistinct => Source::Zero,
                _ => Source::Absent,
            };
        };
        let held = ident_of(&name);
        match op {
            Op::Count => return Source::Count(self.sum(sum(if_(held.is_not_null(), ident_of(SAMPLE_RATE))))),
            Op::CountDistinct => return Source::Count(self.sum(count_distinct(held))),
            Op::Heatmap => return Source::Absent,
            _ => {}
        }
        let Some(number) = number(&name, kind) else {
            return Source::Absent;
        };
        let weight = || cast(ident_of(SAMPLE_RATE), DataType::Float64);
        match op {
            Op::Min => Source::Sum(self.sum(min(number))),
            Op::Max => Source::Sum(self.sum(max(number))),
            Op::Sum => Source::Sum(self.sum(sum(number * weight()))),
            Op::Avg => {
                let rows = sum(if_(number.clone().is_not_null(), weight()));
                Source::Ratio(self.sum(sum(number * weight())), self.sum(rows))
            }
            Op::Percentile(share) => {
                let known = self.distributions.iter().position(|(known, _)| *known == name);
                let at = known.unwrap_or_else(|| {
                    self.distributions.push((name, kind));
                    self.distributions.len() - 1
                });
                Source::Percentile(at, share.share())
            }
            Op::Count | Op::CountDistinct | Op::Heatmap => Source::Absent,
        }
    }

    fn sum(&mut self, expr: Expr) -> usize {
        let place = self.sums.iter().position(|sum| *sum == expr);
        place.unwrap_or_else(|| {
            self.sums.push(expr);
            self.sums.len() - 1
        })
    }

    /// The values of the calculations, from what was added up and from the distributions.
    pub(super) fn values(&self, sums: &[Option<f64>], distributions: &[Vec<(f64, f64)>]) -> Vec<Option<f64>> {
        let value = |source: &Source| match *source {
            Source::Absent => None,
            Source::Zero => Some(0.0),
            Source::Sum(at) => sums[at],
            Source::Count(at) => Some(sums[at].unwrap_or_default()),
            Source::Ratio(sum, weight) => Some(sums[sum]? / sums[weight]?),
            Source::Percentile(at, share) => bucket::percentile(distributions.get(at)?, share),
        };
        self.values.iter().map(value).collect()
    }

    /// A filter for the rows of these groups, and perhaps some more; none where they are all that there are.
    pub(super) fn only(&self, groups: &[Group], of: u64) -> Option<Expr> {
        if groups.len() as u64 == of {
            return None;
        }
        let key = |(at, name, kind): &(usize, Arc<str>, Kind)| {
            let held = || groups.iter().map(|group| group.breakdowns[*at].as_ref());
            let values = held()
                .flatten()
                .filter_map(|value: &Value| scalar(*kind, value))
                .map(lit)
                .collect();
            let is_one = ident_of(name).in_list(values, false);
            let none = held().any(|value| value.is_none()).then(|| ident_of(name).is_null());
            // Statistics say nothing of it, so a filter for it would leave its rows out.
            let nan = held().flatten().any(|value| value.as_f64().is_some_and(f64::is_nan));
            let nan = nan.then(|| lit(true));
            none.into_iter().chain(nan).fold(is_one, Expr::or)
        };
        self.keys.iter().map(key).reduce(Expr::and)
    }

    /// A column's numbers, or the buckets that they are in; nothing for a column that has none.
    pub(super) fn distributed(&self, name: &str, kind: Kind, exact: bool) -> Option<Expr> {
        let numbers = number(name, kind)?;
        Some(match (exact, name) {
            (true, _) => numbers,
            // Stored: it need not be calculated.
            (false, column::DURATION_MS) => ident_of(DURATION_BUCKET),
            (false, _) => engine::bucket().call(vec![numbers]),
        })
    }

    /// The column of a calculation.
    pub(super) fn column(&self, calculation: usize) -> Option<(Arc<str>, Kind)> {
        let name = self.query.calculations[calculation].column.as_deref()?;
        self.columns.find(name).map(|(name, kind)| (Arc::clone(name), kind))
    }
}

/// The finite numbers of a column.
fn number(name: &str, kind: Kind) -> Option<Expr> {
    match kind {
        Kind::Integer => Some(cast(ident_of(name), DataType::Float64)),
        Kind::Milliseconds => Some(ident_of(name)),
        Kind::Float => {
            let held = ident_of(name);
            let finite = held
                .clone()
                .gt(lit(f64::NEG_INFINITY))
                .and(held.clone().lt(lit(f64::INFINITY)));
            Some(if_(finite, held))
        }
        _ => None,
    }
}

fn if_(condition: Expr, then: Expr) -> Expr {
    // Nothing is wrong with a CASE of one WHEN.
    when(condition, then.clone()).end().unwrap_or(then)
}

/// Whether a group with these values is one that the query asks for.
pub(super) fn shown(query: &Query, values: &[Option<f64>]) -> bool {
    let mut havings = query.havings.iter();
    havings.all(|having| having.matches(values[having.calculation]))
}
