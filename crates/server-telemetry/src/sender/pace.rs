//! When to try again.

use std::time::{Duration, SystemTime};

/// How fast a sender goes, and how it waits. The defaults suit real backends; tests are quicker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How long the first spans after a pause wait for others, so that a busy moment is one request. 250 ms.
    pub gather: Duration,
    /// The pause after a first failure; it doubles with each further one. 500 ms.
    pub first: Duration,
    /// The longest pause. 30 s.
    pub longest: Duration,
    /// The pause where people have to do something first: a key that is refused, a wrong address. 30 s.
    pub refused: Duration,
    /// The longest `Retry-After` that is followed to the letter; of a longer one, so much. 5 minutes.
    pub longest_retry_after: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            gather: Duration::from_millis(250),
            first: Duration::from_millis(500),
            longest: Duration::from_secs(30),
            refused: Duration::from_secs(30),
            longest_retry_after: Duration::from_secs(300),
        }
    }
}

impl Pace {
    /// The pause after so many failures in a row (1 or more).
    ///
    /// What the backend asks for is what it gets, within bounds. Else, where a person is needed, a long one; and else an
    /// exponential one, between half of it and all of it by chance, so that senders that failed together do not come back
    /// together.
    pub(super) fn pause(&self, failures: u32, needs_a_person: bool, asked: Option<Duration>) -> Duration {
        match asked {
            Some(asked) => asked.max(self.first).min(self.longest_retry_after),
            None if needs_a_person => self.refused,
            None => self.exponential(failures, rand::random()),
        }
    }

    fn exponential(&self, failures: u32, chance: f64) -> Duration {
        let doubled = self
            .first
            .saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX));
        doubled.min(self.longest).mul_f64(0.5 + chance / 2.0)
    }
}

/// What a `Retry-After` header asks for: seconds, or until an HTTP date
/// (<https://www.rfc-editor.org/rfc/rfc9110#field.retry-after>). Nothing where it is neither; no time where the date has
/// passed.
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number has are for ever.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::UNIX_EPOCH;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let pace = Pace {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(30),
            ..Pace::default()
        };
        let longest: Vec<u64> = (1..=8).map(|n| pace.exponential(n, 1.0).as_secs()).collect();
        assert_eq!(longest, [1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(pace.exponential(3, 0.0), Duration::from_secs(2));
        assert_eq!(pace.exponential(u32::MAX, 1.0), Duration::from_secs(30));
    }

    #[test]
    fn what_a_backend_asks_for_beats_our_own_pauses_within_bounds() {
        let pace = Pace::default();
        let asked = |seconds| pace.pause(9, true, Some(Duration::from_secs(seconds)));
        assert_eq!(asked(7), Duration::from_secs(7));
        assert_eq!(asked(0), pace.first, "never at once");
        assert_eq!(asked(u64::MAX), pace.longest_retry_after);
        assert_eq!(pace.pause(1, true, None), pace.refused);
        assert!(pace.pause(1, false, None) <= pace.first);
    }

    #[test]
    fn seconds_and_dates_are_understood_and_nothing_else() {
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777); // Sun, 06 Nov 1994 08:49:37 GMT
        let after = |value| retry_after(value, now).map(|pause| pause.as_secs());
        assert_eq!(after("120"), Some(120));
        assert_eq!(after(" 0 "), Some(0));
        assert_eq!(after("Sun, 06 Nov 1994 08:50:37 GMT"), Some(60));
        assert_eq!(after("Sunday, 06-Nov-94 08:49:47 GMT"), Some(10));
        assert_eq!(after("Sun Nov  6 08:49:37 1994"), Some(0));
        assert_eq!(after("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0), "it has passed");
        assert_eq!(after("99999999999999999999999"), Some(u64::MAX));
        for nothing in ["", "soon", "-1", "1.5", "1e3", "+3", "06 Nov 1994"] {
            assert_eq!(after(nothing), None, "{nothing:?}");
        }
    }

    proptest! {
        #[test]
        fn every_number_of_seconds_is_itself(seconds: u64, zeros in "0{0,4}", before in "[ \t]{0,3}") {
            let value = format!("{before}{zeros}{seconds}");
            prop_assert_eq!(retry_after(&value, SystemTime::now()), Some(Duration::from_secs(seconds)));
        }

        #[test]
        fn every_date_is_as_far_away_as_it_is(now in 0..4_000_000_000_u64, ahead in 0..1_000_000_000_u64) {
            let now = UNIX_EPOCH + Duration::from_secs(now);
            let value = httpdate::fmt_http_date(now + Duration::from_secs(ahead));
            prop_assert_eq!(retry_after(&value, now), Some(Duration::from_secs(ahead)));
            let later = now + Duration::from_secs(ahead + 1);
            prop_assert_eq!(retry_after(&value, later), Some(Duration::ZERO));
        }

        #[test]
        fn whatever_comes_is_bounded_in_the_end(value: String) {
            if let Some(pause) = retry_after(&value, SystemTime::now()) {
                prop_assert!(Pace::default().pause(1, false, Some(pause)) <= Duration::from_secs(300));
            }
        }

        #[test]
        fn pauses_are_never_shorter_than_half_nor_longer_than_the_longest(failures: u32, chance in 0.0..1.0_f64) {
            let pace = Pace::default();
            let pause = pace.exponential(failures, chance);
            prop_assert!(pause >= pace.first / 2 && pause <= pace.longest);
        }
    }
}
