//! What both sides of the wire agree on, written once: the names of attributes and headers, W3C `traceparent`,
//! and the `Server-Timing` by which a server tells the browser what it needs to know about its own request.
//!
//! No dependencies: the same few kilobytes are part of the browser's WASM and of the server.

#![forbid(unsafe_code)]

pub mod attribute;
pub mod hex;
pub mod page;
pub mod server_timing;
pub mod session;
pub mod traceparent;

pub use page::PageTrace;
pub use server_timing::ServerTiming;
pub use session::Session;
pub use traceparent::TraceParent;

/// Where the browser posts its spans (OTLP/HTTP), on its own origin.
pub const TRACES_PATH: &str = "/v1/traces";

/// The request header that carries the trace context (W3C Trace Context, §3.2).
pub const TRACEPARENT: &str = "traceparent";

/// The request header of <https://www.w3.org/TR/baggage/>. Browsers send [`attribute::SESSION_ID`] in it.
pub const BAGGAGE: &str = "baggage";

/// The response header of <https://www.w3.org/TR/server-timing/>.
pub const SERVER_TIMING: &str = "server-timing";

/// The content type of OTLP/HTTP in protobuf.
pub const PROTOBUF: &str = "application/x-protobuf";
