//! How far the server's clock is ahead of the page's: bounded by every response, never guessed from one.
//!
//! A response says when the server received the request and when it sent the head ([`trace_wire::server_timing`]); the
//! browser knows when it sent the one and began to receive the other. A request is received after it was sent, and a
//! head arrives after it was sent, so each pair bounds the offset θ = server − page:
//!
//! > send − responseStart ≤ θ ≤ receive − requestStart
//!
//! The page keeps the intersection of all such intervals. This is the interval algorithm of Marzullo and Owicki,
//! *Maintaining the time in a distributed system* (1983), with one server; NTP's intersection (RFC 5905, §11.2.1) is its
//! descendant.

/// How fast two quartz clocks drift apart at most, by ratio: 50 parts per million each.
const DRIFT: f64 = 1e-4;
/// What a time stamp may be off, in milliseconds: browsers round to 0.1 ms, or 0.005 on an isolated page.
const RESOLUTION: f64 = 0.1;

/// An interval for θ, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Offset {
    low: f64,
    high: f64,
    /// When it was right, on the page's performance time line.
    at: f64,
}

impl Offset {
    /// Nothing is known.
    pub(crate) const UNKNOWN: Self = Self {
        low: f64::NEG_INFINITY,
        high: f64::INFINITY,
        at: 0.0,
    };

    /// Takes a response into account: `low` and `high` bound θ at the time `at`.
    pub(crate) fn add(&mut self, at: f64, low: f64, high: f64) {
        let (low, high) = (low - RESOLUTION, high + RESOLUTION);
        // Not from a server that took longer than it was waited for.
        if low > high {
            return;
        }
        let old = self.at(at);
        *self = Self {
            low: old.low.max(low),
            high: old.high.min(high),
            at,
        };
        // They contradict each other: one of the clocks was set. The newest is right.
        if self.low > self.high {
            *self = Self { low, high, at };
        }
    }

    /// The middle of the interval at the time `at`, and half its width: θ is the one, give or take the other.
    pub(crate) fn estimate(self, at: f64) -> Option<(f64, f64)> {
        let Self { low, high, .. } = self.at(at);
        let half = (high - low) / 2.0;
        half.is_finite().then_some((low + half, half))
    }

    /// Widened by what the clocks may have drifted since.
    fn at(self, at: f64) -> Self {
        let drift = (at - self.at).max(0.0) * DRIFT;
        Self {
            low: self.low - drift,
            high: self.high + drift,
            at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a request shows of θ: sent at `at`, `out` ms on the way, `server` ms there, `back` ms on the way back.
    fn exchange(offset: &mut Offset, theta: f64, at: f64, out: f64, server: f64, back: f64) {
        let (receive, send) = (at + out + theta, at + out + server + theta);
        let response_start = at + out + server + back;
        offset.add(response_start, send - response_start, receive - at);
    }

    #[test]
    fn the_interval_holds_the_offset_and_narrows() {
        for theta in [-90_000.0, -0.3, 0.0, 90_000.0] {
            let mut offset = Offset::UNKNOWN;
            assert_eq!(offset.estimate(0.0), None);
            let mut width = f64::INFINITY;
            for (at, out, back) in [(0.0, 30.0, 5.0), (100.0, 2.0, 40.0), (200.0, 12.0, 9.0)] {
                exchange(&mut offset, theta, at, out, 7.0, back);
                let (middle, half) = offset.estimate(at).unwrap();
                assert!((middle - theta).abs() <= half, "{theta}: {middle} ± {half}");
                assert!(half <= width + 0.05, "but for the drift");
                width = half;
            }
            // The fastest way out (2 ms) and the fastest way back (5 ms): narrower than any one exchange.
            assert!((width - 3.5 - RESOLUTION).abs() < 0.05, "{width}");
        }
    }

    #[test]
    fn it_widens_as_clocks_drift() {
        let mut offset = Offset::UNKNOWN;
        exchange(&mut offset, 5.0, 0.0, 1.0, 1.0, 1.0);
        let (_, first) = offset.estimate(3.0).unwrap();
        let (_, later) = offset.estimate(60_003.0).unwrap();
        assert!((later - first - 6.0).abs() < 1e-6, "{first} {later}");
    }

    #[test]
    fn a_clock_that_was_set_starts_anew() {
        let mut offset = Offset::UNKNOWN;
        exchange(&mut offset, 0.0, 0.0, 1.0, 1.0, 1.0);
        exchange(&mut offset, 3_600_000.0, 100.0, 1.0, 1.0, 1.0);
        let (middle, half) = offset.estimate(103.0).unwrap();
        assert!((middle - 3_600_000.0).abs() <= half && half < 2.0);
    }

    #[test]
    fn what_cannot_be_is_not_taken() {
        let mut offset = Offset::UNKNOWN;
        offset.add(0.0, 10.0, -10.0);
        offset.add(0.0, f64::NAN, f64::NAN);
        assert_eq!(offset.estimate(0.0), None);
    }
}
