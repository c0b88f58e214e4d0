//! What a server says about its own request in `Server-Timing`, and how the browser reads it.
//!
//! Three entries: `traceparent` names the server's span, `server` carries its duration and, as its description, when
//! the request was received, and `client` echoes the id of the browser's span. The echo is the point: the browser finds the header again inside the
//! `PerformanceResourceTiming` entry of that very request, so the entry and the span belong together without guessing
//! by URL and time. Durations are the server's own, so that no two clocks are compared. The time of receipt is for the
//! one thing that does compare them: how far the browser's clock is off.

use crate::TraceParent;
use std::fmt;

/// The name of the entry whose description is the server span's `traceparent`.
pub const TRACEPARENT: &str = "traceparent";
/// The name of the entry whose duration is request received to response head, and whose description is when the request
/// was received: milliseconds since 1970, with three decimals, by the server's clock. The response's head was sent one
/// duration later.
pub const SERVER: &str = "server";
/// The name of the entry whose description is the client span's id, as received, in hex.
pub const CLIENT: &str = "client";

/// The header's value; [`fmt::Display`] writes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ServerTiming {
    /// The server's span.
    pub server: TraceParent,
    /// Milliseconds from request received to response head.
    pub duration_ms: f64,
    /// When the request was received: milliseconds since 1970.
    pub received_unix_ms: f64,
    /// The client's span, where the request named one.
    pub client: Option<[u8; 8]>,
}

impl fmt::Display for ServerTiming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{TRACEPARENT};desc=\"{}\", {SERVER};dur={:.3};desc=\"{:.3}\"",
            self.server, self.duration_ms, self.received_unix_ms
        )?;
        if let Some(client) = self.client {
            write!(f, ", {CLIENT};desc=\"{}\"", crate::hex::write(&client))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_as_documented() {
        let timing = ServerTiming {
            server: TraceParent {
                trace_id: [0xab; 16],
                span_id: [0xcd; 8],
                flags: 1,
            },
            duration_ms: 12.34567,
            received_unix_ms: 1_700_000_000_123.456_7,
            client: Some([1, 2, 3, 4, 5, 6, 7, 0xff]),
        };
        assert_eq!(
            timing.to_string(),
            "traceparent;desc=\"00-abababababababababababababababab-cdcdcdcdcdcdcdcd-01\", \
             server;dur=12.346;desc=\"1700000000123.457\", client;desc=\"01020304050607ff\""
        );
    }
}
