//! One line about one trace.

use honeycomb::rfc3339;
use serde::{Serialize, Serializer};
use std::sync::Arc;

/// What a list of traces says about each.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TraceSummary {
    /// The trace's id.
    #[serde(rename = "trace.trace_id")]
    pub trace_id: Arc<str>,
    /// The name of the root span: the one without a parent, or else the earliest whose parent is missing.
    pub name: Arc<str>,
    /// The service of the root span.
    #[serde(rename = "service.name")]
    pub service: Arc<str>,
    /// The first `user.id` that a span carries.
    #[serde(rename = "user.id")]
    pub user_id: Option<Arc<str>>,
    /// The first `user.name` that a span carries.
    #[serde(rename = "user.name")]
    pub user_name: Option<Arc<str>>,
    /// The start of the earliest span, in nanoseconds since 1970; RFC 3339 in JSON.
    #[serde(rename = "time", serialize_with = "time")]
    pub time_unix_nano: i64,
    /// Milliseconds from the earliest start to the latest end of its spans.
    pub duration_ms: f64,
    /// How many spans there are; events and links do not count.
    pub span_count: u64,
    /// How many of the spans have an error.
    pub error_count: u64,
    /// The services of its spans, by name.
    pub services: Vec<Arc<str>>,
    /// The sum of `timing.network_ms` over its spans; none where no span has it.
    pub network_ms: Option<f64>,
}

fn time<S: Serializer>(unix_nano: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(*unix_nano))
}

/// Some traces, newest first, and where the next ones are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TracePage {
    /// The traces, newest first by their start.
    pub traces: Vec<TraceSummary>,
    /// The `cursor` of the page after this one; none where this is the last.
    pub next: Option<String>,
}
