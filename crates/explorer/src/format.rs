//! Numbers and times as people read them.

use honeycomb::rfc3339;
use std::time::{Duration, SystemTime};

/// A duration with three significant digits: `842 µs`, `12.3 ms`, `1.24 s`; from a minute on, two units.
pub(crate) fn duration(nanoseconds: i64) -> String {
    let seconds = nanoseconds.max(0) as f64 / 1e9;
    if seconds == 0.0 {
        return "0 ms".to_owned();
    }
    for (unit, size) in [("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0)] {
        let value = seconds / size;
        let most = if unit == "s" { 59.95 } else { 999.5 };
        if value < most {
            let decimals = match value {
                _ if unit == "ns" => 0,
                ..9.995 => 2,
                9.995..99.95 => 1,
                _ => 0,
            };
            return format!("{value:.decimals$} {unit}");
        }
    }
    let whole = seconds.round() as u64;
    match (whole / 3600, whole / 60 % 60) {
        (0, minutes) => format!("{minutes} min {} s", whole % 60),
        (hours, minutes) => format!("{} h {minutes} min", count(hours)),
    }
}

/// As [`duration`], from milliseconds.
pub(crate) fn milliseconds(ms: f64) -> String {
    duration((ms * 1e6).round() as i64)
}

/// A round duration, with no more digits than it needs: `1.5 ms`, `10 µs`, `2 s`. From milliseconds.
pub(crate) fn edge(ms: f64) -> String {
    let (value, unit) = match ms {
        _ if ms < 1.0 => (ms * 1e3, "µs"),
        _ if ms < 1e3 => (ms, "ms"),
        _ => (ms / 1e3, "s"),
    };
    // What people type in has digits of its own; three after the point are a thousandth of the unit.
    format!("{} {unit}", (value * 1e3).round() / 1e3)
}

/// A number with its thousands separated.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Any number: a whole one with its thousands separated, another with three significant digits.
pub(crate) fn number(value: f64) -> String {
    if !value.is_finite() {
        return "—".to_owned();
    }
    let (minus, size) = (if value < 0.0 { "−" } else { "" }, value.abs());
    if size.fract() == 0.0 && size < 1e15 {
        return format!("{minus}{}", count(size as u64));
    }
    if !(1e-3..1e15).contains(&size) {
        return format!("{value:.2e}");
    }
    let decimals = (2 - size.log10().floor() as i32).clamp(0, 5) as usize;
    if decimals == 0 {
        return format!("{minus}{}", count(size.round() as u64));
    }
    format!("{minus}{size:.decimals$}")
}

/// A number and its noun, `1 span`, `2 spans`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number))
}

/// A moment to the second, `2026-11-24 02:13:51 UTC`.
pub(crate) fn moment(unix_nano: i64) -> String {
    let text = rfc3339(unix_nano);
    format!("{} {} UTC", &text[..10], &text[11..19])
}

/// How long ago a moment was; what lies ahead (another machine's clock) is now.
pub(crate) fn ago(unix_nano: i64, now: SystemTime) -> String {
    let then = SystemTime::UNIX_EPOCH + Duration::from_nanos(unix_nano.max(0) as u64);
    let seconds = now.duration_since(then).unwrap_or_default().as_secs();
    match seconds {
        0..2 => "just now".to_owned(),
        2..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        _ => format!("{} ago", counted(seconds / 86_400, "day")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_significant_digits() {
        for (nanoseconds, text) in [
            (-5, "0 ms"),
            (0, "0 ms"),
            (7, "7 ns"),
            (999, "999 ns"),
            (1_000, "1.00 µs"),
            (842_000, "842 µs"),
            (999_400, "999 µs"),
            (999_600, "1.00 ms"),
            (9_996_000, "10.0 ms"),
            (12_345_678, "12.3 ms"),
            (99_960_000, "100 ms"),
            (1_240_000_000, "1.24 s"),
            (59_900_000_000, "59.9 s"),
            (59_960_000_000, "1 min 0 s"),
            (84_000_000_000, "1 min 24 s"),
            (3_720_000_000_000, "1 h 2 min"),
        ] {
            assert_eq!(duration(nanoseconds), text, "{nanoseconds}");
        }
        assert_eq!(milliseconds(12.345), "12.3 ms");
    }

    #[test]
    fn edges_are_as_short_as_they_can_be() {
        for (ms, text) in [
            (0.01, "10 µs"),
            (0.015, "15 µs"),
            (1.0, "1 ms"),
            (1.5, "1.5 ms"),
            (700.0, "700 ms"),
            (1000.0, "1 s"),
            (12_345.678, "12.346 s"),
        ] {
            assert_eq!(edge(ms), text);
        }
    }

    #[test]
    fn thousands_are_separated() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(counted(1, "span"), "1 span");
        assert_eq!(counted(1200, "span"), "1,200 spans");
    }

    #[test]
    fn numbers_are_whole_or_have_three_significant_digits() {
        for (value, text) in [
            (0.0, "0"),
            (-1200.0, "−1,200"),
            (1234.5, "1,235"),
            (12.345, "12.3"),
            (1.0 / 3.0, "0.333"),
            (0.001_234_5, "0.00123"),
            (1e-9, "1.00e-9"),
            (f64::NAN, "—"),
        ] {
            assert_eq!(number(value), text, "{value}");
        }
    }

    #[test]
    fn moments_are_absolute_and_relative() {
        assert_eq!(moment(1_795_486_431_000_000_120), "2026-11-24 02:13:51 UTC");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        for (seconds_ago, text) in [
            (-5, "just now"),
            (1, "just now"),
            (59, "59 s ago"),
            (61, "1 min ago"),
            (7200, "2 h ago"),
            (90_000, "1 day ago"),
            (200_000, "2 days ago"),
        ] {
            assert_eq!(ago((1_000_000 - seconds_ago) * 1_000_000_000, now), text);
        }
    }
}
