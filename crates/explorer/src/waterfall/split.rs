//! Where a trace's time went: on the network, in the server, in the browser.
//!
//! A sweep of the timeline in which each instant counts once, so the three add up to the whole. While fetches are under
//! way, the one that ends last says what happens (it is the one that is waited for): its own timings, which compare no
//! clocks. At all other times it is the server's where a span of a service other than the browser is open (a page's own
//! request, work after the answer), and else the browser's.

use super::{Phase, Phases, Row};
use std::collections::HashSet;

/// Nanoseconds; the three add up to the trace's duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Split {
    /// Looking names up, connecting, TLS, the ways there and back, downloads.
    pub(crate) network: i64,
    pub(crate) server: i64,
    pub(crate) browser: i64,
}

type Interval = (i64, i64);

impl Split {
    /// None where no fetch knows its network time.
    pub(crate) fn of(rows: &[Row], total: i64) -> Option<Self> {
        let fetches: Vec<(&Row, &Phases)> = rows
            .iter()
            .filter_map(|row| Some((row, row.phases.as_ref()?)))
            .collect();
        if !fetches.iter().any(|(_, phases)| phases.network.is_some()) {
            return None;
        }
        let browsers: HashSet<&str> = fetches.iter().map(|(row, _)| row.service()).collect();
        let elsewhere = rows.iter().filter(|row| !browsers.contains(row.service()));
        let serving = union(elsewhere.map(Row::interval).collect());
        let intervals: Vec<Interval> = fetches.iter().map(|(row, _)| row.interval()).collect();

        let (mut network, mut server, mut swept) = (0, 0, 0);
        for (fetch, (start, end)) in waited_for(&intervals) {
            server += covered(&serving, (swept, start));
            swept = end;
            let (row, phases) = fetches[fetch];
            let mut at = row.offset;
            for (phase, length) in &phases.parts {
                let part = (at.max(start), at.saturating_add(*length).min(end));
                at = at.saturating_add(*length);
                let length = (part.1 - part.0).max(0);
                match phase {
                    Phase::Browser => {}
                    Phase::Network => network += length,
                    Phase::Server => server += length,
                    // The server did not say how long it took; its spans may.
                    Phase::Wait => {
                        let served = covered(&serving, part);
                        server += served;
                        network += length - served;
                    }
                }
            }
        }
        server += covered(&serving, (swept, total));
        Some(Self {
            network,
            server,
            browser: total - network - server,
        })
    }
}

/// Which fetch is waited for when: of overlapping ones the one that ends last, of those that end together the first.
/// Intervals in the order of time that do not overlap, each with the index of its fetch.
fn waited_for(fetches: &[Interval]) -> Vec<(usize, Interval)> {
    let mut by_end: Vec<usize> = (0..fetches.len()).collect();
    by_end.sort_by_key(|fetch| std::cmp::Reverse(fetches[*fetch].1));
    // All fetches so far end after the next one, so what they leave of it is the part before the earliest of them.
    let mut earliest = i64::MAX;
    let mut waited: Vec<_> = by_end
        .into_iter()
        .filter_map(|fetch| {
            let (start, end) = fetches[fetch];
            let left = (start, end.min(earliest));
            earliest = earliest.min(start);
            (left.0 < left.1).then_some((fetch, left))
        })
        .collect();
    waited.reverse();
    waited
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

/// How much of an interval lies in a union.
pub(super) fn covered(union: &[Interval], (start, end): Interval) -> i64 {
    if start >= end {
        return 0;
    }
    let first = union.partition_point(|part| part.1 <= start);
    union[first..]
        .iter()
        .take_while(|part| part.0 < end)
        .map(|part| part.1.min(end) - part.0.max(start))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn unions_join_what_touches() {
        assert_eq!(union(vec![(5, 6), (1, 3), (3, 4), (2, 2), (9, 8)]), [(1, 4), (5, 6)]);
    }

    fn intervals() -> impl Strategy<Value = Vec<Interval>> {
        prop::collection::vec(
            (0..60_i64, 0..20_i64).prop_map(|(start, length)| (start, start + length)),
            0..8,
        )
    }

    proptest! {
        #[test]
        fn each_instant_waits_for_the_fetch_that_ends_last(fetches in intervals()) {
            let waited = waited_for(&fetches);
            prop_assert!(waited.is_sorted_by(|(_, a), (_, b)| a.1 <= b.0));
            for instant in 0..80 {
                let open = |(start, end): Interval| start <= instant && instant < end;
                let last = (0..fetches.len()).filter(|fetch| open(fetches[*fetch])).min_by_key(|fetch| -fetches[*fetch].1);
                let said = waited.iter().find(|(_, part)| open(*part)).map(|(fetch, _)| *fetch);
                prop_assert_eq!(said, last, "at {}", instant);
            }
        }

        #[test]
        fn covered_counts_the_instants(some in intervals(), start in 0..60_i64, length in 0..30_i64) {
            let part = (start, start + length);
            let inside = |instant: &i64| some.iter().any(|(start, end)| start <= instant && instant < end);
            let counted = (part.0..part.1).filter(inside).count();
            prop_assert_eq!(covered(&union(some.clone()), part), counted as i64);
        }
    }
}
