//! What is printed.

use crate::load::Figures;
use crate::requests::Request;
use crate::variants::Tracing;

/// What is to be reached, in per cent of the requests a second without tracing.
fn target(request: Request, tracing: Tracing) -> Option<f64> {
    match (request, tracing) {
        (_, Tracing::Encode) | (Request::Page, Tracing::Full) => Some(10.0),
        _ => None,
    }
}

/// The rounds of one kind of request, one list for each kind of tracing, in the order of [`Tracing::ALL`].
pub(crate) fn print(request: Request, rounds: &[Vec<Figures>]) {
    let Some((off, _)) = rounds.split_first() else { return };
    println!("\n{}   ({} requests a round)", request.title(), off[0].requests);
    println!(
        "  {:<44}{:>10}{:>32}{:>10}{:>16}{:>14}",
        "", "requests/s", "less than off", "p99 ms", "CPU µs/request", "spans/request"
    );
    for (tracing, figures) in Tracing::ALL.into_iter().zip(rounds) {
        // Round by round, so that a machine that got slower meanwhile does not count.
        let less: Vec<_> = figures
            .iter()
            .zip(off)
            .map(|(one, off)| 100.0 * (1.0 - one.rate / off.rate))
            .collect();
        let less = match tracing {
            Tracing::Off => String::new(),
            _ => {
                let sorted = sorted(less);
                let target = target(request, tracing).map_or(String::new(), |target| format!(" [< {target:.0}]"));
                format!(
                    "{:.1} % ({:.1}…{:.1}){target}",
                    median(&sorted),
                    sorted[0],
                    sorted[sorted.len() - 1]
                )
            }
        };
        let of = |value: fn(&Figures) -> f64| median(&sorted(figures.iter().map(value).collect()));
        let lost: u64 = figures.iter().map(|one| one.lost).sum();
        let lost = if lost > 0 {
            format!(" ({lost} lost)")
        } else {
            String::new()
        };
        println!(
            "  {:<44}{:>10.0}{:>32}{:>10.1}{:>16.0}{:>14.1}{lost}",
            tracing.title(),
            of(|one| one.rate),
            less,
            of(|one| one.p99.as_secs_f64() * 1e3),
            of(|one| one.cpu_per_request.map_or(f64::NAN, |time| time.as_secs_f64() * 1e6)),
            of(|one| one.spans_per_request),
        );
    }
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
