//! Addresses of the explorer's own pages. Ids and values in them come from whoever sends spans.

use honeycomb::{Value, column};
use std::fmt::Write;
use trace_store::TraceFilter;
use trace_wire::attribute;

/// The page of a trace.
pub(crate) fn trace(trace_id: &str) -> String {
    format!("/traces/{}", encoded(trace_id))
}

/// A page of the spans of a trace, counted from 1.
pub(crate) fn trace_page(trace_id: &str, number: usize) -> String {
    match number {
        1 => trace(trace_id),
        _ => format!("{}?page={number}", trace(trace_id)),
    }
}

/// The rows of a trace as JSON.
pub(crate) fn trace_json(trace_id: &str) -> String {
    format!("/api/traces/{}", encoded(trace_id))
}

/// The place of a span on the page of its trace, as the element's `id`.
pub(crate) fn span_anchor(span_id: &str) -> String {
    format!("span-{}", encoded(span_id))
}

/// A span on the page of its trace: chosen, and scrolled to.
pub(crate) fn span(trace_id: &str, span_id: &str) -> String {
    format!("{}?span={}#{}", trace(trace_id), encoded(span_id), span_anchor(span_id))
}

/// A span with its events and links as JSON.
pub(crate) fn span_json(trace_id: &str, span_id: &str) -> String {
    format!("{}/spans/{}", trace_json(trace_id), encoded(span_id))
}

/// The traces that match.
pub(crate) fn traces(filter: &TraceFilter) -> String {
    with_query("/traces", &filter.pairs())
}

/// The traces that match, as JSON.
pub(crate) fn traces_json(filter: &TraceFilter) -> String {
    with_query("/api/traces", &filter.pairs())
}

/// The traces with a value in one of the filter's fields.
pub(crate) fn traces_with(field: &'static str, value: &str) -> String {
    with_query("/traces", &[(field, value.to_owned())])
}

/// The traces of which some span holds these values, or the trace itself; none where no column is one to look for.
pub(crate) fn traces_of<'a>(columns: impl Iterator<Item = (&'a str, &'a Option<Value>)>) -> Option<String> {
    let mut filter = TraceFilter::default();
    for (name, value) in columns {
        let Some(value) = value else { continue };
        let value = value.to_string();
        match name {
            column::TRACE_ID => return Some(trace(&value)),
            column::SERVICE_NAME => filter.service = Some(value),
            attribute::HTTP_ROUTE | attribute::URL_TEMPLATE => filter.route = Some(value),
            // The id finds one person where two had the same name.
            attribute::USER_ID => filter.user = Some(value),
            attribute::USER_NAME => filter.user = filter.user.or(Some(value)),
            _ => {}
        }
    }
    (!filter.is_empty()).then(|| traces(&filter))
}

/// The page of SQL with a statement, answered.
pub(crate) fn sql(statement: &str) -> String {
    with_query("/traces/sql", &[("statement", statement.to_owned())])
}

/// The page of a saved query, asked in this way.
pub(crate) fn saved_query(slug: &str, pairs: &[(&str, String)]) -> String {
    with_query(&format!("/traces/queries/{}", encoded(slug)), pairs)
}

fn with_query(path: &str, pairs: &[(&str, String)]) -> String {
    match serde_urlencoded::to_string(pairs) {
        Ok(query) if !query.is_empty() => format!("{path}?{query}"),
        _ => path.to_owned(),
    }
}

/// Percent-encodes all but the unreserved characters of RFC 3986 (§2.3).
pub(crate) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_ids_stay_one_segment() {
        assert_eq!(trace("abc123"), "/traces/abc123");
        assert_eq!(trace("../a?b#c\" é"), "/traces/..%2Fa%3Fb%23c%22%20%C3%A9");
        assert_eq!(trace_page("a", 1), "/traces/a");
        assert_eq!(trace_page("a", 2), "/traces/a?page=2");
        assert_eq!(span("a", "b&c"), "/traces/a?span=b%26c#span-b%26c");
    }

    #[test]
    fn filters_are_permalinks() {
        assert_eq!(traces(&TraceFilter::default()), "/traces");
        assert_eq!(traces_with("route", "/a b&c"), "/traces?route=%2Fa+b%26c");
    }
}
