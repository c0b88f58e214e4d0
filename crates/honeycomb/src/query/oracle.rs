//! The plainest way to answer a query: go through all rows, keep what is in each group, calculate at the end. It is what
//! engines are tested against, so it keeps everything, and takes no shortcut that could be wrong.

use super::{Calculation, Group, Heatmap, HeatmapCell, Op, Query, QueryResult, SeriesPoint, heatmap_bucket, order};
use crate::{Event, Value};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Answers a query that is asked at `now_unix_nano`.
pub fn evaluate<'a>(query: &Query, events: impl IntoIterator<Item = &'a Event>, now_unix_nano: i64) -> QueryResult {
    let window = query.window(now_unix_nano);
    let rows: Vec<&Event> = events
        .into_iter()
        .filter(|event| window.contains(event.time_unix_nano) && query.matches(event))
        .collect();

    let mut groups: BTreeMap<Key, Vec<&Event>> = BTreeMap::new();
    for row in &rows {
        let key = query.breakdowns.iter().map(|column| row.get(column).cloned()).collect();
        groups.entry(Key(key)).or_default().push(row);
    }
    if query.breakdowns.is_empty() {
        groups.entry(Key(Vec::new())).or_default();
    }

    let mut groups: Vec<(Group, Vec<&Event>)> = groups
        .into_iter()
        .map(|(key, rows)| {
            let group = Group {
                breakdowns: key.0,
                values: values(query, &rows),
                last_unix_nano: rows
                    .iter()
                    .map(|row| row.time_unix_nano)
                    .max()
                    .unwrap_or(window.start_unix_nano),
            };
            (group, rows)
        })
        .filter(|(group, _)| {
            query
                .havings
                .iter()
                .all(|having| having.matches(group.values[having.calculation]))
        })
        .collect();
    groups.sort_by(|(a, _), (b, _)| query.order(a, b));
    let group_count = groups.len() as u64;
    groups.truncate(query.limit);

    let mut points: BTreeMap<(i64, usize), Vec<&Event>> = BTreeMap::new();
    for (at, (_, rows)) in groups.iter().enumerate() {
        for row in rows {
            points
                .entry((window.step_of(row.time_unix_nano), at))
                .or_default()
                .push(row);
        }
    }
    let series = points.into_iter().map(|((time_unix_nano, group), rows)| SeriesPoint {
        time_unix_nano,
        group,
        values: values(query, &rows),
    });

    let heatmaps = query
        .calculations
        .iter()
        .enumerate()
        .filter(|(_, calculation)| calculation.op == Op::Heatmap);
    QueryResult {
        window,
        series: series.collect(),
        heatmaps: heatmaps
            .map(|(calculation, heatmap)| {
                let mut cells: BTreeMap<(i64, Option<i32>), u64> = BTreeMap::new();
                for row in &rows {
                    if let Some(value) = number(heatmap, row) {
                        let cell = (window.step_of(row.time_unix_nano), heatmap_bucket(value));
                        *cells.entry(cell).or_default() += u64::from(row.sample_rate);
                    }
                }
                let cells = cells.into_iter().map(|((time_unix_nano, bucket), count)| HeatmapCell {
                    time_unix_nano,
                    bucket,
                    count,
                });
                Heatmap {
                    calculation,
                    cells: cells.collect(),
                }
            })
            .collect(),
        totals: values(query, &rows),
        row_count: rows.len() as u64,
        group_count,
        groups: groups.into_iter().map(|(group, _)| group).collect(),
    }
}

/// The values of a row's breakdowns: equal where the values are, whatever type their number has.
struct Key(Vec<Option<Value>>);

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let pairs = self.0.iter().zip(&other.0);
        let unequal = pairs.map(|pair| match pair {
            (Some(a), Some(b)) => order::any_type(a, b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        });
        unequal.fold(Ordering::Equal, Ordering::then)
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

fn values(query: &Query, rows: &[&Event]) -> Vec<Option<f64>> {
    query
        .calculations
        .iter()
        .map(|calculation| value(calculation, rows))
        .collect()
}

fn value(calculation: &Calculation, rows: &[&Event]) -> Option<f64> {
    let weight = |rows: &[&&Event]| rows.iter().map(|row| f64::from(row.sample_rate)).sum::<f64>();
    let column = calculation.column.as_deref();
    let with_column: Vec<_> = rows
        .iter()
        .filter(|row| column.is_none_or(|column| row.get(column).is_some()))
        .collect();
    let mut numbers: Vec<(f64, f64)> = rows
        .iter()
        .filter_map(|row| Some((number(calculation, row)?, f64::from(row.sample_rate))))
        .collect();
    numbers.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let total: f64 = numbers.iter().map(|(_, weight)| weight).sum();
    let sum = || numbers.iter().map(|(number, weight)| number * weight).sum::<f64>();
    match calculation.op {
        Op::Count => Some(weight(&with_column)),
        Op::CountDistinct => {
            let mut distinct: Vec<&Value> = with_column.iter().filter_map(|row| row.get(column?)).collect();
            distinct.sort_by(|a, b| order::any_type(a, b));
            distinct.dedup_by(|a, b| order::any_type(a, b).is_eq());
            Some(distinct.len() as f64)
        }
        Op::Heatmap => None,
        _ if numbers.is_empty() => None,
        Op::Sum => Some(sum()),
        Op::Avg => Some(sum() / total),
        Op::Min => numbers.first().map(|(number, _)| *number),
        Op::Max => numbers.last().map(|(number, _)| *number),
        Op::Percentile(share) => {
            // In whole thousandths: as a fraction the share of 0.95 of 20 rows may be a little more than 19.
            let wanted = total * f64::from(share.thousandths());
            let mut so_far = 0.0;
            let at = numbers.iter().find(|(_, weight)| {
                so_far += weight * 1000.0;
                so_far >= wanted
            });
            at.map(|(number, _)| *number)
        }
    }
}

fn number(calculation: &Calculation, row: &Event) -> Option<f64> {
    row.number(calculation.column.as_deref()?)
        .filter(|number| number.is_finite())
}
