//! Charts of a query's result as plain data: what is drawn where, and in which words. [`crate::page`] makes SVG of it.
//!
//! Everything drawn lies on a sheet of [`WIDTH`] × [`HEIGHT`] units that is stretched to its place on the page, so texts
//! are never part of it.

mod heatmap;
mod lines;
mod points;
mod scale;
mod time;

use crate::{format, href, statement};
use honeycomb::query::{Calculation, Group, Op, Query};
use honeycomb::{QueryResult, column};

/// How wide the sheet is, in its own units.
pub(crate) const WIDTH: f64 = 1000.0;
/// How high the sheet is.
pub(crate) const HEIGHT: f64 = 240.0;
/// How many groups have a line; the table has all.
pub(crate) const MAX_LINES: usize = 5;

/// One chart.
pub(crate) struct Chart {
    /// The calculation's name in results, such as `P99(duration_ms)`.
    pub(crate) key: String,
    /// What one sees, in a sentence for those who do not.
    pub(crate) summary: String,
    /// What the second column of its values is about: `Group` or `Bucket`.
    pub(crate) what: &'static str,
    /// Ticks of the vertical axis: percent from the top, and the value.
    pub(crate) y_ticks: Vec<(f64, String)>,
    /// Ticks of the time: percent from the left, and the time.
    pub(crate) x_ticks: Vec<(f64, String)>,
    /// Lines, each with its group's place.
    pub(crate) lines: Vec<(usize, String)>,
    /// What has a value, by time, then from the bottom.
    pub(crate) marks: Vec<Mark>,
    /// The largest number of rows of a cell; none where there are no cells.
    pub(crate) most: Option<u64>,
}

/// Something that has a value.
pub(crate) struct Mark {
    pub(crate) shape: Shape,
    pub(crate) time: String,
    /// Which group or bucket.
    pub(crate) what: String,
    pub(crate) value: String,
    /// The traces behind it, where they can be asked for.
    pub(crate) href: Option<String>,
}

/// How a mark is drawn.
pub(crate) enum Shape {
    /// A rectangle whose colour has one of [`LEVELS`] strengths, from 1.
    Cell {
        x: f64,
        y: f64,
        width: f64,
        height: f64,
        level: usize,
    },
    /// A point of the line of this number, if it belongs to one.
    Point { x: f64, y: f64, line: Option<usize> },
}

/// How many strengths the colour of a cell has.
pub(crate) const LEVELS: usize = 5;

/// All charts of a result: one for each calculation, in their order.
pub(crate) fn charts(query: &Query, result: &QueryResult, log: bool) -> Vec<Chart> {
    let by_trace = query.breakdowns.iter().any(|name| name == column::TRACE_ID);
    let chart = |(at, calculation): (usize, &Calculation)| match calculation.op {
        Op::Heatmap => heatmap::chart(query, result, at),
        // A trace is a moment: as lines, a hundred of them would be nothing but ends.
        _ if by_trace => points::chart(query, result, at, log),
        _ => lines::chart(query, result, at, log),
    };
    query.calculations.iter().enumerate().map(chart).collect()
}

/// Whether an operation's values are how many there are of something.
fn counts(op: Op) -> bool {
    matches!(op, Op::Count | Op::CountDistinct)
}

/// What a calculation's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Milliseconds,
    Number,
}

impl Unit {
    /// The unit is the end of the column's name: `duration_ms`.
    pub(crate) fn of(calculation: &Calculation) -> Self {
        match &calculation.column {
            Some(column) if !counts(calculation.op) && column.ends_with("_ms") => Self::Milliseconds,
            _ => Self::Number,
        }
    }

    pub(crate) fn words(self, value: f64) -> String {
        match self {
            Self::Milliseconds if value < 0.0 => format!("−{}", format::milliseconds(-value)),
            Self::Milliseconds => format::milliseconds(value),
            Self::Number => format::number(value),
        }
    }
}

/// A group in words: its breakdowns' values.
pub(crate) fn group_words(group: &Group) -> String {
    let words: Vec<_> = group.breakdowns.iter().flatten().map(ToString::to_string).collect();
    match (words.is_empty(), group.breakdowns.is_empty()) {
        (false, _) => words.join(" · "),
        (true, true) => "all".to_owned(),
        (true, false) => "none of these".to_owned(),
    }
}

/// Where the traces of a group are: in the list, or in the answer to a statement.
pub(crate) fn group_href(query: &Query, result: &QueryResult, group: &Group) -> Option<String> {
    let in_list = href::traces_of(query.breakdowns.iter().map(String::as_str).zip(&group.breakdowns));
    in_list.or_else(|| Some(href::sql(&statement::of_group(query, result, group)?)))
}
