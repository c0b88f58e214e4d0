//! Passes over the rows, and what they bring together.

use super::plan::Plan;
use super::{MAX_GROUPS, in_order};
use crate::StoreError;
use crate::bucket;
use crate::columns::{Kind, SAMPLE_RATE, TIME};
use crate::engine;
use crate::rows::decode;
use crate::sql::ident_of;
use datafusion::arrow::array::cast::AsArray;
use datafusion::arrow::array::types::{Float64Type, Int32Type, Int64Type};
use datafusion::arrow::array::{Array, ArrayRef, RecordBatch};
use datafusion::arrow::compute::cast as cast_array;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::functions_aggregate::expr_fn::sum;
use datafusion::logical_expr::{Expr, cast, lit};
use datafusion::prelude::DataFrame;
use futures::StreamExt;
use honeycomb::Value;
use honeycomb::query::{Group, SeriesPoint, Window};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

type Key = (usize, Arc<str>, Kind);

/// How a pass goes over the rows.
pub(super) struct Pass<'a, 'q> {
    pub(super) plan: &'a Plan<'q>,
    /// The length of the steps that are kept apart, in nanoseconds.
    pub(super) step: Option<i64>,
    /// By values, and not by buckets.
    pub(super) exact: bool,
}

/// What passes found, group by group, and step by step where these were kept apart.
#[derive(Default)]
pub(super) struct Partials {
    places: HashMap<(Box<[u8]>, i64), usize>,
    list: Vec<Partial>,
}

struct Partial {
    keys: Vec<Option<Value>>,
    step: i64,
    rows: u64,
    last: i64,
    sums: Vec<Option<f64>>,
    /// Of each distribution: values, ascending, and how many rows have them.
    distributions: Vec<Vec<(f64, f64)>>,
}

impl Pass<'_, '_> {
    /// Adds up, for each group and step.
    pub(super) async fn sums(&self, table: &DataFrame, keys: &[Key]) -> Result<Partials, StoreError> {
        let mut found = Partials::default();
        let sums = self.plan.sums.clone();
        let distributions = self.plan.distributions.len();
        self.each(table, keys, Vec::new(), sums, |row| {
            let sums = (0..row.values.len()).map(|at| row.number(at)).collect::<Result<Vec<_>, _>>()?;
            let place = found.list.len();
            let known = found.places.insert((row.key.into(), row.step), place);
            if known.is_some() || place >= MAX_GROUPS {
                return Err(StoreError::TooLarge(format!(
                    "There are more than {MAX_GROUPS} groups. Group by fewer columns, filter, or ask for a shorter time."
                )));
            }
            found.list.push(Partial {
                keys: row.keys(),
                step: row.step,
                rows: sums[0].unwrap_or_default() as u64,
                last: row.integer(1)?.unwrap_or_default(),
                sums,
                distributions: vec![Vec::new(); distributions],
            });
            Ok(())
        })
        .await?;
        Ok(found)
    }

    /// Adds to what was found the distributions that percentiles are read from.
    pub(super) async fn percentiles(
        &self,
        table: &DataFrame,
        keys: &[Key],
        found: &mut Partials,
    ) -> Result<(), StoreError> {
        if !self.exact {
            return self.histograms(table, keys, found).await;
        }
        for (at, (name, kind)) in self.plan.distributions.iter().enumerate() {
            let Some(distributed) = self.plan.distributed(name, *kind, true) else {
                continue;
            };
            let table = table.clone().filter(distributed.clone().is_not_null())?;
            let weight = vec![sum(ident_of(SAMPLE_RATE))];
            self.each(&table, keys, vec![distributed], weight, |row| {
                let value = row.number(0)?;
                // Where rows came with the other pass only, there is no group: there are none, it is one snapshot.
                if let (Some(value), Some(place)) = (value, found.places.get(&(row.key.into(), row.step))) {
                    let weight = row.number(1)?.unwrap_or_default();
                    found.list[*place].distributions[at].push((value, weight));
                }
                Ok(())
            })
            .await?;
            for partial in &mut found.list {
                partial.distributions[at].sort_by(|(a, _), (b, _)| a.total_cmp(b));
            }
        }
        Ok(())
    }

    /// As [`Self::percentiles`], in buckets, of all columns at once.
    async fn histograms(&self, table: &DataFrame, keys: &[Key], found: &mut Partials) -> Result<(), StoreError> {
        let mut places = Vec::new();
        let mut histograms = Vec::new();
        for (at, (name, kind)) in self.plan.distributions.iter().enumerate() {
            if let Some(buckets) = self.plan.distributed(name, *kind, false) {
                places.push(at);
                histograms.push(engine::histogram().call(vec![buckets, ident_of(SAMPLE_RATE)]));
            }
        }
        if histograms.is_empty() {
            return Ok(());
        }
        self.each(table, keys, Vec::new(), histograms, |row| {
            if let Some(place) = found.places.get(&(row.key.into(), row.step)) {
                for (at, histogram) in places.iter().zip(row.values) {
                    let histogram = histogram.as_binary::<i32>().value(row.row);
                    found.list[*place].distributions[*at] = engine::histogram_values(histogram);
                }
            }
            Ok(())
        })
        .await
    }

    /// How many rows are in each step and bucket of a heatmap.
    pub(super) async fn heatmap(
        &self,
        table: &DataFrame,
        calculation: usize,
    ) -> Result<BTreeMap<(i64, Option<i32>), u64>, StoreError> {
        let mut cells: BTreeMap<(i64, Option<i32>), u64> = BTreeMap::new();
        let Some((name, kind)) = self.plan.column(calculation) else {
            return Ok(cells);
        };
        let Some(distributed) = self.plan.distributed(&name, kind, self.exact) else {
            return Ok(cells);
        };
        let value = match self.exact {
            true => engine::heatmap_bucket().call(vec![distributed.clone()]),
            false => distributed.clone(),
        };
        let table = table.clone().filter(distributed.is_not_null())?;
        let weight = vec![sum(ident_of(SAMPLE_RATE))];
        self.each(&table, &[], vec![value], weight, |row| {
            let Some(bucket) = row.bucket(0)? else { return Ok(()) };
            let cell = match self.exact {
                true => Some(bucket).filter(|bucket| *bucket != i32::MIN),
                false => honeycomb::query::heatmap_bucket(bucket::signed_value(bucket)),
            };
            *cells.entry((row.step, cell)).or_default() += row.number(1)?.unwrap_or_default() as u64;
            Ok(())
        })
        .await?;
        Ok(cells)
    }

    /// Groups the table by the keys, the step and the other expressions, and looks at each group: the values are those of the
    /// other expressions, then the aggregates.
    async fn each(
        &self,
        table: &DataFrame,
        keys: &[Key],
        others: Vec<Expr>,
        aggregates: Vec<Expr>,
        mut look: impl FnMut(Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let step = self.step.map(|step| cast(ident_of(TIME), DataType::Int64) / lit(step));
        let names = keys.iter().map(|(_, name, _)| ident_of(name));
        let group: Vec<Expr> = names.chain(step).chain(others).collect();
        let group: Vec<Expr> = group
            .into_iter()
            .enumerate()
            .map(|(at, expr)| expr.alias(format!("g{at}")))
            .collect();
        let aggregates = aggregates
            .into_iter()
            .enumerate()
            .map(|(at, expr)| expr.alias(format!("a{at}")));
        let values_from = keys.len() + usize::from(self.step.is_some());
        let mut stream = table
            .clone()
            .aggregate(group, aggregates.collect())?
            .execute_stream()
            .await?;
        while let Some(batch) = stream.next().await {
            let batch = batch?;
            let bytes = key_bytes(&batch, keys.len())?;
            let steps = self.step.map(|_| batch.column(keys.len()).as_primitive::<Int64Type>());
            let numbers = batch.columns()[values_from..]
                .iter()
                .map(as_number)
                .collect::<Result<Vec<_>, _>>()?;
            for row in 0..batch.num_rows() {
                look(Row {
                    key: bytes.as_ref().map_or(&[], |bytes| bytes.row(row).data()),
                    keys: &batch.columns()[..keys.len()],
                    step: steps.map_or(0, |steps| steps.value(row)),
                    values: &batch.columns()[values_from..],
                    numbers: &numbers,
                    row,
                })?;
            }
        }
        Ok(())
    }
}

fn key_bytes(batch: &RecordBatch, keys: usize) -> Result<Option<datafusion::arrow::row::Rows>, StoreError> {
    if keys == 0 {
        return Ok(None);
    }
    let columns = &batch.columns()[..keys];
    let fields = columns.iter().map(|column| SortField::new(column.data_type().clone()));
    let rows = RowConverter::new(fields.collect()).and_then(|converter| converter.convert_columns(columns));
    rows.map(Some).map_err(|error| StoreError::Read(error.to_string()))
}

/// Sums and buckets as numbers, whatever their type; times are looked at as they are.
fn as_number(array: &ArrayRef) -> Result<ArrayRef, StoreError> {
    match array.data_type() {
        DataType::Timestamp(..) | DataType::Binary => Ok(Arc::clone(array)),
        _ => cast_array(array, &DataType::Float64).map_err(|error| StoreError::Read(error.to_string())),
    }
}

/// One group of a pass.
struct Row<'a> {
    key: &'a [u8],
    keys: &'a [ArrayRef],
    step: i64,
    values: &'a [ArrayRef],
    numbers: &'a [ArrayRef],
    row: usize,
}

impl Row<'_> {
    fn keys(&self) -> Vec<Option<Value>> {
        self.keys.iter().map(|array| decode::value(array, self.row)).collect()
    }

    fn number(&self, at: usize) -> Result<Option<f64>, StoreError> {
        let numbers = self.numbers[at].as_primitive_opt::<Float64Type>();
        Ok(numbers
            .filter(|numbers| numbers.is_valid(self.row))
            .map(|numbers| numbers.value(self.row)))
    }

    fn bucket(&self, at: usize) -> Result<Option<i32>, StoreError> {
        let buckets = &self.values[at];
        if buckets.is_null(self.row) {
            return Ok(None);
        }
        Ok(match buckets.data_type() {
            // The stored ones, of durations.
            DataType::Int16 => {
                let stored = buckets.as_primitive::<datafusion::arrow::array::types::Int16Type>();
                Some(bucket::signed(stored.value(self.row)))
            }
            DataType::Int32 => Some(buckets.as_primitive::<Int32Type>().value(self.row)),
            _ => None,
        })
    }

    fn integer(&self, at: usize) -> Result<Option<i64>, StoreError> {
        let array = cast_array(&self.values[at].slice(self.row, 1), &DataType::Int64);
        let array = array.map_err(|error| StoreError::Read(error.to_string()))?;
        Ok(array.is_valid(0).then(|| array.as_primitive::<Int64Type>().value(0)))
    }
}

impl Partials {
    /// How many rows there are in all.
    pub(super) fn rows(&self) -> u64 {
        self.list.iter().map(|partial| partial.rows).sum()
    }

    /// The one group of a pass without keys; where there are no rows, one of none.
    pub(super) fn only(&self, plan: &Plan<'_>, window: &Window) -> Group {
        let none = vec![None; plan.sums.len()];
        let (rows, last, values) = match self.list.first() {
            Some(partial) => (
                partial.rows,
                partial.last,
                plan.values(&partial.sums, &partial.distributions),
            ),
            None => (0, 0, plan.values(&none, &[])),
        };
        Group {
            breakdowns: Vec::new(),
            values,
            last_unix_nano: if rows == 0 { window.start_unix_nano } else { last },
        }
    }

    pub(super) fn groups(&self, plan: &Plan<'_>) -> Vec<Group> {
        let group = |partial: &Partial| {
            Some(Group {
                breakdowns: breakdowns(plan, &partial.keys),
                values: plan.values(&partial.sums, &partial.distributions),
                last_unix_nano: partial.last,
            })
        };
        self.list
            .iter()
            .filter(|partial| partial.rows > 0)
            .filter_map(group)
            .collect()
    }

    /// The points of the groups that are shown.
    pub(super) fn series(&self, plan: &Plan<'_>, groups: &[Group], window: &Window) -> Vec<SeriesPoint> {
        let text = |breakdowns: &[Option<Value>]| format!("{breakdowns:?}");
        let places: HashMap<String, usize> = groups
            .iter()
            .enumerate()
            .map(|(at, group)| (text(&group.breakdowns), at))
            .collect();
        let points = self
            .list
            .iter()
            .filter(|partial| partial.rows > 0)
            .filter_map(|partial| {
                Some(SeriesPoint {
                    time_unix_nano: partial.step.saturating_mul(window.step_nano),
                    group: *places.get(&text(&breakdowns(plan, &partial.keys)))?,
                    values: plan.values(&partial.sums, &partial.distributions),
                })
            });
        in_order(points.collect())
    }
}

/// The values of all breakdowns; those that no row has are absent.
fn breakdowns(plan: &Plan<'_>, keys: &[Option<Value>]) -> Vec<Option<Value>> {
    let mut values = vec![None; plan.query.breakdowns.len()];
    for ((at, _, _), value) in plan.keys.iter().zip(keys) {
        values[*at] = value.clone();
    }
    values
}
