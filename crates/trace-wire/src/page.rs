//! What a server hands over to a page whose trace it has opened on the browser's behalf.
//!
//! A navigation carries no `traceparent`, so the server reserves the ids of the two spans that only the browser can
//! measure, makes its own span a child of the second, and writes the ids into the page. The browser emits these spans
//! with these ids: so the browser is the true root of the trace of its own page load.

use crate::hex;
use std::fmt;

/// The name of the `<meta>` whose content is a [`PageTrace`].
pub const META: &str = "page-trace";
/// The name of the `<meta>` that names the sign-in which the page was rendered for: any text that changes with each
/// sign-in; absent where nobody is signed in. Sent back with every batch ([`crate::attribute::SPAN_GENERATION`]).
pub const GENERATION_META: &str = "page-generation";

/// The reserved ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageTrace {
    /// The trace.
    pub trace_id: [u8; 16],
    /// The id of `documentLoad`, the root.
    pub document_load: [u8; 8],
    /// The id of `documentFetch`, its child and the parent of the server's span.
    pub document_fetch: [u8; 8],
    /// Whether the page records spans: the server decides, for the page load and for all that follows on the page.
    pub sampled: bool,
}

impl PageTrace {
    /// Reads what [`fmt::Display`] writes; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        // By position, not by searching for the dashes: less to compile into the page.
        let text = text.as_bytes();
        let dashes = [32, 49, 66].iter().all(|at| text.get(*at) == Some(&b'-'));
        let page = Self {
            trace_id: hex::read(text.get(..32)?)?,
            document_load: hex::read(text.get(33..49)?)?,
            document_fetch: hex::read(text.get(50..66)?)?,
            sampled: match text.get(67..)? {
                b"01" => true,
                b"00" => false,
                _ => return None,
            },
        };
        let valid = page.trace_id != [0; 16] && page.document_load != [0; 8] && page.document_fetch != [0; 8];
        (dashes && valid).then_some(page)
    }
}

impl fmt::Display for PageTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: [&[u8]; 3] = [&self.trace_id, &self.document_load, &self.document_fetch];
        for part in parts {
            f.write_str(&hex::write(part))?;
            f.write_str("-")?;
        }
        f.write_str(if self.sampled { "01" } else { "00" })
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
            sampled: true,
        };
        assert_eq!(PageTrace::parse(&page.to_string()), Some(page));
        let unsampled = PageTrace { sampled: false, ..page };
        assert_eq!(PageTrace::parse(&unsampled.to_string()), Some(unsampled));
        for bad in [
            "",
            "ab-cd-ef-01",
            &page.to_string().replace("0202", "0000"),
            &(page.to_string() + "-more"),
        ] {
            assert_eq!(PageTrace::parse(bad), None, "{bad}");
        }
    }
}
