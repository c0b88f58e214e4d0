//! The clock of spans: the page's performance clock, placed on the Unix time line.
//!
//! `Date.now()` has a resolution of 1 ms, which is no use for network time; `performance.now()` has 5 µs on a
//! cross-origin isolated page and 100 µs elsewhere.

use crate::dom;
use std::time::{Duration, SystemTime};

/// The current time, as finely as the page may know it.
pub fn now() -> SystemTime {
    at(performance_now())
}

/// Milliseconds since the page's time origin.
pub(crate) fn performance_now() -> f64 {
    dom::performance().now()
}

/// A time stamp of the performance time line (an event's, a resource-timing entry's), in milliseconds since the time
/// origin, as system time.
pub(crate) fn at(performance_ms: f64) -> SystemTime {
    from_unix_ms(dom::performance().time_origin() + performance_ms)
}

/// The inverse of [`at`].
pub(crate) fn performance_of(time: SystemTime) -> f64 {
    let unix = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    unix.as_nanos() as f64 / 1e6 - dom::performance().time_origin()
}

fn from_unix_ms(unix_ms: f64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos((unix_ms.max(0.0) * 1e6) as u64)
}

/// `opentelemetry::time::now()`, which `SpanRef::end` and `BoxedSpan::end` use, is `Date.now()` here: a whole
/// millisecond in the past. What looks like that is taken for *now*.
pub(crate) fn sharpen(time: SystemTime, now: SystemTime) -> SystemTime {
    let whole = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .is_ok_and(|unix| unix.subsec_nanos() % 1_000_000 == 0);
    match now.duration_since(time) {
        Ok(age) if whole && age < Duration::from_millis(2) => now,
        _ => time,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unix_us(us: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_micros(us)
    }

    #[test]
    fn a_truncated_now_is_sharpened_and_nothing_else() {
        let now = unix_us(1_700_000_000_123_456);
        assert_eq!(sharpen(unix_us(1_700_000_000_123_000), now), now);
        for other in [1_700_000_000_123_400, 1_700_000_000_120_000, 1_700_000_000_124_000] {
            assert_eq!(sharpen(unix_us(other), now), unix_us(other));
        }
    }

    #[test]
    fn fractions_of_a_millisecond_survive() {
        assert_eq!(from_unix_ms(1.25), unix_us(1250));
    }
}
