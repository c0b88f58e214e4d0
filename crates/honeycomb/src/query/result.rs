//! The answer to a query, and its JSON in the shape of Honeycomb's query results.

use super::{Query, Window};
use crate::{Value, timestamp};
use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};

/// How many buckets of a heatmap a factor of ten has: one is 26 % higher than the next.
pub const HEATMAP_BUCKETS_PER_DECADE: i32 = 10;

/// The bucket of a heatmap that a value is in: bucket `n` holds what is at least `10^(n/10)` and less than
/// `10^((n+1)/10)`. `None` for 0 and what is below, which have one bucket of their own.
pub fn heatmap_bucket(value: f64) -> Option<i32> {
    (value > 0.0).then(|| (value.log10() * f64::from(HEATMAP_BUCKETS_PER_DECADE)).floor() as i32)
}

/// What a query found.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryResult {
    /// The range that was looked at.
    pub window: Window,
    /// The groups that the query asked for, in its order, at most [`Query::limit`]. Without breakdowns there is one, even
    /// if no row meets the filters.
    pub groups: Vec<Group>,
    /// The groups step by step: by time, then as in `groups`. Where a group has no row in a step, there is no point.
    pub series: Vec<SeriesPoint>,
    /// One for each `HEATMAP`, in the order of the calculations: all rows that meet the filters, in whichever group.
    pub heatmaps: Vec<Heatmap>,
    /// The calculations over all rows that meet the filters, whatever `HAVING` and the limit say.
    pub totals: Vec<Option<f64>>,
    /// How many rows meet the filters; a row counts once, whatever its sample rate.
    pub row_count: u64,
    /// How many groups meet `HAVING`; those above the limit are not in `groups`.
    pub group_count: u64,
}

/// The rows that agree in all breakdowns, and what was calculated over them.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The values of the breakdowns, in the query's order; absent where its rows do not have the column.
    pub breakdowns: Vec<Option<Value>>,
    /// The values of the calculations, in the query's order; absent for a heatmap, and where no row had a number.
    pub values: Vec<Option<f64>>,
    /// The time of its newest row, in nanoseconds since 1970; the start of the window where it has none.
    pub last_unix_nano: i64,
}

/// What was calculated over the rows of a group in one step of the time.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesPoint {
    /// The start of the step, in nanoseconds since 1970.
    pub time_unix_nano: i64,
    /// The group, by its place in [`QueryResult::groups`].
    pub group: usize,
    /// As in [`Group::values`].
    pub values: Vec<Option<f64>>,
}

/// How the values of a column are distributed over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Heatmap {
    /// The calculation, by its place in [`Query::calculations`].
    pub calculation: usize,
    /// The cells that have rows: by time, then by value.
    pub cells: Vec<HeatmapCell>,
}

/// The rows of one step of the time whose values are in one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeatmapCell {
    /// The start of the step, in nanoseconds since 1970.
    pub time_unix_nano: i64,
    /// See [`heatmap_bucket`].
    pub bucket: Option<i32>,
    /// How many rows, each as often as its sample rate says.
    pub count: u64,
}

impl QueryResult {
    /// The answer as JSON together with its question: `{"query": {…}, "complete": true, "data": {"series": […],
    /// "results": […], "total_by_aggregate": {…}, "heatmaps": […]}}`. All but `heatmaps` is Honeycomb's; times are RFC
    /// 3339, values that are absent are left out.
    pub fn json<'a>(&'a self, query: &'a Query) -> impl Serialize + 'a {
        Answer { query, result: self }
    }
}

struct Answer<'a> {
    query: &'a Query,
    result: &'a QueryResult,
}

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut answer = serializer.serialize_struct("QueryResult", 3)?;
        answer.serialize_field("query", self.query)?;
        answer.serialize_field("complete", &true)?;
        answer.serialize_field("data", &Data(self))?;
        answer.end()
    }
}

struct Data<'a>(&'a Answer<'a>);

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Answer { query, result } = self.0;
        let row = |time, breakdowns, values| Row {
            query,
            time,
            breakdowns,
            values,
        };
        let groups = &result.groups;
        let series: Vec<_> = result
            .series
            .iter()
            .map(|point| {
                row(
                    Some(point.time_unix_nano),
                    &*groups[point.group].breakdowns,
                    &*point.values,
                )
            })
            .collect();
        let results: Vec<_> = groups
            .iter()
            .map(|group| row(None, &*group.breakdowns, &*group.values))
            .collect();
        let heatmaps: Vec<_> = result
            .heatmaps
            .iter()
            .map(|heatmap| HeatmapJson { query, heatmap })
            .collect();
        let mut data = serializer.serialize_struct("Data", 4)?;
        data.serialize_field("series", &series)?;
        data.serialize_field("results", &results)?;
        data.serialize_field("total_by_aggregate", &row(None, &[], &result.totals))?;
        data.serialize_field("heatmaps", &heatmaps)?;
        data.end()
    }
}

struct Row<'a> {
    query: &'a Query,
    time: Option<i64>,
    breakdowns: &'a [Option<Value>],
    values: &'a [Option<f64>],
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_map(None)?;
        if let Some(time) = self.time {
            row.serialize_entry("time", &timestamp::rfc3339_seconds(time))?;
        }
        row.serialize_entry("data", &Values(self))?;
        row.end()
    }
}

struct Values<'a>(&'a Row<'a>);

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let row = self.0;
        let mut values = serializer.serialize_map(None)?;
        for (calculation, value) in row.query.calculations.iter().zip(row.values) {
            if let Some(value) = value {
                values.serialize_entry(&calculation.key(), &Number(*value))?;
            }
        }
        for (name, value) in row.query.breakdowns.iter().zip(row.breakdowns) {
            if let Some(value) = value {
                values.serialize_entry(name, value)?;
            }
        }
        values.end()
    }
}

/// A number as a person would write it: a count without a decimal point.
pub(super) struct Number(pub(super) f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if self.0.fract() == 0.0 && self.0.abs() <= EXACT {
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

struct HeatmapJson<'a> {
    query: &'a Query,
    heatmap: &'a Heatmap,
}

impl Serialize for HeatmapJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Cell {
            time: String,
            from: f64,
            to: f64,
            count: u64,
        }
        let bound = |bucket: i32| 10_f64.powf(f64::from(bucket) / f64::from(HEATMAP_BUCKETS_PER_DECADE));
        let cells: Vec<_> = self
            .heatmap
            .cells
            .iter()
            .map(|cell| Cell {
                time: timestamp::rfc3339_seconds(cell.time_unix_nano),
                from: cell.bucket.map_or(0.0, bound),
                to: cell.bucket.map_or(0.0, |bucket| bound(bucket + 1)),
                count: cell.count,
            })
            .collect();
        let mut heatmap = serializer.serialize_struct("Heatmap", 2)?;
        heatmap.serialize_field("name", &self.query.calculations[self.heatmap.calculation].key())?;
        heatmap.serialize_field("cells", &cells)?;
        heatmap.end()
    }
}
