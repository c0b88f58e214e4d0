//! Where a trace's time went: on the network, in the server, in the browser.
//!
//! Times are those of the clock on the wall: what runs side by side counts once. Where the server worked while
//! something was on the network, it is the server's time.

use super::{Phase, Row};
use std::collections::HashSet;

/// Nanoseconds; the three add up to the trace's duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Split {
    pub(crate) network: i64,
    pub(crate) server: i64,
    pub(crate) browser: i64,
}

type Interval = (i64, i64);

impl Split {
    /// None where no fetch knows its network time.
    pub(crate) fn of(rows: &[Row], total: i64) -> Option<Self> {
        let fetches = || rows.iter().filter_map(|row| Some((row, row.phases.as_ref()?)));
        if !fetches().any(|(_, phases)| phases.network.is_some()) {
            return None;
        }
        let mut network = Vec::new();
        let mut server = Vec::new();
        for (row, phases) in fetches() {
            let mut at = row.offset;
            for (phase, length) in &phases.parts {
                let part = (at, at.saturating_add(*length));
                at = part.1;
                match phase {
                    Phase::Network => network.push(part),
                    Phase::Server | Phase::Wait => server.push(part),
                    Phase::Browser => {}
                }
            }
        }
        // Inside a fetch its own timings count, which compare no clocks; what other services did outside of all
        // fetches (a page's own request, work after the answer) is the server's time as its spans say.
        let browsers: HashSet<&str> = fetches().map(|(row, _)| row.service()).collect();
        let interval = |row: &Row| (row.offset, row.offset.saturating_add(row.duration));
        let elsewhere = rows
            .iter()
            .filter(|row| !browsers.contains(row.service()))
            .map(interval);
        let fetching = union(fetches().map(|(row, _)| interval(row)).collect());
        server.extend(without(union(elsewhere.collect()), &fetching));

        let server = union(server);
        let both = length(&union(network.into_iter().chain(server.iter().copied()).collect()));
        let server = length(&server);
        Some(Self {
            network: both - server,
            server,
            browser: (total - both).max(0),
        })
    }
}

/// The same times as intervals in order that do not touch.
pub(super) fn union(mut intervals: Vec<Interval>) -> Vec<Interval> {
    intervals.retain(|(start, end)| start < end);
    intervals.sort_unstable();
    let mut joined: Vec<Interval> = Vec::with_capacity(intervals.len());
    for (start, end) in intervals {
        match joined.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => joined.push((start, end)),
        }
    }
    joined
}

/// How long these are, which do not overlap.
pub(super) fn length(intervals: &[Interval]) -> i64 {
    intervals.iter().map(|(start, end)| end - start).sum()
}

/// The first without the second; both are unions.
fn without(intervals: Vec<Interval>, holes: &[Interval]) -> Vec<Interval> {
    let mut left = Vec::new();
    let mut first_hole = 0;
    for (mut start, end) in intervals {
        while holes.get(first_hole).is_some_and(|hole| hole.1 <= start) {
            first_hole += 1;
        }
        for (hole_start, hole_end) in &holes[first_hole..] {
            if *hole_start >= end {
                break;
            }
            left.push((start, *hole_start));
            start = start.max(*hole_end);
        }
        left.push((start, end));
    }
    union(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unions_join_what_touches() {
        assert_eq!(union(vec![(5, 6), (1, 3), (3, 4), (2, 2), (9, 8)]), [(1, 4), (5, 6)]);
        assert_eq!(length(&[(1, 4), (5, 6)]), 4);
    }

    #[test]
    fn holes_are_cut_out() {
        assert_eq!(without(vec![(0, 10)], &[(2, 3), (5, 20)]), [(0, 2), (3, 5)]);
        assert_eq!(without(vec![(0, 4), (6, 8)], &[(1, 7)]), [(0, 1), (7, 8)]);
        assert_eq!(without(vec![(0, 4)], &[(0, 4)]), []);
        assert_eq!(without(vec![(3, 4)], &[(0, 1), (5, 6)]), [(3, 4)]);
    }
}
