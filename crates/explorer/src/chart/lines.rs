//! A value over time: a line for each of the first groups.

use super::scale::Scale;
use super::{Chart, MAX_LINES, Mark, Shape, Unit, counts, group_href, group_words, time};
use crate::format;
use honeycomb::QueryResult;
use honeycomb::query::{Op, Query, SeriesPoint};
use std::fmt::Write;

pub(super) fn chart(query: &Query, result: &QueryResult, at: usize, log: bool) -> Chart {
    let calculation = &query.calculations[at];
    let unit = Unit::of(calculation);
    let log = log && unit == Unit::Milliseconds;
    let shown = |point: &&SeriesPoint| point.group < MAX_LINES;
    let points: Vec<(&SeriesPoint, f64)> = result
        .series
        .iter()
        .filter(shown)
        .filter_map(|point| Some((point, point.values[at]?)))
        .collect();
    let scale = Scale::new(points.iter().map(|(_, value)| *value), log, counts(calculation.op));
    // A step is drawn at its middle.
    let x = |start: i64| time::x(&result.window, start.saturating_add(result.window.step_nano / 2));
    // Where no row came there were none: that is a count, but no percentile.
    let zero_between = counts(calculation.op) || calculation.op == Op::Sum;
    let line = |group: usize| {
        let values: Vec<_> = points.iter().filter(|(point, _)| point.group == group).collect();
        let mut path = String::new();
        let mut pen_down = false;
        let mut values = values.into_iter().peekable();
        for start in result.window.steps() {
            let here = values
                .next_if(|(point, _)| point.time_unix_nano == start)
                .map(|(_, value)| *value);
            let value = here.or(zero_between.then_some(0.0));
            match value.and_then(|value| scale.y(value)) {
                Some(y) => {
                    // A line of no length is a dot with round ends.
                    let _ = match pen_down {
                        true => write!(path, "L{:.1} {y:.1}", x(start)),
                        false => write!(path, "M{:.1} {y:.1}h0", x(start)),
                    };
                    pen_down = true;
                }
                None => pen_down = false,
            }
        }
        (group, path)
    };
    let lines: Vec<_> = (0..result.groups.len().min(MAX_LINES)).map(line).collect();
    let mark = |(point, value): &(&SeriesPoint, f64)| {
        let group = &result.groups[point.group];
        Some(Mark {
            shape: Shape::Point {
                x: x(point.time_unix_nano),
                y: scale.y(*value)?,
                line: Some(point.group),
            },
            time: time::words(point.time_unix_nano),
            what: group_words(group),
            value: unit.words(*value),
            href: group_href(query, result, group),
        })
    };
    let of = match result.groups.len() > MAX_LINES {
        true => format!(
            ", the first {MAX_LINES} of {} groups",
            format::count(result.group_count)
        ),
        false => String::new(),
    };
    Chart {
        key: calculation.key(),
        summary: format!("{} over time{of}", calculation.key()),
        what: "Group",
        y_ticks: scale.labels(unit),
        x_ticks: time::ticks(&result.window),
        lines,
        marks: points.iter().filter_map(mark).collect(),
        most: None,
    }
}
