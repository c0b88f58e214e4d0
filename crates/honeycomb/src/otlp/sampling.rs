//! How many spans a row stands for.
//!
//! Either an attribute says it, as Honeycomb's libraries write it, or `tracestate` carries the threshold of
//! OpenTelemetry's probability sampling (<https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/>).

use crate::Value;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

/// The sample rate that an attribute says. What is not a number of at least 1 counts as 1.
pub(super) fn rate(value: &Value) -> u32 {
    whole(match value {
        Value::Integer(rate) => *rate as f64,
        Value::Float(rate) => *rate,
        Value::String(rate) => rate.trim().parse().unwrap_or(1.0),
        Value::Boolean(_) => 1.0,
    })
}

/// The sample rate that follows from `ot=th:…`: one over the probability with which the span was kept.
///
/// A rate below 100 that is not whole is rounded up as often as its fraction says, so that sums come out right. What
/// decides is the span's id, not a new random number: a row is the same row when it is read from the log again. (The
/// trace's id would not do, since it decided on the sampling itself.)
pub(super) fn from_trace_state(trace_state: &str, span_id: &[u8]) -> Option<u32> {
    let ot = trace_state
        .split(',')
        .find_map(|entry| entry.trim().strip_prefix("ot="))?;
    let threshold = ot.split(';').find_map(|field| field.strip_prefix("th:"))?;
    // `from_str_radix` would take a sign.
    if threshold.len() > 14 || !threshold.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    // 56 bits, whose trailing zeros may be left out.
    let rejected = u64::from_str_radix(threshold, 16).ok()? << (4 * (14 - threshold.len()));
    let all = 1_u64 << 56;
    let rate = all as f64 / (all - rejected) as f64;
    if rate >= 100.0 {
        return Some(whole(rate));
    }
    let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(span_id);
    let draw = (hash >> 11) as f64 / (1_u64 << 53) as f64;
    Some(whole(if draw < rate.fract() { rate.ceil() } else { rate.floor() }))
}

/// Rounds; what is below 1 (or not a number) is 1.
fn whole(rate: f64) -> u32 {
    (rate.round() as u32).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_gives_the_rate() {
        let rate = |state| from_trace_state(state, &[1; 8]);
        assert_eq!(rate("ot=th:0"), Some(1));
        assert_eq!(rate("ot=th:8"), Some(2));
        assert_eq!(rate("vendor=x, ot=rv:123;th:c"), Some(4));
        assert_eq!(rate("ot=th:fd70a3d70a3d71"), Some(100));
        assert_eq!(rate("ot=th:ffffffffffffff"), Some(u32::MAX));
        for without in [
            "",
            "ot=rv:8",
            "th:8",
            "ot=th:",
            "ot=th:xyz",
            "ot=th:+8",
            "ot=th:fffffffffffffff",
        ] {
            assert_eq!(rate(without), None, "{without}");
        }
    }

    #[test]
    fn a_fraction_is_rounded_so_that_sums_come_out_right() {
        // A threshold of 0x5555… keeps two thirds: each stands for 1.5.
        let spans = 10_000_u64;
        let sum: u32 = (0..spans)
            .map(|id| from_trace_state("ot=th:55555555555555", &id.to_be_bytes()).unwrap())
            .sum();
        assert!((14_700..15_300).contains(&sum), "{sum}");
        let one = from_trace_state("ot=th:55555555555555", &[7; 8]);
        assert_eq!(one, from_trace_state("ot=th:55555555555555", &[7; 8]));
    }
}
