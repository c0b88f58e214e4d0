//! How long each check took, said when it ends and once more in a table at the end.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::{Outcome, named};
use crate::tools::on_ci;

/// The checks that have run.
#[derive(Debug, Default)]
pub(super) struct Report(Vec<Line>);

#[derive(Debug)]
struct Line {
    name: &'static str,
    took: Duration,
    result: String,
}

impl Report {
    /// Runs one check, times it and says how it ended.
    pub(super) fn step(&mut self, name: &'static str, run: impl FnOnce() -> Result<Outcome>) -> Result<()> {
        println!("\n\u{2500}\u{2500} {name}");
        let start = Instant::now();
        let outcome = run().and_then(|outcome| match outcome {
            Outcome::Skipped(why) if on_ci() => bail!("nothing may be skipped on CI: {why}"),
            outcome => Ok(outcome),
        });
        let result = match &outcome {
            Ok(Outcome::Passed) => "passed".to_owned(),
            Ok(Outcome::Skipped(why)) => format!("skipped: {why}"),
            Err(_) => "FAILED".to_owned(),
        };
        let line = Line {
            name,
            took: start.elapsed(),
            result,
        };
        println!(
            "\u{2500}\u{2500} {} {} after {}",
            line.name,
            line.result,
            minutes(line.took)
        );
        self.0.push(line);
        named(name, outcome).map(|_| ())
    }

    /// The table.
    pub(super) fn print(&self) {
        println!("\n{:12} {:>9}  result", "check", "minutes");
        for line in &self.0 {
            println!(
                "{:12} {:>9}  {}",
                line.name,
                minutes(line.took).trim_end_matches(" min"),
                line.result
            );
        }
        let all = self.0.iter().map(|line| line.took).sum();
        println!("{:12} {:>9}", "all", minutes(all).trim_end_matches(" min"));
    }
}

/// Minutes with two decimals: short checks are not 0, and long ones can be compared with a budget in minutes.
fn minutes(duration: Duration) -> String {
    format!("{:.2} min", duration.as_secs_f64() / 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_check_is_named_and_stands_in_the_table() {
        let mut report = Report::default();
        report.step("good", || Ok(Outcome::Passed)).unwrap();
        let error = report.step("bad", || bail!("one of two is wrong")).unwrap_err();
        let error = format!("{error:#}");
        assert!(
            error.contains("\"bad\"") && error.contains("one of two is wrong"),
            "{error}"
        );
        let results: Vec<_> = report.0.iter().map(|line| (line.name, line.result.as_str())).collect();
        assert_eq!(results, [("good", "passed"), ("bad", "FAILED")]);
    }

    #[test]
    fn time_is_said_in_minutes() {
        assert_eq!(minutes(Duration::from_secs(90)), "1.50 min");
    }
}
