//! Where a page of traces ended.
//!
//! A cursor names the last trace of its page by start and id, not by its place in the list: newer traces may arrive
//! before the next page is asked for, and nothing is shown twice or left out.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The start and the id of the last trace on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) start_unix_nano: i64,
    pub(crate) trace_id: String,
}

impl Cursor {
    /// Text that goes into a URL as it is.
    pub(crate) fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}/{}", self.start_unix_nano, self.trace_id))
    }

    /// Reads what [`Self::encode`] wrote.
    pub(crate) fn decode(text: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (start, trace_id) = text.split_once('/')?;
        Some(Self {
            start_unix_nano: start.parse().ok()?,
            trace_id: trace_id.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Cursor;

    #[test]
    fn what_is_written_is_read_again() {
        for (start_unix_nano, trace_id) in [(0, ""), (i64::MIN, "abc"), (i64::MAX, "a/b c&é")] {
            let cursor = Cursor {
                start_unix_nano,
                trace_id: trace_id.to_owned(),
            };
            let text = cursor.encode();
            assert!(
                text.bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            );
            assert_eq!(Cursor::decode(&text), Some(cursor));
        }
    }

    #[test]
    fn anything_else_is_none() {
        for bad in ["", "x", "!!!", "MTIz", "YS9i", "é"] {
            assert_eq!(Cursor::decode(bad), None, "{bad}");
        }
    }
}
