//! A trace as `GET /api/traces/{trace_id}` answers it, and the questions that a test has.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

/// A span that a test makes up, to be the parent of the server's.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
}

impl Caller {
    /// In a trace of its own.
    pub(crate) fn new() -> Self {
        let hex = || Uuid::new_v4().simple().to_string();
        Self {
            trace_id: hex(),
            span_id: hex()[..16].to_owned(),
        }
    }

    /// The header's value.
    pub(crate) fn traceparent(&self) -> String {
        format!("00-{}-{}-01", self.trace_id, self.span_id)
    }
}

/// A trace: its spans, in the order of their starts.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) id: String,
    pub(crate) rows: Vec<Row>,
}

/// A span.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row(Value);

impl Trace {
    pub(crate) fn new(id: &str, json: &Value) -> Self {
        let rows = json.as_array().unwrap_or_else(|| panic!("no array: {json}")).clone();
        Self {
            id: id.to_owned(),
            rows: rows.into_iter().map(Row).collect(),
        }
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.rows.iter().map(|row| row.text("name")).collect()
    }

    /// The one span of this name.
    pub(crate) fn one(&self, name: &str) -> &Row {
        let mut named = self.rows.iter().filter(|row| row.text("name") == name);
        match (named.next(), named.next()) {
            (Some(row), None) => row,
            (found, _) => panic!(
                "{} {name} in {:?}",
                if found.is_some() { "more than one" } else { "no" },
                self.names()
            ),
        }
    }

    /// The server's span.
    pub(crate) fn server(&self) -> &Row {
        let mut servers = self.rows.iter().filter(|row| row.text("span.kind") == "server");
        match (servers.next(), servers.next()) {
            (Some(row), None) => row,
            _ => panic!("not one server span in {:?}", self.names()),
        }
    }

    pub(crate) fn parent_of(&self, row: &Row) -> Option<&Row> {
        let parent = row.get("trace.parent_id").as_str()?;
        self.rows.iter().find(|row| row.text("trace.span_id") == parent)
    }

    /// The names from the topmost span that is here down to this one, each of which lies within the time of the one
    /// before it.
    pub(crate) fn way_to(&self, row: &Row) -> Vec<&str> {
        let at = self
            .rows
            .iter()
            .find(|other| other.text("trace.span_id") == row.text("trace.span_id"));
        let mut at = at.expect("a row of this trace");
        let mut names = vec![at.text("name")];
        while let Some(parent) = self.parent_of(at) {
            assert!(at.lies_in(parent), "{at:?} is not within {parent:?}");
            names.push(parent.text("name"));
            at = parent;
        }
        names.reverse();
        names
    }
}

impl Row {
    /// What is in the column; `null` where there is none.
    pub(crate) fn get(&self, column: &str) -> &Value {
        &self.0["data"][column]
    }

    /// The text in the column; empty where there is none.
    pub(crate) fn text(&self, column: &str) -> &str {
        self.get(column).as_str().unwrap_or_default()
    }

    /// All columns.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0["data"].as_object().expect("an object").iter()
    }

    fn start_ns(&self) -> i128 {
        let time = self.0["time"].as_str().expect("a time");
        OffsetDateTime::parse(time, &Rfc3339)
            .expect("RFC 3339")
            .unix_timestamp_nanos()
    }

    fn end_ns(&self) -> i128 {
        let milliseconds = self.get("duration_ms").as_f64().expect("a duration");
        self.start_ns() + (milliseconds * 1e6).round() as i128
    }

    fn lies_in(&self, parent: &Self) -> bool {
        parent.start_ns() <= self.start_ns() && self.end_ns() <= parent.end_ns()
    }
}
