//! Reads a query specification, and says everything that is wrong with it at once.

mod clauses;

use super::{DEFAULT_LIMIT, DEFAULT_TIME_RANGE};
use super::{FilterCombination, MAX_LIMIT, Op, Order, OrderBy, Query, TimeRange};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use std::fmt;

/// How many items a list of the specification may have.
const MAX_ITEMS: usize = 100;

const FIELDS: [&str; 12] = [
    "time_range",
    "start_time",
    "end_time",
    "granularity",
    "breakdowns",
    "calculations",
    "filters",
    "filter_combination",
    "orders",
    "havings",
    "limit",
    "id",
];

/// What the specification has and this store does not answer (yet), and what to do instead.
const UNSUPPORTED: [(&str, &str); 4] = [
    (
        "calculated_fields",
        "Calculated fields are not supported here yet. Leave them out, or open the query in Honeycomb.",
    ),
    (
        "formulas",
        "Formulas are not supported here yet. Ask for the calculations themselves and leave the formulas out.",
    ),
    (
        "compare_time_offset_seconds",
        "Comparing with an earlier time is not supported here yet. Ask twice, with two time ranges.",
    ),
    (
        "compare",
        "Comparing with an earlier time is not supported here yet. Ask twice, with two time ranges.",
    ),
];

/// Why a specification is no query: everything at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// What is wrong, field by field; never empty.
    pub problems: Vec<QueryProblem>,
}

/// One thing that is wrong, in the shape of Honeycomb's `type_detail`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QueryProblem {
    /// The field, such as `calculations[1].column`; empty for the whole.
    pub field: String,
    /// Of what kind it is.
    pub code: ProblemCode,
    /// What is wrong and what to do, in words.
    pub description: String,
}

/// Of what kind a problem is, in Honeycomb's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// The value cannot be used.
    Invalid,
    /// A value is missing.
    Missing,
    /// The value is of another type.
    IncorrectType,
    /// The same is there already.
    AlreadyExists,
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, QueryProblem { field, description, .. }) in self.problems.iter().enumerate() {
            let (space, colon) = (
                if index > 0 { " " } else { "" },
                if field.is_empty() { "" } else { ": " },
            );
            write!(f, "{space}{field}{colon}{description}")?;
        }
        Ok(())
    }
}

impl std::error::Error for QueryError {}

impl Query {
    /// Reads a specification in JSON. `null` counts as absent, and so does `id`, which Honeycomb's answers have.
    ///
    /// # Errors
    /// Everything that is wrong or not supported, at once.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        match serde_json::from_str(text) {
            Ok(json) => Self::from_json(&json),
            Err(error) => {
                let mut problems = Problems::default();
                problems.add("", ProblemCode::Invalid, format!("This is not JSON: {error}."));
                Err(QueryError {
                    problems: problems.found,
                })
            }
        }
    }

    /// Reads a specification as [`Query::parse`] does.
    ///
    /// # Errors
    /// Everything that is wrong or not supported, at once.
    pub fn from_json(json: &Json) -> Result<Self, QueryError> {
        let mut problems = Problems::default();
        let query = match json {
            Json::Object(given) => problems.query(given),
            _ => {
                problems.add(
                    "",
                    ProblemCode::IncorrectType,
                    "A query is a JSON object, such as {\"breakdowns\": [\"name\"]}.",
                );
                None
            }
        };
        match query {
            Some(query) if problems.found.is_empty() => Ok(query),
            _ => Err(QueryError {
                problems: problems.found,
            }),
        }
    }
}

/// What was found to be wrong so far. A method that reads something answers with `None` where it was wrong or absent.
#[derive(Default)]
struct Problems {
    found: Vec<QueryProblem>,
}

impl Problems {
    fn add(&mut self, field: impl Into<String>, code: ProblemCode, description: impl Into<String>) {
        self.found.push(QueryProblem {
            field: field.into(),
            code,
            description: description.into(),
        });
    }

    fn query(&mut self, given: &Map<String, Json>) -> Option<Query> {
        self.fields(given);
        let time = self.time(given);
        let granularity = self.granularity(given, time);
        let breakdowns = self.breakdowns(given);
        let calculations = self.calculations(given);
        let filters = self.list(given, "filters", Self::filter);
        let orders = self.list(given, "orders", |problems, at, term| {
            problems.order(at, term, &breakdowns, &calculations)
        });
        let havings = self.list(given, "havings", |problems, at, having| {
            problems.having(at, having, &calculations)
        });
        let filter_combination = match self.text(given, "", "filter_combination") {
            None | Some("AND") => FilterCombination::And,
            Some("OR") => FilterCombination::Or,
            Some(_) => {
                self.add("filter_combination", ProblemCode::Invalid, "It is \"AND\" or \"OR\".");
                FilterCombination::And
            }
        };
        let limit = match self.whole(given, "limit") {
            None => DEFAULT_LIMIT,
            Some(limit) if (1..=MAX_LIMIT as u64).contains(&limit) => limit as usize,
            Some(_) => {
                self.add(
                    "limit",
                    ProblemCode::Invalid,
                    format!("It is a whole number from 1 to {MAX_LIMIT}."),
                );
                DEFAULT_LIMIT
            }
        };
        Some(Query {
            time: time?,
            granularity,
            breakdowns,
            calculations,
            filters,
            filter_combination,
            orders,
            havings,
            limit,
        })
    }

    fn fields(&mut self, given: &Map<String, Json>) {
        for (name, value) in given {
            if FIELDS.contains(&name.as_str()) || value.is_null() {
                continue;
            }
            let unsupported = UNSUPPORTED.into_iter().find(|(unsupported, _)| unsupported == name);
            match unsupported {
                Some(_) if value.as_array().is_some_and(Vec::is_empty) => {}
                Some((_, words)) => self.add(name, ProblemCode::Invalid, words),
                None => {
                    let words = format!("There is no such field. The fields are {}.", FIELDS[..11].join(", "));
                    self.add(name, ProblemCode::Invalid, words);
                }
            }
        }
    }

    fn time(&mut self, given: &Map<String, Json>) -> Option<TimeRange> {
        let before = self.found.len();
        let [range, start, end] = ["time_range", "start_time", "end_time"].map(|field| {
            let number = self.whole(given, field);
            if number == Some(0) {
                self.add(
                    field,
                    ProblemCode::Invalid,
                    "It is a whole number of seconds, at least 1.",
                );
            }
            number
        });
        let time = match (range, start, end) {
            (None, None, None) => TimeRange::default(),
            (Some(seconds), None, None) => TimeRange::Last(seconds),
            (None, Some(start), Some(end)) if start <= end => TimeRange::Between { start, end },
            (None, Some(_), Some(_)) => {
                self.add(
                    "end_time",
                    ProblemCode::Invalid,
                    "It is before start_time. Exchange the two.",
                );
                return None;
            }
            (Some(_), Some(_), Some(_)) => {
                let words = "Leave one out of time_range, start_time and end_time: two of them say the third.";
                self.add("time_range", ProblemCode::Invalid, words);
                return None;
            }
            (range, Some(start), None) => TimeRange::From {
                start,
                seconds: range.unwrap_or(DEFAULT_TIME_RANGE),
            },
            (range, None, Some(end)) => TimeRange::Until {
                end,
                seconds: range.unwrap_or(DEFAULT_TIME_RANGE),
            },
        };
        (self.found.len() == before).then_some(time)
    }

    fn granularity(&mut self, given: &Map<String, Json>, time: Option<TimeRange>) -> Option<u64> {
        let granularity = self.whole(given, "granularity").filter(|seconds| *seconds > 0)?;
        let range = time?.seconds();
        let (least, most) = (range.div_ceil(1000).max(1), range.max(1));
        if !(least..=most).contains(&granularity) {
            let words = format!("With a time range of {range} s it is {least} to {most} seconds, or left out.");
            self.add("granularity", ProblemCode::Invalid, words);
        }
        Some(granularity)
    }

    fn breakdowns(&mut self, given: &Map<String, Json>) -> Vec<String> {
        let mut breakdowns: Vec<String> = Vec::new();
        let given = self.list(given, "breakdowns", |problems, at, value| match value {
            Json::String(name) => problems.column(&at, name).then(|| (at, name.clone())),
            _ => {
                problems.add(at, ProblemCode::IncorrectType, "It is the name of a column, as text.");
                None
            }
        });
        for (at, name) in given {
            if breakdowns.contains(&name) {
                self.add(
                    at,
                    ProblemCode::AlreadyExists,
                    "This column is there already. Name it once.",
                );
            } else {
                breakdowns.push(name);
            }
        }
        breakdowns
    }

    /// The items of a list, each read by `read`, which is told its place such as `filters[2]`.
    fn list<T>(
        &mut self,
        given: &Map<String, Json>,
        field: &str,
        mut read: impl FnMut(&mut Self, String, &Json) -> Option<T>,
    ) -> Vec<T> {
        match given.get(field) {
            None | Some(Json::Null) => Vec::new(),
            Some(Json::Array(items)) if items.len() <= MAX_ITEMS => {
                let read = |(at, item)| read(self, format!("{field}[{at}]"), item);
                items.iter().enumerate().filter_map(read).collect()
            }
            Some(Json::Array(_)) => {
                self.add(
                    field,
                    ProblemCode::Invalid,
                    format!("It has at most {MAX_ITEMS} items."),
                );
                Vec::new()
            }
            Some(_) => {
                self.add(field, ProblemCode::IncorrectType, "It is a list.");
                Vec::new()
            }
        }
    }

    /// The text in a field; `at` is where the object is, empty for the query itself.
    fn text<'a>(&mut self, given: &'a Map<String, Json>, at: &str, field: &str) -> Option<&'a str> {
        match given.get(field) {
            None | Some(Json::Null) => None,
            Some(Json::String(text)) => Some(text),
            Some(_) => {
                let dot = if at.is_empty() { "" } else { "." };
                self.add(format!("{at}{dot}{field}"), ProblemCode::IncorrectType, "It is a text.");
                None
            }
        }
    }

    fn whole(&mut self, given: &Map<String, Json>, field: &str) -> Option<u64> {
        match given.get(field) {
            None | Some(Json::Null) => None,
            Some(value) => {
                let number = value.as_u64();
                if number.is_none() {
                    self.add(field, ProblemCode::IncorrectType, "It is a whole number, not below 0.");
                }
                number
            }
        }
    }

    fn order(
        &mut self,
        at: String,
        term: &Json,
        breakdowns: &[String],
        calculations: &[super::Calculation],
    ) -> Option<Order> {
        let given = self.object(&at, term, &["op", "column", "order"])?;
        let column = self.text(given, &at, "column");
        let op = self.text(given, &at, "op");
        let descending = match self.text(given, &at, "order") {
            None | Some("ascending") => false,
            Some("descending") => true,
            Some(_) => {
                self.add(
                    format!("{at}.order"),
                    ProblemCode::Invalid,
                    "It is \"ascending\" or \"descending\".",
                );
                return None;
            }
        };
        let by = match (op, column) {
            (None, None) => {
                self.add(
                    at,
                    ProblemCode::Missing,
                    "It has to name a breakdown's column, or a calculation's op and column.",
                );
                return None;
            }
            (None, Some(column)) => breakdowns
                .iter()
                .position(|name| name == column)
                .map(OrderBy::Breakdown),
            (Some(name), column) => {
                let op = self.op(&at, "op", name)?;
                if op == Op::Heatmap {
                    self.add(
                        at,
                        ProblemCode::Invalid,
                        "Groups cannot be ordered by a heatmap. Order by a percentile, such as P99.",
                    );
                    return None;
                }
                let same = |known: &super::Calculation| known.op == op && known.column.as_deref() == column;
                calculations.iter().position(same).map(OrderBy::Calculation)
            }
        };
        if by.is_none() {
            self.add(
                at,
                ProblemCode::Invalid,
                "It is not among the breakdowns and calculations. Add it there, or order by something else.",
            );
        }
        by.map(|by| Order { by, descending })
    }
}
