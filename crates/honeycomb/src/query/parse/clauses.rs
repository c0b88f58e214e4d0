//! The items of the lists: calculations, filters and havings.

use super::{ProblemCode, Problems};
use crate::query::{Calculation, Comparison, Filter, FilterOp, Having, Op};
use crate::{Value, intern};
use serde_json::{Map, Value as Json};

/// Operations of the specification that cannot be answered here yet.
const UNSUPPORTED_OPS: [&str; 6] = [
    "CONCURRENCY",
    "RATE_AVG",
    "RATE_SUM",
    "RATE_MAX",
    "COUNT_DATAPOINTS",
    "HISTOGRAM_COUNT",
];

/// Prefixes by which Honeycomb's query builder speaks of other spans of a row's trace.
const RELATIONS: [&str; 7] = ["root.", "parent.", "child.", "any.", "any2.", "any3.", "none."];

impl Problems {
    pub(super) fn calculations(&mut self, given: &Map<String, Json>) -> Vec<Calculation> {
        let mut calculations: Vec<Calculation> = Vec::new();
        let before = self.found.len();
        for (at, calculation) in self.list(given, "calculations", |problems, at, item| {
            Some((at.clone(), problems.calculation(at, item)?))
        }) {
            if calculations.iter().any(|known| known.key() == calculation.key()) {
                let words = format!(
                    "The result has a {} already. Leave one out, or give this one a name.",
                    calculation.key()
                );
                self.add(at, ProblemCode::AlreadyExists, words);
            } else {
                calculations.push(calculation);
            }
        }
        if calculations.is_empty() && self.found.len() == before {
            calculations.push(Calculation {
                op: Op::Count,
                column: None,
                name: None,
            });
        }
        calculations
    }

    fn calculation(&mut self, at: String, item: &Json) -> Option<Calculation> {
        let given = self.object(&at, item, &["op", "column", "name", "filters", "filter_combination"])?;
        if given
            .get("filters")
            .is_some_and(|filters| !filters.is_null() && filters.as_array().is_none_or(|list| !list.is_empty()))
        {
            let words =
                "Filters of a single calculation are not supported here yet. Ask twice, with the filter on the query.";
            self.add(format!("{at}.filters"), ProblemCode::Invalid, words);
        }
        let name = self.text(given, &at, "name").filter(|name| !name.is_empty());
        let column = self.text(given, &at, "column").filter(|column| !column.is_empty());
        let op = match self.text(given, &at, "op") {
            Some(op) => self.op(&at, "op", op)?,
            None if given.contains_key("op") => return None,
            None => {
                self.add(
                    format!("{at}.op"),
                    ProblemCode::Missing,
                    format!("Say what to calculate: {}.", names(&Op::ALL)),
                );
                return None;
            }
        };
        match column {
            None if op != Op::Count => {
                let words = format!("{op} needs the column to calculate it of, such as duration_ms.");
                self.add(format!("{at}.column"), ProblemCode::Missing, words);
                return None;
            }
            Some(column) if !self.column(&format!("{at}.column"), column) => return None,
            _ => {}
        }
        Some(Calculation {
            op,
            column: column.map(str::to_owned),
            name: name.map(str::to_owned),
        })
    }

    pub(super) fn op(&mut self, at: &str, field: &str, name: &str) -> Option<Op> {
        let op = Op::named(name);
        if op.is_none() {
            let why = match UNSUPPORTED_OPS.contains(&name) {
                true => format!("{name} is not supported here yet. Use one of {}.", names(&Op::ALL)),
                false => format!("There is no operation “{name}”. Use one of {}.", names(&Op::ALL)),
            };
            self.add(format!("{at}.{field}"), ProblemCode::Invalid, why);
        }
        op
    }

    /// Whether a column's name can be used.
    pub(super) fn column(&mut self, at: &str, name: &str) -> bool {
        let relation = RELATIONS.into_iter().find(|relation| name.starts_with(relation));
        let problem = match relation {
            None if name.is_empty() => (ProblemCode::Missing, "The column has no name.".to_owned()),
            None => return true,
            Some(relation) => {
                let words = format!(
                    "Relational fields ({relation}…) are not supported here yet. Use a column of the row itself."
                );
                (ProblemCode::Invalid, words)
            }
        };
        self.add(at, problem.0, problem.1);
        false
    }

    pub(super) fn filter(&mut self, at: String, item: &Json) -> Option<Filter> {
        let given = self.object(&at, item, &["column", "op", "value"])?;
        let op = match self.text(given, &at, "op") {
            Some(name) => {
                let op = FilterOp::named(name);
                if op.is_none() {
                    let words = format!("There is no operator “{name}”. Use one of {}.", names(&FilterOp::ALL));
                    self.add(format!("{at}.op"), ProblemCode::Invalid, words);
                }
                op
            }
            None if given.get("op").is_some_and(|op| !op.is_null()) => None,
            None => {
                self.add(
                    format!("{at}.op"),
                    ProblemCode::Missing,
                    format!("Say how to compare: {}.", names(&FilterOp::ALL)),
                );
                None
            }
        };
        let column = self.named_column(&at, given);
        let values = self.operand(&at, op?, given.get("value").unwrap_or(&Json::Null))?;
        Some(Filter {
            column: column?,
            op: op?,
            values,
        })
    }

    fn named_column(&mut self, at: &str, given: &Map<String, Json>) -> Option<String> {
        let field = format!("{at}.column");
        match given.get("column") {
            None | Some(Json::Null) => {
                self.add(field, ProblemCode::Missing, "Name the column to compare.");
                None
            }
            Some(Json::String(name)) => self.column(&field, name).then(|| name.clone()),
            Some(_) => {
                self.add(
                    field,
                    ProblemCode::IncorrectType,
                    "It is the name of a column, as text.",
                );
                None
            }
        }
    }

    fn operand(&mut self, at: &str, op: FilterOp, value: &Json) -> Option<Vec<Value>> {
        let texts_only = matches!(
            op,
            FilterOp::StartsWith { .. } | FilterOp::EndsWith { .. } | FilterOp::Contains { .. }
        );
        let words = match (op, value) {
            (FilterOp::Exists { .. }, Json::Null) => return Some(Vec::new()),
            (FilterOp::Exists { .. }, _) => format!("{op} takes no value. Leave it out."),
            (FilterOp::In { .. }, Json::Array(items)) => {
                let values: Option<Vec<_>> = items.iter().map(scalar).collect();
                match values {
                    Some(values) if !values.is_empty() => return Some(values),
                    _ => "The list needs at least one item, and takes texts, numbers, true and false.".to_owned(),
                }
            }
            (FilterOp::In { .. }, _) => format!("{op} takes a list, such as [\"a\", \"b\"]."),
            (_, Json::Null) => format!("{op} needs a value. To find rows without the column, use does-not-exist."),
            (_, Json::String(_)) => return Some(scalar(value).into_iter().collect()),
            _ if texts_only => format!("{op} takes a text."),
            (_, value) => match scalar(value) {
                Some(value) => return Some(vec![value]),
                None => format!("{op} takes a text, a number, true or false. For several values, use in."),
            },
        };
        self.add(format!("{at}.value"), ProblemCode::Invalid, words);
        None
    }

    pub(super) fn having(&mut self, at: String, item: &Json, calculations: &[Calculation]) -> Option<Having> {
        let given = self.object(&at, item, &["calculate_op", "column", "op", "value"])?;
        let column = self.text(given, &at, "column").filter(|column| !column.is_empty());
        let op = match self.text(given, &at, "calculate_op") {
            Some(name) => self.op(&at, "calculate_op", name),
            None => {
                self.add(
                    format!("{at}.calculate_op"),
                    ProblemCode::Missing,
                    "Say which calculation, such as COUNT.",
                );
                None
            }
        };
        let comparison = match self.text(given, &at, "op") {
            None => {
                self.add(
                    format!("{at}.op"),
                    ProblemCode::Missing,
                    format!("Say how to compare: {}.", names(&Comparison::ALL)),
                );
                None
            }
            Some(name) => {
                let op = Comparison::named(name);
                if op.is_none() {
                    let words = format!(
                        "“{name}” does not compare numbers. Use one of {}.",
                        names(&Comparison::ALL)
                    );
                    self.add(format!("{at}.op"), ProblemCode::Invalid, words);
                }
                op
            }
        };
        let value = given.get("value").and_then(Json::as_f64);
        if value.is_none() {
            self.add(format!("{at}.value"), ProblemCode::IncorrectType, "It is a number.");
        }
        if op == Some(Op::Heatmap) {
            let words = "A heatmap has no value to compare. Use a percentile, such as P99.";
            self.add(format!("{at}.calculate_op"), ProblemCode::Invalid, words);
            return None;
        }
        let same = |known: &Calculation| Some(known.op) == op && known.column.as_deref() == column;
        let calculation = calculations.iter().position(same);
        if op.is_some() && calculation.is_none() {
            self.add(
                at,
                ProblemCode::Invalid,
                "This calculation is not among the calculations. Add it there.",
            );
        }
        Some(Having {
            calculation: calculation?,
            op: comparison?,
            value: value?,
        })
    }

    /// An item that has to be an object with no other fields than these.
    pub(super) fn object<'a>(&mut self, at: &str, item: &'a Json, fields: &[&str]) -> Option<&'a Map<String, Json>> {
        let Json::Object(given) = item else {
            let words = format!("It is an object with {}.", fields.join(", "));
            self.add(at, ProblemCode::IncorrectType, words);
            return None;
        };
        for name in given.keys().filter(|name| !fields.contains(&name.as_str())) {
            let words = format!("There is no such field. The fields are {}.", fields.join(", "));
            self.add(format!("{at}.{name}"), ProblemCode::Invalid, words);
        }
        Some(given)
    }
}

fn scalar(json: &Json) -> Option<Value> {
    match json {
        Json::String(text) => Some(Value::String(intern::shared(text))),
        Json::Bool(truth) => Some(Value::Boolean(*truth)),
        Json::Number(number) => number
            .as_i64()
            .map(Value::Integer)
            .or_else(|| number.as_f64().map(Value::Float)),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

fn names<T>(all: &[(&'static str, T)]) -> String {
    let names: Vec<_> = all.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}
