//! Durations in buckets on a logarithmic scale: percentiles and heatmaps count buckets, and never sort durations.
//!
//! Bucket *b* holds what is above γᵇ⁻¹ and up to γᵇ, and stands for 2γᵇ/(γ+1), which is at most 1 % off any value in it.

/// 1 % = (γ − 1)/(γ + 1).
pub(crate) const GAMMA: f64 = 1.01 / 0.99;

/// The bucket of zero, and of what is not a number or below 0: for durations, which is what has a bucket, these are 0.
pub(crate) const ZERO: i16 = i16::MIN;

/// The bucket of a value, such as a duration in milliseconds.
pub(crate) fn of(value: f64) -> i16 {
    if value.is_nan() || value <= 0.0 {
        return ZERO;
    }
    // 1e-308 to 1e308 are ±35,500 buckets; what lies outside of i16 are durations below 1e-284 ms and above 1e284 ms.
    (value.ln() / GAMMA.ln())
        .ceil()
        .clamp(f64::from(ZERO + 1), f64::from(i16::MAX)) as i16
}

/// The value that a bucket stands for.
pub(crate) fn value(bucket: i16) -> f64 {
    if bucket == ZERO {
        return 0.0;
    }
    2.0 * GAMMA.powi(i32::from(bucket)) / (GAMMA + 1.0)
}

/// The buckets of any numbers, those below 0 mirrored, in the order of the values.
pub(crate) fn signed_of(number: f64) -> i32 {
    match number < 0.0 {
        true => -signed(of(-number)),
        false => signed(of(number)),
    }
}

/// The smallest of the values (ascending, each with how many rows have it) that this share of the rows does not exceed.
pub(crate) fn percentile(values: &[(f64, f64)], share: f64) -> Option<f64> {
    let total: f64 = values.iter().map(|(_, weight)| weight).sum();
    // In thousandths: 0.95 of 20 rows may be a little more than 19.
    let wanted = total * (share * 1000.0).round();
    let mut so_far = 0.0;
    let at = values.iter().find(|(_, weight)| {
        so_far += weight * 1000.0;
        so_far >= wanted
    });
    at.map(|(value, _)| *value)
}

/// A bucket among those of [`signed_of`].
pub(crate) fn signed(bucket: i16) -> i32 {
    i32::from(bucket) - i32::from(ZERO)
}

/// The value that a bucket of [`signed_of`] stands for.
pub(crate) fn signed_value(bucket: i32) -> f64 {
    let distance = bucket.abs() + i32::from(ZERO);
    let value = i16::try_from(distance).map_or(f64::MAX, value);
    if bucket < 0 { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    #[test]
    fn a_bucket_stands_for_what_is_in_it_within_one_percent() {
        let mut random = StdRng::seed_from_u64(1);
        let values = (0..100_000).map(|_| 10_f64.powf(random.random_range(-9.0..15.0)));
        for exact in values.chain([1e-6, 1.0, GAMMA, GAMMA.powi(7)]) {
            let about = value(of(exact));
            assert!((about - exact).abs() <= exact * 0.010_000_1, "{exact} {about}");
        }
        for exact in [0.0, 12.5, -12.5, 1e9, -1e-9_f64] {
            let about = signed_value(signed_of(exact));
            assert!((about - exact).abs() <= exact.abs() * 0.010_000_1, "{exact} {about}");
        }
        assert_eq!([0.0, -1.0, f64::NAN].map(|zero| value(of(zero))), [0.0; 3]);
    }

    #[test]
    fn buckets_are_in_the_order_of_their_values() {
        let buckets: Vec<_> = [0.0, 1e-6, 0.5, 1.0, 1.03, 1e9, f64::INFINITY].map(of).into();
        assert!(buckets.is_sorted_by(|a, b| a < b), "{buckets:?}");
    }
}
