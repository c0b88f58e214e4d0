//! `cargo xtask test`: every check, in the order in which it tells most in the least time, each with its minutes.
//!
//! The first check that fails ends the run, and its name is the last thing that is said.

mod end2end;
mod graph;
mod report;
mod steps;

use anyhow::{Context as _, Result, bail};

use crate::tools::{Need, Tools};
use crate::workspace::Workspace;
use report::Report;

pub(crate) use end2end::screenshots;

/// One named check.
struct Step {
    name: &'static str,
    what: &'static str,
    needs: &'static [Need],
    run: fn(&Context<'_>) -> Result<Outcome>,
}

/// What checks work with.
struct Context<'a> {
    workspace: &'a Workspace,
    tools: &'a Tools<'a>,
}

/// How a check that did not fail ended.
enum Outcome {
    Passed,
    /// Not run, and why. On CI this is a failure.
    Skipped(String),
}

/// Prints the names of the checks.
pub(crate) fn list() {
    for step in steps::ALL {
        println!("{:12} {}", step.name, step.what);
    }
}

/// Runs the named checks, or all.
pub(crate) fn test(names: &[&str]) -> Result<()> {
    let chosen = choose(names)?;
    let workspace = Workspace::find()?;
    let tools = Tools::new(&workspace)?;
    let context = Context {
        workspace: &workspace,
        tools: &tools,
    };
    let mut report = Report::default();

    let mut needs: Vec<Need> = Vec::new();
    for need in chosen.iter().flat_map(|step| step.needs) {
        if !needs.contains(need) {
            needs.push(*need);
        }
    }
    let prepared = report.step("tools", || tools.prepare(&needs).map(|()| Outcome::Passed));
    let result = prepared.and_then(|()| {
        chosen
            .iter()
            .try_for_each(|step| report.step(step.name, || (step.run)(&context)))
    });
    report.print();
    result
}

/// The steps of these names in their usual order; all for no names.
fn choose(names: &[&str]) -> Result<Vec<&'static Step>> {
    for name in names {
        if !steps::ALL.iter().any(|step| step.name == *name) {
            let known: Vec<_> = steps::ALL.iter().map(|step| step.name).collect();
            bail!("there is no check \"{name}\"; there are: {}", known.join(", "));
        }
    }
    Ok(steps::ALL
        .iter()
        .filter(|step| names.is_empty() || names.contains(&step.name))
        .collect())
}

/// The error of a failed check, with its name in front.
fn named<T>(name: &str, result: Result<T>) -> Result<T> {
    result.with_context(|| format!("the check \"{name}\" failed (again alone: `cargo xtask test {name}`)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_chosen_by_name_and_keep_their_order() {
        let names = |chosen: Vec<&'static Step>| chosen.iter().map(|step| step.name).collect::<Vec<_>>();
        assert_eq!(names(choose(&["test", "fmt"]).unwrap()), ["fmt", "test"]);
        assert_eq!(choose(&[]).unwrap().len(), steps::ALL.len());
    }

    #[test]
    fn an_unknown_check_is_refused_with_the_known_ones() {
        let Err(error) = choose(&["fmt", "clipy"]) else {
            panic!("refused")
        };
        let error = error.to_string();
        assert!(error.contains("\"clipy\"") && error.contains("clippy"), "{error}");
    }

    #[test]
    fn names_are_unique() {
        for step in steps::ALL {
            assert_eq!(
                steps::ALL.iter().filter(|other| other.name == step.name).count(),
                1,
                "{}",
                step.name
            );
        }
    }
}
