//! Which traces are asked for, and what a person is told who asks in a way that cannot be understood.

use crate::cursor::Cursor;
use std::fmt;

/// How many traces a page has unless told otherwise.
pub const DEFAULT_LIMIT: usize = 50;
/// How many traces a page may have.
pub const MAX_LIMIT: usize = 1000;

const FIELDS: [&str; 8] = [
    "service", "route", "user", "min_ms", "max_ms", "error", "limit", "cursor",
];

/// Which traces are asked for: those that all of the given fields hold for.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceFilter {
    /// Some span has this `service.name`.
    pub service: Option<String>,
    /// Some span has this `http.route`.
    pub route: Option<String>,
    /// Some span has this `user.id` or `user.name`.
    pub user: Option<String>,
    /// The trace takes at least so many milliseconds.
    pub min_ms: Option<f64>,
    /// The trace takes at most so many milliseconds.
    pub max_ms: Option<f64>,
    /// Whether some span has an error.
    pub error: Option<bool>,
    /// How many traces a page has, 1 to [`MAX_LIMIT`].
    pub limit: usize,
    /// The `next` of the page before.
    pub cursor: Option<String>,
}

impl Default for TraceFilter {
    fn default() -> Self {
        Self {
            service: None,
            route: None,
            user: None,
            min_ms: None,
            max_ms: None,
            error: None,
            limit: DEFAULT_LIMIT,
            cursor: None,
        }
    }
}

impl TraceFilter {
    /// Reads the pairs of a query string (already percent-decoded). An empty value is no value, as in a form that was
    /// sent with empty fields.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn parse<K: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (K, V)>) -> Result<Self, FilterError> {
        let mut filter = Self::default();
        let mut problems = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        for (name, value) in pairs {
            let (name, value) = (name.as_ref(), value.as_ref().trim());
            let Some(field) = FIELDS.into_iter().find(|field| *field == name) else {
                problems.push(Problem {
                    field: name.to_owned(),
                    message: format!("There is no such filter. The filters are {}.", FIELDS.join(", ")),
                });
                continue;
            };
            if value.is_empty() {
                continue;
            }
            let told = if seen.contains(&field) {
                Err("Give it once only.".to_owned())
            } else {
                seen.push(field);
                filter.set(field, value)
            };
            if let Err(message) = told {
                problems.push(Problem {
                    field: field.to_owned(),
                    message,
                });
            }
        }
        if let (Some(min), Some(max)) = (filter.min_ms, filter.max_ms)
            && min > max
        {
            problems.push(Problem {
                field: "max_ms".to_owned(),
                message: format!("It is smaller than min_ms ({min}), so no trace can match."),
            });
        }
        if problems.is_empty() {
            Ok(filter)
        } else {
            Err(FilterError { problems })
        }
    }

    fn set(&mut self, field: &str, value: &str) -> Result<(), String> {
        match field {
            "service" => self.service = Some(value.to_owned()),
            "route" => self.route = Some(value.to_owned()),
            "user" => self.user = Some(value.to_owned()),
            "min_ms" => self.min_ms = Some(milliseconds(value)?),
            "max_ms" => self.max_ms = Some(milliseconds(value)?),
            "error" => {
                self.error = Some(match value {
                    "true" | "1" => true,
                    "false" | "0" => false,
                    _ => return Err(format!("“{value}” is neither true nor false.")),
                });
            }
            "limit" => {
                self.limit = value
                    .parse()
                    .ok()
                    .filter(|limit| (1..=MAX_LIMIT).contains(limit))
                    .ok_or_else(|| format!("“{value}” is not a whole number from 1 to {MAX_LIMIT}."))?;
            }
            _ => {
                Cursor::decode(value).ok_or(BAD_CURSOR)?;
                self.cursor = Some(value.to_owned());
            }
        }
        Ok(())
    }

    /// The pairs that [`Self::parse`] reads as this filter; what is as it is by default is left out.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let number = |value: Option<f64>| value.map(|value| value.to_string());
        [
            ("service", self.service.clone()),
            ("route", self.route.clone()),
            ("user", self.user.clone()),
            ("min_ms", number(self.min_ms)),
            ("max_ms", number(self.max_ms)),
            ("error", self.error.map(|error| error.to_string())),
            ("limit", (self.limit != DEFAULT_LIMIT).then(|| self.limit.to_string())),
            ("cursor", self.cursor.clone()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }

    /// Whether every trace matches.
    pub fn is_empty(&self) -> bool {
        let page = Self {
            limit: self.limit,
            cursor: self.cursor.clone(),
            ..Self::default()
        };
        *self == page
    }

    pub(crate) fn decoded_cursor(&self) -> Result<Option<Cursor>, FilterError> {
        let Some(text) = &self.cursor else { return Ok(None) };
        match Cursor::decode(text) {
            Some(cursor) => Ok(Some(cursor)),
            None => Err(FilterError {
                problems: vec![Problem {
                    field: "cursor".to_owned(),
                    message: BAD_CURSOR.to_owned(),
                }],
            }),
        }
    }
}

const BAD_CURSOR: &str = "This is not the “next” of a page of traces. Leave it out to start with the newest trace.";

fn milliseconds(value: &str) -> Result<f64, String> {
    value
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite() && *number >= 0.0)
        .ok_or_else(|| format!("“{value}” is not a number of milliseconds, such as 250 or 0.5."))
}

/// All that is wrong with a filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct FilterError {
    /// At least one, in the order in which they were given.
    pub problems: Vec<Problem>,
}

/// What is wrong with one field, in words that a person can act on.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// The name of the field as it was given.
    pub field: String,
    /// One sentence or two.
    pub message: String,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { " " };
            write!(f, "{separator}{}: {}", problem.field, problem.message)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(error: &FilterError) -> Vec<&str> {
        error.problems.iter().map(|problem| problem.field.as_str()).collect()
    }

    #[test]
    fn a_whole_filter_is_read_and_written_again() {
        let cursor = Cursor {
            start_unix_nano: 5,
            trace_id: "abc".into(),
        }
        .encode();
        let pairs = [
            ("service", "shop"),
            ("route", "/api/x"),
            ("user", "ann"),
            ("min_ms", "0.5"),
            ("max_ms", "250"),
            ("error", "true"),
            ("limit", "7"),
            ("cursor", &cursor),
        ];
        let filter = TraceFilter::parse(pairs).unwrap();
        assert_eq!(filter.min_ms, Some(0.5));
        assert_eq!(filter.limit, 7);
        assert!(!filter.is_empty());
        let written: Vec<_> = filter.pairs();
        assert_eq!(written, pairs.map(|(name, value)| (name, value.to_owned())));
        assert_eq!(TraceFilter::parse(written), Ok(filter));
    }

    #[test]
    fn empty_fields_of_a_form_are_no_filter() {
        let filter = TraceFilter::parse(FIELDS.map(|field| (field, " "))).unwrap();
        assert_eq!(filter, TraceFilter::default());
        assert!(filter.is_empty());
        assert!(filter.pairs().is_empty());
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let error = TraceFilter::parse([
            ("min_ms", "-1"),
            ("max_ms", "NaN"),
            ("error", "maybe"),
            ("limit", "1001"),
            ("cursor", "zzz"),
            ("servise", "shop"),
            ("user", "ann"),
            ("user", "bob"),
        ])
        .unwrap_err();
        assert_eq!(
            fields(&error),
            ["min_ms", "max_ms", "error", "limit", "cursor", "servise", "user"]
        );
        let words = error.to_string();
        assert!(
            words.contains("min_ms: “-1” is not a number of milliseconds"),
            "{words}"
        );
        assert!(words.contains("The filters are service, route,"), "{words}");
    }

    #[test]
    fn a_range_that_nothing_can_be_in_is_told() {
        let error = TraceFilter::parse([("min_ms", "10"), ("max_ms", "9")]).unwrap_err();
        assert_eq!(fields(&error), ["max_ms"]);
        assert!(TraceFilter::parse([("min_ms", "10"), ("max_ms", "10")]).is_ok());
    }

    #[test]
    fn limits_are_from_1_to_1000() {
        for bad in ["0", "-1", "1.5", "many"] {
            assert!(TraceFilter::parse([("limit", bad)]).is_err(), "{bad}");
        }
        assert_eq!(TraceFilter::parse([("limit", "1000")]).unwrap().limit, 1000);
    }
}
