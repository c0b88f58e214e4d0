//! The vertical axis of numbers.

use super::{HEIGHT, Unit};

/// How many ticks an axis has, about.
const TICKS: f64 = 4.0;

pub(super) struct Scale {
    low: f64,
    high: f64,
    step: f64,
    log: bool,
}

impl Scale {
    /// An axis that all values fit on. A logarithmic one leaves out what is not above 0; one of counts has no halves.
    pub(super) fn new(values: impl Iterator<Item = f64> + Clone, log: bool, counts: bool) -> Self {
        let least = values
            .clone()
            .filter(|value| !log || *value > 0.0)
            .fold(f64::INFINITY, f64::min);
        let most = values.fold(f64::NEG_INFINITY, f64::max);
        if log && least <= most {
            let (low, high) = (10_f64.powf(least.log10().floor()), 10_f64.powf(most.log10().ceil()));
            return Self {
                low,
                high: high.max(low * 10.0),
                step: 0.0,
                log,
            };
        }
        let (low, high) = (least.min(0.0), most.max(0.0));
        let (low, high) = if low.is_finite() && low < high {
            (low, high)
        } else {
            (0.0, 1.0)
        };
        let step = step(high - low).max(if counts { 1.0 } else { 0.0 });
        Self {
            low: (low / step).floor() * step,
            high: (high / step).ceil() * step,
            step,
            log: false,
        }
    }

    /// How far from the top of the sheet a value is; `None` where it has no place.
    pub(super) fn y(&self, value: f64) -> Option<f64> {
        let share = match self.log {
            true if value <= 0.0 => return None,
            true => (value / self.low).log10() / (self.high / self.low).log10(),
            false => (value - self.low) / (self.high - self.low),
        };
        Some((1.0 - share) * HEIGHT)
    }

    /// Where its ticks stand, in percent of the height, and what they say.
    pub(super) fn labels(&self, unit: Unit) -> Vec<(f64, String)> {
        let ticks = self.ticks().into_iter();
        ticks
            .filter_map(|tick| Some((self.y(tick)? / HEIGHT * 100.0, unit.words(tick))))
            .collect()
    }

    fn ticks(&self) -> Vec<f64> {
        if self.log {
            let decades = (self.high / self.low).log10().round() as i32;
            let every = (f64::from(decades) / TICKS).ceil().max(1.0) as usize;
            return (0..=decades)
                .step_by(every)
                .map(|decade| self.low * 10_f64.powi(decade))
                .collect();
        }
        let count = ((self.high - self.low) / self.step).round() as i32;
        (0..=count).map(|tick| self.low + f64::from(tick) * self.step).collect()
    }
}

/// A step of 1, 2 or 5 times a power of ten.
fn step(range: f64) -> f64 {
    let rough = range / TICKS;
    let power = 10_f64.powf(rough.log10().floor());
    let times = [1.0, 2.0, 5.0].into_iter().find(|times| times * power >= rough);
    times.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_hold_all_values() {
        for (values, ticks) in [
            (vec![3.0, 17.0], vec![0.0, 5.0, 10.0, 15.0, 20.0]),
            (vec![1.0], vec![0.0, 0.5, 1.0]),
            (vec![-1.0, 3.0], vec![-1.0, 0.0, 1.0, 2.0, 3.0]),
            (vec![0.0], vec![0.0, 0.5, 1.0]),
            (vec![], vec![0.0, 0.5, 1.0]),
        ] {
            let scale = Scale::new(values.iter().copied(), false, false);
            let found = scale.ticks();
            assert!(
                found.len() >= 3 && found.first() <= ticks.first() && found.last() == ticks.last(),
                "{values:?}: {found:?}"
            );
            for value in values {
                assert!((0.0..=HEIGHT).contains(&scale.y(value).unwrap()));
            }
        }
    }

    #[test]
    fn counts_have_whole_ticks() {
        assert_eq!(Scale::new([1.0].into_iter(), false, true).ticks(), [0.0, 1.0]);
    }

    #[test]
    fn a_logarithmic_axis_has_whole_decades_and_no_place_for_zero() {
        let scale = Scale::new([0.0, 2.0, 300.0].into_iter(), true, false);
        let ticks: Vec<_> = scale.ticks().into_iter().map(f64::round).collect();
        assert_eq!(ticks, [1.0, 10.0, 100.0, 1000.0]);
        assert_eq!(scale.y(0.0), None);
        assert_eq!(scale.y(1.0), Some(HEIGHT));
        assert!(scale.y(1000.0).unwrap().abs() < 1e-9);
    }
}
