//! Points in time as text.

use std::fmt::Write;
use time::OffsetDateTime;

/// Nanoseconds since 1970 as RFC 3339 in UTC, always with nine digits after the point, so that texts sort as times do.
pub fn rfc3339(unix_nano: i64) -> String {
    // An i64 of nanoseconds spans the years 1677 to 2262, all of which the calendar knows.
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_nano)).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let mut text = String::with_capacity(30);
    let _ = write!(
        text,
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.nanosecond()
    );
    text
}

/// As [`rfc3339`], to the second that runs: `2026-11-24T02:13:51Z`.
pub(crate) fn rfc3339_seconds(unix_nano: i64) -> String {
    let mut text = rfc3339(unix_nano);
    text.truncate("2026-11-24T02:13:51".len());
    text.push('Z');
    text
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn times_have_nine_digits_and_reach_as_far_as_the_number() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(rfc3339(1_795_486_431_000_000_120), "2026-11-24T02:13:51.000000120Z");
        assert_eq!(rfc3339(-1), "1969-12-31T23:59:59.999999999Z");
        assert_eq!(rfc3339(i64::MAX), "2262-04-11T23:47:16.854775807Z");
        assert_eq!(rfc3339(i64::MIN), "1677-09-21T00:12:43.145224192Z");
    }
}
