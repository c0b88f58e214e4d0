//! How long traces take: a histogram over logarithmic buckets.

use crate::{StoreError, TraceFilter, TraceStore};
use serde::Serialize;
use std::sync::LazyLock;

/// Where buckets begin within a decade: about evenly on a logarithmic scale, and numbers that people use.
const STEPS: [&str; 6] = ["1", "1.5", "2", "3", "5", "7"];
/// The decades of the buckets: from 10 µs to 10,000 s, in powers of ten of milliseconds.
const DECADES: std::ops::Range<i32> = -2..7;

/// Where each bucket begins, in milliseconds. The first begins at 0.
static EDGES: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let edges = DECADES.flat_map(|decade| STEPS.map(|step| format!("{step}e{decade}")));
    // Read and not multiplied: 1.5e-1 is then the number that people write as 0.15.
    let edges = edges.filter_map(|edge| edge.parse().ok());
    std::iter::once(0.0).chain(edges).collect()
});

/// How many of the traces that match take how long.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Latency {
    /// Neighbours in ascending order, from the decade of the quickest trace to that of the slowest; none where no trace
    /// matches.
    pub buckets: Vec<LatencyBucket>,
    /// Whether there are older traces that were not looked at.
    pub cut: bool,
}

/// The traces of about the same duration.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LatencyBucket {
    /// The shortest duration that belongs here, in milliseconds.
    pub from_ms: f64,
    /// The shortest duration that does not belong here any more, in milliseconds; none where there is no bucket above.
    pub to_ms: Option<f64>,
    /// How many traces.
    pub traces: u64,
    /// How many of them have an error.
    pub errors: u64,
}

impl Latency {
    /// From the duration in milliseconds of each trace and whether it has an error.
    pub(crate) fn of(traces: impl IntoIterator<Item = (f64, bool)>) -> Self {
        let mut counts = vec![(0, 0); EDGES.len()];
        for (duration_ms, failed) in traces {
            // What is not a duration is in the first.
            let above = EDGES.partition_point(|edge| *edge <= duration_ms);
            let (traces, errors) = &mut counts[above.saturating_sub(1)];
            *traces += 1;
            *errors += u64::from(failed);
        }
        let filled = || counts.iter().enumerate().filter(|(_, (traces, _))| *traces > 0);
        let (Some((first, _)), Some((last, _))) = (filled().next(), filled().next_back()) else {
            return Self::default();
        };
        let decade = |bucket: usize| bucket.saturating_sub(1) / STEPS.len();
        let begin = if first == 0 { 0 } else { decade(first) * STEPS.len() + 1 };
        let end = (decade(last) + 1) * STEPS.len() + 1;
        let buckets = counts[begin..end]
            .iter()
            .enumerate()
            .map(|(index, (traces, errors))| LatencyBucket {
                from_ms: EDGES[begin + index],
                to_ms: EDGES.get(begin + index + 1).copied(),
                traces: *traces,
                errors: *errors,
            });
        Self {
            buckets: buckets.collect(),
            cut: false,
        }
    }
}

impl TraceStore {
    /// How long the traces take that match, of the newest [`crate::LOOKED_AT`]; `limit` and `cursor` of the filter have no
    /// say.
    ///
    /// # Errors
    /// As [`TraceStore::trace`].
    pub async fn latency(&self, filter: &TraceFilter) -> Result<Latency, StoreError> {
        let filter = filter.clone();
        self.off_thread(move |core| {
            let (traces, cut) = core.newest(&filter, |fragment| (fragment.duration_ms(), fragment.errors > 0))?;
            Ok(Latency {
                cut,
                ..Latency::of(traces)
            })
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_ascend_and_are_numbers_that_people_write() {
        assert!(EDGES.is_sorted_by(|a, b| a < b));
        assert_eq!(EDGES[..9], [0.0, 0.01, 0.015, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15]);
        assert_eq!(EDGES.last(), Some(&7e6));
    }

    #[test]
    fn whole_decades_are_shown() {
        let latency = Latency::of([(12.0, false), (99.0, true), (100.0, false)]);
        let shown: Vec<_> = latency
            .buckets
            .iter()
            .map(|bucket| (bucket.from_ms, bucket.traces))
            .collect();
        assert_eq!(shown.first(), Some(&(10.0, 1)));
        assert_eq!(shown.last().map(|(from, _)| *from), Some(700.0));
        assert_eq!(shown.len(), 12);
        assert_eq!(Latency::of([]), Latency::default());
    }

    #[test]
    fn nothing_is_too_short_too_long_or_too_odd() {
        let latency = Latency::of([(0.0, false), (-1.0, false), (f64::NAN, true), (1e300, false)]);
        assert_eq!(latency.buckets[0].from_ms, 0.0);
        assert_eq!((latency.buckets[0].traces, latency.buckets[0].errors), (3, 1));
        let last = latency.buckets.last().unwrap();
        assert_eq!((last.to_ms, last.traces), (None, 1));
    }
}
