//! From when to when, and in which steps.

use super::{DEFAULT_TIME_RANGE, Query};

const SECOND: i64 = 1_000_000_000;

/// The range of a query, in whole seconds as the specification has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeRange {
    /// So many seconds up to now.
    Last(u64),
    /// So many seconds from a moment on.
    From {
        /// The start in seconds since 1970.
        start: u64,
        /// How many seconds.
        seconds: u64,
    },
    /// So many seconds up to a moment.
    Until {
        /// The end in seconds since 1970.
        end: u64,
        /// How many seconds.
        seconds: u64,
    },
    /// From one moment to another.
    Between {
        /// The start in seconds since 1970.
        start: u64,
        /// The end in seconds since 1970, not before the start.
        end: u64,
    },
}

impl Default for TimeRange {
    fn default() -> Self {
        Self::Last(DEFAULT_TIME_RANGE)
    }
}

impl TimeRange {
    /// How long the range is, in seconds.
    pub fn seconds(self) -> u64 {
        match self {
            Self::Last(seconds) | Self::From { seconds, .. } | Self::Until { seconds, .. } => seconds,
            Self::Between { start, end } => end - start,
        }
    }
}

/// The range of a query at a certain time: what an engine filters and groups by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first moment that counts, in nanoseconds since 1970.
    pub start_unix_nano: i64,
    /// The first moment that does not count any more.
    pub end_unix_nano: i64,
    /// The length of a step of the series, in nanoseconds; above 0.
    pub step_nano: i64,
}

impl Window {
    /// Whether a row of this time counts.
    pub fn contains(&self, unix_nano: i64) -> bool {
        (self.start_unix_nano..self.end_unix_nano).contains(&unix_nano)
    }

    /// The start of the step that a moment is in. The first step of a window may begin before the window.
    pub fn step_of(&self, unix_nano: i64) -> i64 {
        unix_nano.div_euclid(self.step_nano) * self.step_nano
    }

    /// The starts of all steps.
    pub fn steps(&self) -> impl Iterator<Item = i64> + use<> {
        let (step, end) = (self.step_nano, self.end_unix_nano);
        let first = self.step_of(self.start_unix_nano);
        std::iter::successors(Some(first), move |at| at.checked_add(step)).take_while(move |at| *at < end)
    }
}

impl Query {
    /// The range as it is when the query is asked at `now_unix_nano`. The second that runs counts whole, so that what
    /// just happened is in it.
    pub fn window(&self, now_unix_nano: i64) -> Window {
        let nano = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(SECOND);
        let (start, end) = match self.time {
            TimeRange::Last(seconds) => {
                let end = now_unix_nano
                    .div_euclid(SECOND)
                    .saturating_add(1)
                    .saturating_mul(SECOND);
                (end.saturating_sub(nano(seconds)), end)
            }
            TimeRange::From { start, seconds } => (nano(start), nano(start).saturating_add(nano(seconds))),
            TimeRange::Until { end, seconds } => (nano(end).saturating_sub(nano(seconds)), nano(end)),
            TimeRange::Between { start, end } => (nano(start), nano(end)),
        };
        let step = self.granularity.unwrap_or_else(|| granularity(self.time.seconds()));
        Window {
            start_unix_nano: start,
            end_unix_nano: end,
            step_nano: nano(step.max(1)),
        }
    }
}

/// The shortest step that people count in with which a range of so many seconds has at most 120.
fn granularity(seconds: u64) -> u64 {
    const STEPS: [u64; 18] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
    ];
    let wanted = seconds.div_ceil(120);
    let step = STEPS.into_iter().find(|step| *step >= wanted);
    step.unwrap_or_else(|| wanted.next_multiple_of(86_400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_at_most_120() {
        for (seconds, step) in [(1, 1), (120, 1), (600, 5), (7200, 60), (86_400, 900), (604_800, 7200)] {
            assert_eq!(granularity(seconds), step, "{seconds}");
        }
        for days in [1, 10, 120, 121, 400, 10_000_u64] {
            let seconds = days * 86_400;
            assert!(seconds.div_ceil(granularity(seconds)) <= 120, "{days} days");
        }
    }

    #[test]
    fn steps_begin_at_multiples_and_cover_the_window() {
        let query = Query::parse(r#"{"start_time": 125, "end_time": 305, "granularity": 60}"#).unwrap();
        let window = query.window(0);
        let starts: Vec<_> = window.steps().map(|nano| nano / SECOND).collect();
        assert_eq!(starts, [120, 180, 240, 300]);
        assert_eq!(window.step_of(239 * SECOND), 180 * SECOND);
        assert!(window.contains(125 * SECOND) && !window.contains(305 * SECOND));
    }

    #[test]
    fn the_running_second_counts() {
        let window = Query::parse("{}").unwrap().window(10_000 * SECOND + 7);
        assert_eq!(window.end_unix_nano, 10_001 * SECOND);
        assert_eq!(window.start_unix_nano, 2_801 * SECOND);
    }

    #[test]
    fn far_times_do_not_overflow() {
        let query = Query::parse(r#"{"start_time": 9223372036854775807, "time_range": 9223372036854775807}"#).unwrap();
        let window = query.window(i64::MAX);
        assert!(window.start_unix_nano <= window.end_unix_nano && window.step_nano > 0);
    }
}
