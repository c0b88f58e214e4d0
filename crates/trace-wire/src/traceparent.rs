//! W3C Trace Context, `traceparent` (<https://www.w3.org/TR/trace-context/#traceparent-header>).

use crate::hex::read as hex;
use std::fmt;

/// A parsed `traceparent`: whose child the next span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent {
    /// 16 bytes, not all zero.
    pub trace_id: [u8; 16],
    /// 8 bytes, not all zero: the id of the parent span.
    pub span_id: [u8; 8],
    /// Bit 0 is *sampled*.
    pub flags: u8,
}

impl TraceParent {
    /// Whether the sender records this trace.
    pub fn is_sampled(&self) -> bool {
        self.flags & 1 == 1
    }

    /// Reads a header value; `None` where the specification says to restart the trace: lengths or hex digits are
    /// wrong (upper case included), the version is `ff`, or an id is all zero. Later versions may carry more after
    /// the flags, version `00` may not.
    pub fn parse(value: &str) -> Option<Self> {
        let mut parts = value.trim().split('-');
        let version: [u8; 1] = hex(parts.next()?)?;
        let trace_id = hex(parts.next()?)?;
        let span_id = hex(parts.next()?)?;
        let [flags] = hex(parts.next()?)?;
        let more = parts.next().is_some();
        if version == [0xff] || (version == [0] && more) {
            return None;
        }
        if trace_id == [0; 16] || span_id == [0; 8] {
            return None;
        }
        Some(Self {
            trace_id,
            span_id,
            flags,
        })
    }

    /// The header's value. (What `to_string` gives as well, by way of a formatter: half a kilobyte of the page's WASM.)
    pub fn write(&self) -> String {
        let mut value = "00".to_owned();
        for part in [&self.trace_id[..], &self.span_id, &[self.flags]] {
            value.push('-');
            value.push_str(&crate::hex::write(part));
        }
        value
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.write())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn what_is_read_is_written_again() {
        let parent = TraceParent::parse(EXAMPLE).unwrap();
        assert!(parent.is_sampled());
        assert_eq!(parent.to_string(), EXAMPLE);
    }

    #[test]
    fn what_the_specification_refuses_is_refused() {
        for bad in [
            "",
            "00",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c8031é-b7ad6b7169203331-01",
        ] {
            assert_eq!(TraceParent::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_later_version_may_carry_more() {
        let later = EXAMPLE.replacen("00", "01", 1) + "-more";
        assert!(TraceParent::parse(&later).is_some());
    }
}
