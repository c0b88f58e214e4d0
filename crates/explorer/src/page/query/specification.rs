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
            <div class="heading">
                <h2>"Specification"</h2>
                // The script shows it.
                <p class="actions"><button type="button" class="button quiet" data-copy="specification" hidden>"Copy"</button></p>
            </div>
            <pre tabindex="0" role="region" aria-label="Specification"><code id="specification">{text}</code></pre>
        </section>
    }
}

/// A line for each field, and for each item of a list of the query.
fn json(query: &Query) -> String {
    let mut text = Vec::new();
    let written = query.serialize(&mut Serializer::with_formatter(&mut text, Lines::default()));
    // A query in memory is always written; its texts are UTF-8.
    written.map_or_else(|_| String::new(), |()| String::from_utf8(text).unwrap_or_default())
}

#[derive(Default)]
struct Lines {
    depth: usize,
}

impl Lines {
    /// What is deeper stands in one line.
    const BROKEN: usize = 2;

    fn open<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> Result<()> {
        self.depth += 1;
        writer.write_all(bracket)
    }

    fn item<W: ?Sized + Write>(&self, writer: &mut W, first: bool) -> Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        match self.depth {
            ..=Self::BROKEN => {
                writer.write_all(b"\n")?;
                writer.write_all("  ".repeat(self.depth).as_bytes())
            }
            _ if first => Ok(()),
            _ => writer.write_all(b" "),
        }
    }

    fn close<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> Result<()> {
        self.depth -= 1;
        if self.depth < Self::BROKEN {
            writer.write_all(b"\n")?;
            writer.write_all("  ".repeat(self.depth).as_bytes())?;
        }
        writer.write_all(bracket)
    }
}

impl Formatter for Lines {
    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.open(writer, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.close(writer, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> Result<()> {
        self.item(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        writer.write_all(b": ")
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.open(writer, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> Result<()> {
        self.close(writer, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> Result<()> {
        self.item(writer, first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_a_line_and_the_text_is_the_query() {
        let query = Query::parse(r#"{"calculations": [{"op": "P99", "column": "d"}], "filters": [{"column": "a", "op": "in", "value": [1, 2]}]}"#).unwrap();
        let text = json(&query);
        let expected = [
            "{",
            "  \"time_range\": 7200,",
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
