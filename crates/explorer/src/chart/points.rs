//! Groups that are moments, such as traces: each a point where its newest row is.

use super::scale::Scale;
use super::{Chart, Mark, Shape, Unit, counts, group_href, group_words, time};
use crate::format;
use honeycomb::QueryResult;
use honeycomb::query::{Group, Query};

pub(super) fn chart(query: &Query, result: &QueryResult, at: usize, log: bool) -> Chart {
    let calculation = &query.calculations[at];
    let unit = Unit::of(calculation);
    let mut groups: Vec<(&Group, f64)> = result
        .groups
        .iter()
        .filter_map(|group| Some((group, group.values[at]?)))
        .collect();
    groups.sort_by_key(|(group, _)| group.last_unix_nano);
    let scale = Scale::new(
        groups.iter().map(|(_, value)| *value),
        log && unit == Unit::Milliseconds,
        counts(calculation.op),
    );
    let mark = |(group, value): &(&Group, f64)| {
        Some(Mark {
            shape: Shape::Point {
                x: time::x(&result.window, group.last_unix_nano),
                y: scale.y(*value)?,
                line: None,
            },
            time: time::words(group.last_unix_nano),
            what: group_words(group),
            value: unit.words(*value),
            href: group_href(query, result, group),
        })
    };
    Chart {
        key: calculation.key(),
        summary: format!(
            "{} of {} over time",
            calculation.key(),
            format::counted(groups.len() as u64, "group")
        ),
        what: "Group",
        y_ticks: scale.labels(unit),
        x_ticks: time::ticks(&result.window),
        lines: Vec::new(),
        marks: groups.iter().filter_map(mark).collect(),
        most: None,
    }
}
