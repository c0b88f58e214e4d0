//! The axis of time, in UTC.

use super::WIDTH;
use honeycomb::query::Window;
use honeycomb::rfc3339;

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// How far from the left of the sheet a moment is.
pub(super) fn x(window: &Window, unix_nano: i64) -> f64 {
    let length = (window.end_unix_nano - window.start_unix_nano).max(1) as f64;
    unix_nano.saturating_sub(window.start_unix_nano) as f64 / length * WIDTH
}

/// At most six ticks at round times: percent from the left, and the time. A tick at midnight is the day.
pub(super) fn ticks(window: &Window) -> Vec<(f64, String)> {
    const STEPS: [i64; 16] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600,
    ];
    let length = window.end_unix_nano.saturating_sub(window.start_unix_nano);
    let fits = |step: &i64| length / step <= 6;
    let step = STEPS
        .into_iter()
        .chain([43_200])
        .map(|seconds| seconds * SECOND)
        .find(fits);
    let step = step.unwrap_or_else(|| (length / 6 / DAY + 1) * DAY);
    let first = window
        .start_unix_nano
        .div_euclid(step)
        .saturating_add(1)
        .saturating_mul(step);
    std::iter::successors(Some(first), |at| at.checked_add(step))
        .take_while(|at| *at < window.end_unix_nano)
        .map(|at| (x(window, at) / WIDTH * 100.0, label(at, step)))
        .collect()
}

fn label(at: i64, step: i64) -> String {
    let text = rfc3339(at);
    if at % DAY == 0 {
        day(&text)
    } else if step < 60 * SECOND {
        text[11..19].to_owned()
    } else {
        text[11..16].to_owned()
    }
}

/// A moment in words, to the second: `Nov 24, 02:13:51`.
pub(super) fn words(unix_nano: i64) -> String {
    let text = rfc3339(unix_nano);
    format!("{}, {}", day(&text), &text[11..19])
}

fn day(text: &str) -> String {
    let month = text[5..7].parse().unwrap_or(1_usize).clamp(1, 12);
    format!("{} {}", MONTHS[month - 1], text[8..10].trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(seconds: i64) -> Window {
        let end = 1_795_486_431 * SECOND;
        Window {
            start_unix_nano: end - seconds * SECOND,
            end_unix_nano: end,
            step_nano: SECOND,
        }
    }

    #[test]
    fn ticks_are_few_and_at_round_times() {
        for (seconds, first) in [
            (60, "02:13:00"),
            (7200, "00:30"),
            (86_400, "04:00"),
            (604_800, "Nov 19"),
            (0, ""),
        ] {
            let ticks = ticks(&window(seconds));
            assert_eq!(ticks.first().map_or("", |(_, label)| label), first, "{seconds}");
            assert!(
                ticks.len() <= 7 && ticks.iter().all(|(at, _)| (0.0..=100.0).contains(at)),
                "{ticks:?}"
            );
        }
        assert_eq!(words(1_795_486_431 * SECOND), "Nov 24, 02:13:51");
    }
}
