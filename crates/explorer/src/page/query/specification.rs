//! The query as JSON, to read and to take along.

use super::Page;
use honeycomb::Query;
use leptos::prelude::*;
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;
use std::io::{Result, Write};

pub(super) fn view(page: &Page) -> impl IntoView + use<> {
    let text = json(&page.query);
    view! {
        <section class="panel-card specification">
            <h2>"Specification"</h2>
            <button type="button" class="button quiet scripted-only" data-copy="">"Copy"</button>
            <pre tabindex="0" role="region" aria-label="Specification"><code id="specification">{text}</code></pre>
        </section>
    }
}

/// A line for each field, and for each item of a list that is an object.
fn json(query: &Query) -> String {
    let mut text = Vec::new();
    let written = query.serialize(&mut Serializer::with_formatter(&mut text, Lines::default()));
    // A query in memory is always written; its texts are UTF-8.
    written.map_or_else(|_| String::new(), |()| String::from_utf8(text).unwrap_or_default())
}

#[derive(Default)]
struct Lines {
    /// How many brackets are open.
    depth: usize,
    /// An item of a field's list begins, and whether it is the first: what it is says where it stands.
    item: Option<bool>,
    /// The list has a line for each item.
    lines: bool,
}

/// Where the items of a field's list are.
const ITEM: usize = 2;

fn line<W: ?Sized + Write>(writer: &mut W, depth: usize) -> Result<()> {
    writer.write_all(b"\n")?;
    writer.write_all("  ".repeat(depth).as_bytes())
}

fn separator<W: ?Sized + Write>(writer: &mut W, first: bool, then: &[u8]) -> Result<()> {
    writer.write_all(if first { b"" } else { b"," })?;
    writer.write_all(if first { b"" } else { then })
}

impl Formatter for Lines {
    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        if let Some(first) = self.item.take() {
            separator(writer, first, b"")?;
            line(writer, ITEM)?;
            self.lines = true;
        }
        self.depth += 1;
        writer.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.depth -= 1;
        if self.depth == 0 {
            line(writer, 0)?;
        }
        writer.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> Result<()> {
        if self.depth == 1 {
            separator(writer, first, b"")?;
            return line(writer, 1);
        }
        separator(writer, first, b" ")
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        writer.write_all(b": ")
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.depth += 1;
        writer.write_all(b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.depth -= 1;
        if self.depth == 1 && std::mem::take(&mut self.lines) {
            line(writer, 1)?;
        }
        writer.write_all(b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> Result<()> {
        if self.depth == ITEM {
            self.item = Some(first);
            return Ok(());
        }
        separator(writer, first, b" ")
    }

    fn begin_string<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        if let Some(first) = self.item.take() {
            separator(writer, first, b" ")?;
        }
        writer.write_all(b"\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_a_line_and_the_text_is_the_query() {
        let query = Query::parse(r#"{"breakdowns": ["a", "b"], "calculations": [{"op": "P99", "column": "d"}], "filters": [{"column": "a", "op": "in", "value": [1, 2]}]}"#).unwrap();
        let text = json(&query);
        let expected = [
            "{",
            "  \"time_range\": 7200,",
            "  \"breakdowns\": [\"a\", \"b\"],",
            "  \"calculations\": [",
            "    {\"op\": \"P99\", \"column\": \"d\"}",
            "  ],",
            "  \"filters\": [",
            "    {\"column\": \"a\", \"op\": \"in\", \"value\": [1, 2]}",
            "  ]",
            "}",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
        assert_eq!(Query::parse(&text).unwrap(), query);
    }
}
