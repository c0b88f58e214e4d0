//! What time it is. Cruds and sessions live by it, so tests set it instead of waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// RFC 3339 in UTC, always with six digits: texts then sort as times do.
const FORMAT: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

/// Microseconds in a second.
pub(crate) const SECOND: i64 = 1_000_000;

/// Where the domain has its time from.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands at `micros` microseconds since 1970 until it is set; its clones are the same clock.
    pub fn standing(micros: i64) -> Self {
        Self(Some(Arc::new(AtomicI64::new(micros))))
    }

    /// Moves a standing clock by so many microseconds. The system's clock does not move.
    pub fn advance(&self, micros: i64) {
        if let Some(time) = &self.0 {
            time.fetch_add(micros, Ordering::SeqCst);
        }
    }

    /// The time in microseconds since 1970.
    pub fn now(&self) -> i64 {
        match &self.0 {
            Some(time) => time.load(Ordering::SeqCst),
            None => {
                let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX)
            }
        }
    }
}

/// A time in microseconds since 1970 as text; one beyond the year 9999 as 1970.
pub(crate) fn rfc_3339(micros: i64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .format(FORMAT)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_microseconds() {
        assert_eq!(rfc_3339(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(rfc_3339(1_795_486_800_000_042), "2026-11-24T02:20:00.000042Z");
    }

    #[test]
    fn a_standing_clock_moves_for_all_its_clones() {
        let clock = Clock::standing(5);
        let other = clock.clone();
        clock.advance(7);
        assert_eq!(other.now(), 12);
    }
}
