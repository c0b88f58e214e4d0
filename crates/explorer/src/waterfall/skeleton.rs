//! A trace as the page's program reads it: columns of numbers, names once. What a span says is asked for one by one.

use super::{Phase, Row, Waterfall};
use serde::Serialize;
use std::collections::HashMap;

/// The columns; the i-th of each is about the i-th row from the top. Times are nanoseconds from the start of the trace.
#[derive(Serialize)]
pub(crate) struct Skeleton<'a> {
    total: i64,
    names: Vec<&'a str>,
    pub(crate) services: Vec<&'a str>,
    id: Vec<&'a str>,
    start: Vec<i64>,
    duration: Vec<i64>,
    self_time: Vec<i64>,
    /// An index into `names`.
    name: Vec<usize>,
    /// An index into `services`.
    service: Vec<usize>,
    /// The row of the parent, -1 for roots.
    parent: Vec<i64>,
    /// The sum of [`flag`]s.
    flags: Vec<u8>,
    /// What went wrong, each words once.
    error_words: Vec<&'a str>,
    /// Row, and an index into `error_words`.
    errors: Vec<(usize, usize)>,
    fetches: Vec<Fetch>,
    /// Row, time, and whether it is an exception.
    events: Vec<(usize, i64, bool)>,
}

/// What [`Skeleton::flags`] add up from.
pub(crate) mod flag {
    pub(crate) const ERROR: u8 = 1;
    pub(crate) const PARENT_MISSING: u8 = 2;
    pub(crate) const SYNTHETIC: u8 = 4;
    pub(crate) const INCOMPLETE: u8 = 8;
    pub(crate) const BEFORE_PARENT: u8 = 16;
    pub(crate) const DATABASE: u8 = 32;
    pub(crate) const LINKS: u8 = 64;
}

#[derive(Serialize)]
struct Fetch {
    row: usize,
    parts: Vec<(Phase, i64)>,
    words: Vec<(&'static str, i64)>,
}

impl<'a> Skeleton<'a> {
    pub(crate) fn of(waterfall: &'a Waterfall) -> Self {
        let rows = &waterfall.rows;
        let mut row_of_span = vec![-1; rows.len()];
        for (index, row) in rows.iter().enumerate() {
            row_of_span[row.place.span] = index as i64;
        }
        let fetch = |(row, of): (usize, &Row)| {
            let phases = of.phases.as_ref()?;
            Some(Fetch {
                row,
                parts: phases.parts.clone(),
                words: phases.words(),
            })
        };
        let events = |(index, row): (usize, &'a Row)| {
            let of_row = row.marks.iter();
            of_row.map(move |mark| (index, mark.offset, mark.is_exception))
        };
        let failed = || rows.iter().enumerate().filter_map(|(row, of)| Some((row, of.error()?)));
        let (error_words, error) = dictionary(failed().map(|(_, words)| words));
        let (names, name) = dictionary(rows.iter().map(Row::name));
        let (services, service) = dictionary(rows.iter().map(Row::service));
        Self {
            total: waterfall.total,
            names,
            services,
            id: rows.iter().map(Row::id).collect(),
            start: rows.iter().map(|row| row.offset).collect(),
            duration: rows.iter().map(|row| row.duration).collect(),
            self_time: rows.iter().map(|row| row.self_time).collect(),
            name,
            service,
            parent: rows
                .iter()
                .map(|row| row.place.parent.map_or(-1, |span| row_of_span[span]))
                .collect(),
            flags: rows.iter().map(flags).collect(),
            error_words,
            errors: failed().map(|(row, _)| row).zip(error).collect(),
            fetches: rows.iter().enumerate().filter_map(fetch).collect(),
            events: rows.iter().enumerate().flat_map(events).collect(),
        }
    }
}

fn flags(row: &Row) -> u8 {
    [
        (row.span.is_error(), flag::ERROR),
        (row.place.parent_missing, flag::PARENT_MISSING),
        (row.is_synthetic(), flag::SYNTHETIC),
        (row.is_incomplete(), flag::INCOMPLETE),
        (row.before_parent, flag::BEFORE_PARENT),
        (row.is_database(), flag::DATABASE),
        (row.has_links, flag::LINKS),
    ]
    .into_iter()
    .fold(0, |sum, (is, flag)| if is { sum | flag } else { sum })
}

/// Each text once, and for every text its place among them.
fn dictionary<'a>(texts: impl Iterator<Item = &'a str>) -> (Vec<&'a str>, Vec<usize>) {
    let mut known: HashMap<&str, usize> = HashMap::new();
    let mut words = Vec::new();
    let places = texts
        .map(|text| {
            *known.entry(text).or_insert_with(|| {
                words.push(text);
                words.len() - 1
            })
        })
        .collect();
    (words, places)
}
