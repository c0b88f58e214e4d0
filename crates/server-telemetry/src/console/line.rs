//! A span as a line of text.

use opentelemetry::trace::{SpanId, SpanKind, Status};
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;
use std::fmt::{self, Display, Write};
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;
use time::macros::format_description;

/// So many digits of an id are shown.
const DIGITS: usize = 8;

/// Adds the span's line, and a line for each of its events. Writing into a `String` does not fail.
pub(super) fn write(text: &mut String, span: &SpanData) {
    _ = try_write(text, span);
}

fn try_write(text: &mut String, span: &SpanData) -> fmt::Result {
    let took = span.end_time.duration_since(span.start_time).unwrap_or_default();
    let context = &span.span_context;
    write!(
        text,
        "{}  {:<8}  {:>10}  {}/{}",
        moment(span.start_time),
        kind(&span.span_kind),
        millis(took),
        short(context.trace_id()),
        short(context.span_id())
    )?;
    match span.parent_span_id {
        SpanId::INVALID => write!(text, "{:9}", "")?,
        parent => write!(text, "<{}", short(parent))?,
    }
    write!(text, "  {}", Printable(&span.name))?;
    match &span.status {
        Status::Unset => {}
        Status::Ok => text.write_str("  ok")?,
        Status::Error { description } if description.is_empty() => text.write_str("  error")?,
        Status::Error { description } => write!(text, "  error: {}", Printable(description))?,
    }
    attributes(text, &span.attributes)?;
    for link in span.links.iter() {
        let linked = &link.span_context;
        write!(text, "  link={}/{}", short(linked.trace_id()), short(linked.span_id()))?;
    }
    text.write_str("\n")?;
    for event in span.events.iter() {
        write!(
            text,
            "{}  event     {}",
            moment(event.timestamp),
            Printable(&event.name)
        )?;
        attributes(text, &event.attributes)?;
        text.write_str("\n")?;
    }
    Ok(())
}

fn moment(time: SystemTime) -> String {
    const FORMAT: &[time::format_description::BorrowedFormatItem<'_>] =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    OffsetDateTime::from(time).format(FORMAT).unwrap_or_default()
}

fn millis(duration: Duration) -> String {
    format!("{:.3} ms", duration.as_secs_f64() * 1000.0)
}

fn kind(kind: &SpanKind) -> &'static str {
    match kind {
        SpanKind::Client => "client",
        SpanKind::Server => "server",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
        SpanKind::Internal => "internal",
    }
}

fn short(id: impl Display) -> String {
    let mut digits = id.to_string();
    digits.truncate(DIGITS);
    digits
}

fn attributes(text: &mut String, attributes: &[KeyValue]) -> fmt::Result {
    let mut before = "  ";
    for attribute in attributes {
        write!(text, "{before}{}=", Printable(attribute.key.as_str()))?;
        value(text, &attribute.value)?;
        before = " ";
    }
    Ok(())
}

/// Text is quoted where it would not be seen where it ends.
fn value(text: &mut String, value: &Value) -> fmt::Result {
    let plain = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_alphanumeric() || "-_.:/@?&=+,;*%".contains(c))
    };
    match value {
        Value::String(string) if !plain(string.as_str()) => write!(text, "{:?}", string.as_str()),
        other => write!(text, "{}", Printable(&other.as_str())),
    }
}

/// Text without anything that a terminal could take for a command.
struct Printable<'a>(&'a str);

impl Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '"' | '\'' | '\\' => f.write_char(c)?,
                c => write!(f, "{}", c.escape_debug())?,
            }
        }
        Ok(())
    }
}
