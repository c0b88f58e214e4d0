//! What a server hands over to a page whose trace it has opened on the browser's behalf.
//!
//! A navigation carries no `traceparent`, so the server reserves the ids of the two spans that only the browser can
//! measure, makes its own span a child of the second, and writes the ids into the page. The browser emits these spans
//! with these ids: so the browser is the true root of the trace of its own page load.

use crate::traceparent::hex;
use std::fmt;

/// The name of the `<meta>` whose content is a [`PageTrace`].
pub const META: &str = "page-trace";

/// The reserved ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageTrace {
    /// The trace.
    pub trace_id: [u8; 16],
    /// The id of `documentLoad`, the root.
    pub document_load: [u8; 8],
    /// The id of `documentFetch`, its child and the parent of the server's span.
    pub document_fetch: [u8; 8],
}

impl PageTrace {
    /// Reads what [`fmt::Display`] writes; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let page = Self {
            trace_id: hex(parts.next()?)?,
            document_load: hex(parts.next()?)?,
            document_fetch: hex(parts.next()?)?,
        };
        let valid = page.trace_id != [0; 16] && page.document_load != [0; 8] && page.document_fetch != [0; 8];
        (valid && parts.next().is_none()).then_some(page)
    }
}

impl fmt::Display for PageTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: [&[u8]; 3] = [&self.trace_id, &self.document_load, &self.document_fetch];
        for (index, part) in parts.into_iter().enumerate() {
            if index > 0 {
                f.write_str("-")?;
            }
            for byte in part {
                write!(f, "{byte:02x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let page = PageTrace {
            trace_id: [0xab; 16],
            document_load: [1; 8],
            document_fetch: [2; 8],
        };
        assert_eq!(PageTrace::parse(&page.to_string()), Some(page));
        for bad in [
            "",
            "ab-cd-ef",
            &page.to_string().replace("02", "00"),
            &(page.to_string() + "-more"),
        ] {
            assert_eq!(PageTrace::parse(bad), None, "{bad}");
        }
    }
}
