//! Durations in the files: milliseconds with six decimals, so whole nanoseconds, which OTLP counts in.
//!
//! As a 64-bit float, 12.345678 has a mantissa that looks like noise, and takes seven bytes compressed; as a decimal, which
//! Parquet keeps as a whole number and every reader shows as 12.345678, three. Memory, questions and answers have floats.

use crate::columns::EXACT_FLOAT;
use datafusion::arrow::array::cast::AsArray;
use datafusion::arrow::array::types::Float64Type;
use datafusion::arrow::array::{ArrayRef, Decimal128Array};
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::error::ArrowError;
use honeycomb::column;
use std::sync::Arc;

/// The columns that hold such.
pub(crate) const COLUMNS: [&str; 2] = [column::DURATION_MS, column::TIME_SINCE_SPAN_START_MS];

/// Digits, those after the point among them: as many as 64 bits hold.
const DIGITS: (u8, i8) = (18, 6);
const NANOSECONDS: f64 = 1e6;

/// Their type in the files.
pub(crate) const STORED: DataType = DataType::Decimal128(DIGITS.0, DIGITS.1);

/// What [`of`] reads as this very number of milliseconds, if there is such.
pub(crate) fn nanoseconds(milliseconds: f64) -> Option<i128> {
    let about = (milliseconds * NANOSECONDS).round();
    if about.abs() > EXACT_FLOAT as f64 {
        return None;
    }
    // From 26 days on, a float of milliseconds times a million may be one off.
    let about = about as i128;
    let mut near = [about, about - 1, about + 1].into_iter();
    near.find(|nanoseconds| of(*nanoseconds).to_bits() == milliseconds.to_bits())
}

/// Milliseconds.
pub(crate) fn of(nanoseconds: i128) -> f64 {
    nanoseconds as f64 / NANOSECONDS
}

/// A column as it is stored. What is no such number is not in it.
pub(crate) fn stored(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let floats = array.as_primitive::<Float64Type>().iter();
    let decimals: Decimal128Array = floats.map(|float| nanoseconds(float?)).collect();
    Ok(Arc::new(decimals.with_precision_and_scale(DIGITS.0, DIGITS.1)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    #[test]
    fn whole_nanoseconds_come_back_as_the_floats_that_they_were() {
        let mut random = StdRng::seed_from_u64(1);
        for _ in 0..100_000 {
            let nanoseconds = (10_f64.powf(random.random_range(0.0..15.9))) as u64;
            // As OTLP's times become a duration.
            let milliseconds = nanoseconds as f64 / 1e6;
            assert_eq!(super::nanoseconds(milliseconds), Some(nanoseconds.into()));
        }
    }

    #[test]
    fn anything_else_is_none() {
        for odd in [1e-7, 0.123_456_78, -0.0, f64::NAN, f64::INFINITY, 1e300, 9.1e9] {
            assert_eq!(nanoseconds(odd), None, "{odd}");
        }
        assert_eq!(nanoseconds(-1.5), Some(-1_500_000));
    }
}
