//! The clock of spans: the page's performance clock, placed on the Unix time line.
//!
//! `Date.now()` has a resolution of 1 ms, which is no use for network time; `performance.now()` has 5 µs on a
//! cross-origin isolated page and 100 µs elsewhere. Where the latter begins on the Unix time line is `timeOrigin`, until
//! the machine sleeps (the performance clock may stop meanwhile) or somebody sets its clock. So whenever a span begins
//! or the page calls, the two are compared, and where they have come apart the performance clock is anchored anew: an
//! *epoch* ends. Spans that are open then are moved with it, so that a duration is always a difference of the performance
//! clock alone.
//!
//! Each epoch has its own offset to the server's clock ([`offset`]), which goes out with the spans that ended in it.

mod offset;

use crate::state::{part, state};
use crate::{page, tracer};
use js_sys::Date;
use offset::Offset;
use std::cell::RefMut;
use std::time::{Duration, SystemTime};

/// How far, in milliseconds, the two clocks may come apart before they are taken for different times: well above what
/// `Date.now()` is rounded to (100 ms where a browser resists fingerprinting), well below what a person calls sleep.
const APART_MS: f64 = 250.0;

/// The page's clock.
pub(crate) struct Clock {
    /// When the performance clock was 0, in milliseconds since 1970.
    anchor: f64,
    /// When it was anchored, by the performance clock.
    since: f64,
    offset: Offset,
    /// What was known of the offset when each earlier epoch ended.
    past: Vec<Option<(f64, f64)>>,
}

#[inline(never)]
fn clock() -> RefMut<'static, Clock> {
    part(&state().clock)
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self {
            anchor: page::number("timeOrigin"),
            since: 0.0,
            offset: Offset::UNKNOWN,
            past: Vec::new(),
        }
    }
}

/// The current time, as finely as the page may know it.
pub fn now() -> SystemTime {
    at(check())
}

/// A time stamp of the performance time line (an event's, a resource-timing entry's), in milliseconds since the time
/// origin, as system time.
pub(crate) fn at(performance_ms: f64) -> SystemTime {
    from_unix_ms(clock().anchor + performance_ms)
}

fn from_unix_ms(unix_ms: f64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos((unix_ms * 1e6) as u64)
}

/// Milliseconds since 1970.
pub(crate) fn unix_ms(time: SystemTime) -> f64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs_f64()
        * 1e3
}

/// Moves a time of an earlier epoch into the present one.
#[inline(never)]
pub(crate) fn shift(time: &mut SystemTime, ahead_ms: f64) {
    *time = from_unix_ms(unix_ms(*time) + ahead_ms);
}

/// Compares the two clocks, and begins a new epoch where they have come apart. Answers with the performance clock's time,
/// in milliseconds.
pub(crate) fn check() -> f64 {
    let mut clock = clock();
    let performance = page::performance_now();
    let ahead = Date::now() - clock.anchor - performance;
    if ahead.abs() < APART_MS {
        return performance;
    }
    let known = clock.offset.estimate(performance);
    clock.past.push(known);
    clock.anchor += ahead;
    clock.since = performance;
    clock.offset = Offset::UNKNOWN;
    drop(clock);
    tracer::move_open(ahead);
    performance
}

/// Which epoch it is.
pub(crate) fn epoch() -> usize {
    clock().past.len()
}

/// How far the server's clock is ahead of an epoch's, and how far that may be off, both in milliseconds; `None` where no
/// response has told.
pub(crate) fn offset(epoch: usize) -> Option<(f64, f64)> {
    let clock = clock();
    match clock.past.get(epoch) {
        Some(known) => *known,
        None => clock.offset.estimate(page::performance_now()),
    }
}

/// What a response says of the server's clock. The first two are times of the performance clock, in milliseconds; the
/// server's are in milliseconds since 1970.
pub(crate) fn learn(request_start: f64, response_start: f64, received: f64, sent: f64) {
    let mut clock = clock();
    // When a request was sent that the machine slept over is not known any more.
    if request_start < clock.since {
        return;
    }
    let (low, high) = (
        sent - response_start - clock.anchor,
        received - request_start - clock.anchor,
    );
    clock.offset.add(response_start, low, high);
}

/// `opentelemetry::time::now()`, which `SpanRef::end` and `BoxedSpan::end` use, is `Date.now()` here: a whole
/// millisecond in the past, and of another clock. What looks like that is taken for *now*.
pub(crate) fn sharpen(time: SystemTime) -> SystemTime {
    if is_date(time, Date::now()) { now() } else { time }
}

fn is_date(time: SystemTime, date_now: f64) -> bool {
    let unix = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    unix.subsec_nanos().is_multiple_of(1_000_000) && (-0.5..=1.5).contains(&(date_now - unix_ms(time)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unix_us(us: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_micros(us)
    }

    #[test]
    fn a_truncated_now_is_recognised_and_nothing_else() {
        for (time, is) in [
            (1_700_000_000_123_000, true),
            (1_700_000_000_122_000, true),
            (1_700_000_000_123_400, false),
            (1_700_000_000_120_000, false),
            (1_700_000_000_124_000, false),
        ] {
            assert_eq!(is_date(unix_us(time), 1_700_000_000_123.0), is, "{time}");
        }
    }

    #[test]
    fn fractions_of_a_millisecond_survive() {
        assert_eq!(from_unix_ms(1.25), unix_us(1250));
    }
}
