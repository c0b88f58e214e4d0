//! How times are spread.

use std::time::Duration;

/// Median, 99th percentile and maximum, in words.
pub fn spread(times: &[Duration]) -> String {
    let mut times = times.to_vec();
    times.sort_unstable();
    let ms =
        |share| quantile(&times, share).map_or("none".to_owned(), |time| format!("{:.1}", time.as_secs_f64() * 1e3));
    format!("p50 {} ms, p99 {} ms, max {} ms", ms(0.5), ms(0.99), ms(1.0))
}

/// The smallest of the sorted times that at least this share of them does not exceed.
pub fn quantile(sorted: &[Duration], share: f64) -> Option<Duration> {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_times_that_were_measured() {
        let times: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(quantile(&times, 0.5), Some(Duration::from_millis(100)));
        assert_eq!(quantile(&times, 0.99), Some(Duration::from_millis(198)));
        assert_eq!(quantile(&times, 1.0), Some(Duration::from_millis(200)));
        assert_eq!(quantile(&times[..1], 0.99), Some(Duration::from_millis(1)));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
