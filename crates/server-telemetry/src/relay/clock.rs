//! The browser's clock, and how it is brought onto the server's.
//!
//! Each fetch tells a page within which bounds its clock is off; with each batch it states the middle and the half-width of
//! what is left. All times of the batch are moved by the one number, so durations stay exactly as they were measured.

use super::attribute::number;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::Span;
use std::time::Duration;
use trace_wire::attribute as name;

/// The largest offset that is believed: a machine without a battery for its clock wakes up decades ago.
const MOST_OFF_MS: f64 = 60.0 * 365.25 * 24.0 * 3_600_000.0;
/// The largest half-width that says anything. Half the time of a fetch, as a rule.
const MOST_ERROR_MS: f64 = 3_600_000.0;

/// What a page states of its clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Clock {
    offset_ms: f64,
    error_ms: f64,
}

impl Clock {
    /// Of the two attributes; `None` where one is missing or cannot be.
    pub(super) fn new(offset_ms: Option<f64>, error_ms: Option<f64>) -> Option<Self> {
        let clock = Self {
            offset_ms: offset_ms?,
            error_ms: error_ms?,
        };
        // No comparison holds for NaN.
        let is_possible = clock.offset_ms.abs() <= MOST_OFF_MS && (0.0..=MOST_ERROR_MS).contains(&clock.error_ms);
        is_possible.then_some(clock)
    }

    /// How far the moved times may be off, either way.
    pub(super) fn error(&self) -> Duration {
        Duration::from_secs_f64(self.error_ms / 1000.0)
    }

    /// Moves all times of a span. What would lie outside of what can be counted stops at its end, and is refused for that.
    pub(super) fn shift(&self, span: &mut Span) {
        let nanoseconds = (self.offset_ms * 1e6) as i64;
        let moved = |time: u64| time.saturating_add_signed(nanoseconds);
        span.start_time_unix_nano = moved(span.start_time_unix_nano);
        span.end_time_unix_nano = moved(span.end_time_unix_nano);
        for event in &mut span.events {
            event.time_unix_nano = moved(event.time_unix_nano);
        }
    }

    /// What a moved span says about it.
    pub(super) fn attributes(&self) -> [KeyValue; 2] {
        [
            number(name::CLOCK_OFFSET_MS, self.offset_ms),
            number(name::CLOCK_ERROR_MS, self.error_ms),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_no_clock() {
        let year = 365.0 * 24.0 * 3_600_000.0;
        for (offset, error) in [
            (f64::NAN, 1.0),
            (f64::INFINITY, 1.0),
            (f64::NEG_INFINITY, 1.0),
            (61.0 * year, 1.0),
            (-61.0 * year, 1.0),
            (1.0, f64::NAN),
            (1.0, f64::INFINITY),
            (1.0, -0.1),
            (1.0, 3_600_001.0),
        ] {
            assert_eq!(Clock::new(Some(offset), Some(error)), None, "{offset} ± {error}");
        }
        assert_eq!(Clock::new(None, Some(1.0)), None);
        assert_eq!(Clock::new(Some(1.0), None), None);
        assert!(Clock::new(Some(-90_000.0), Some(0.0)).is_some());
    }

    #[test]
    fn a_duration_stays_to_the_nanosecond() {
        let clock = Clock::new(Some(-56.0 * 365.25 * 24.0 * 3_600_000.0 - 0.123_456), Some(2.0)).unwrap();
        let (start, end) = (1_795_486_431_123_456_789, 1_795_486_431_123_460_000);
        let mut span = Span {
            start_time_unix_nano: start,
            end_time_unix_nano: end,
            ..Span::default()
        };
        clock.shift(&mut span);
        assert_eq!(span.end_time_unix_nano - span.start_time_unix_nano, end - start);
    }
}
