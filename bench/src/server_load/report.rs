//! What is printed.

use crate::load::Figures;
use crate::requests::Request;
use crate::variants::{Spans, Tracing};

/// What is to be reached, in per cent of the requests a second without tracing.
fn target(request: Request, tracing: Tracing) -> Option<f64> {
    match (request, tracing) {
        (_, Tracing::Encode) | (Request::Page, Tracing::Full) => Some(10.0),
        _ => None,
    }
}

/// The rounds of one kind of request, one list for each kind of tracing, in the order of [`Tracing::ALL`], and what became
/// of the spans in all of them.
pub(crate) fn print(request: Request, rounds: &[Vec<Figures>], spans: &[Spans]) {
    let Some((off, _)) = rounds.split_first() else { return };
    println!("\n{}   ({} requests a round)", request.title(), off[0].requests);
    println!(
        "  {:<44}{:>10}{:>34}{:>9}{:>9}{:>26}{:>15}",
        "", "requests/s", "fewer than without", "p99 ms", "CPU µs", "more than without", "spans/request"
    );
    for ((tracing, figures), spans) in Tracing::ALL.into_iter().zip(rounds).zip(spans) {
        let compared = |value: fn(&Figures) -> f64, sign: f64| match tracing {
            Tracing::Off => String::new(),
            _ => compare(figures, off, |one, off| sign * 100.0 * (value(one) / value(off) - 1.0)),
        };
        let of = |value: fn(&Figures) -> f64| median(&sorted(figures.iter().map(value).collect()));
        let fewer = compared(|one| one.rate, -1.0);
        let target = target(request, tracing).map_or(String::new(), |target| format!(" [< {target:.0}]"));
        let requests: u64 = figures.iter().map(|one| one.requests).sum();
        let lost = if spans.lost > 0 {
            format!(" ({} lost)", spans.lost)
        } else {
            String::new()
        };
        println!(
            "  {:<44}{:>10.0}{:>34}{:>9.1}{:>9.0}{:>26}{:>15.1}{lost}",
            tracing.title(),
            of(|one| one.rate),
            fewer + &target,
            of(|one| one.p99.as_secs_f64() * 1e3),
            of(Figures::cpu_us),
            compared(Figures::cpu_us, 1.0),
            spans.sent as f64 / requests.max(1) as f64,
        );
        if spans.without_room > 0 {
            println!(
                "    {} of the {requests} pages came when too many others waited for their browser's spans, which this load \
                 never sends;\n    they begin at the server, which is a little cheaper",
                spans.without_room
            );
        }
    }
}

/// The median of a comparison, and the range of the middle half. Round by round, so that a machine that got slower meanwhile
/// does not count.
fn compare(figures: &[Figures], off: &[Figures], compare: impl Fn(&Figures, &Figures) -> f64) -> String {
    let sorted = sorted(figures.iter().zip(off).map(|(one, off)| compare(one, off)).collect());
    let quarter = sorted.len() / 4;
    format!(
        "{:.1} % ({:.1}…{:.1})",
        median(&sorted),
        sorted[quarter],
        sorted[sorted.len() - 1 - quarter]
    )
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// Of sorted values, of which there are some.
fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&sorted(vec![9.0, 1.0, 5.0])), 5.0);
        assert_eq!(median(&sorted(vec![9.0, 1.0, 5.0, 6.0])), 5.5);
    }
}
