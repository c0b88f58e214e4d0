//! OpenTelemetry for any axum app: one SERVER span per request, a way for spans to reach a durable log, and the relay
//! by which browsers hand in theirs.
//!
//! - [`RequestSpanLayer`] makes the request's span, joins the caller's trace, keeps the context current in the handler
//!   and in the streamed body, and answers with `Server-Timing`.
//! - [`Telemetry`] sets the tracer provider up, as the [`Environment`] says; finished spans go through [`SinkProcessor`]
//!   into a [`SpanSink`].
//! - [`PageTraces`] makes the browser the root of its own page loads, and begins the visit (`session.id`).
//! - [`Relay`] takes OTLP over HTTP, from the pages of the same origin and from other services with a key.
//! - `Senders` (feature `sender`) bring what is in the span log to backends that take OTLP, each at its own place.
//! - `TracedClient` (feature `client`) is the client for requests to others, with a CLIENT span each.
//!
//! Spans are made with the `opentelemetry` API itself and not with `tracing`: each part of an app has a scope of its
//! own (its tracer's name), numbers stay numbers, and there is one notion of *the current span* for the handler, for
//! spawned tasks and for SQL. `tracing` is for log lines only.
//!
//! ```
//! use axum::{Router, routing::get};
//! use server_telemetry::RequestSpanLayer;
//!
//! let app: Router = Router::new()
//!     .route("/api/activities/home", get(async || "[]"))
//!     // `Router::layer`, after the routes: then the span knows which route was matched.
//!     .layer(RequestSpanLayer::new());
//! ```

#![forbid(unsafe_code)]

#[cfg(feature = "client")]
mod client;
mod console;
mod environment;
#[cfg(feature = "forward")]
mod forward;
mod otlp_target;
mod page;
mod processor;
mod propagators;
mod relay;
mod request;
mod rpc_status;
#[cfg(feature = "sender")]
mod sender;
mod setup;
mod sink;

#[cfg(feature = "client")]
pub use client::{Call, ClientError, MAX_ANSWER, TracedClient};
pub use console::ConsoleProcessor;
pub use environment::{EnvError, EnvErrors, Environment, HoneycombAccess, VARIABLES, Variable};
#[cfg(feature = "forward")]
pub use forward::{ForwardError, OtlpForwarder};
pub use otlp_target::{OtlpCompression, OtlpProtocol, OtlpTarget};
pub use page::{PageCounts, PageSampler, PageTraces, WAIT as PAGE_WAIT, current_page};
pub use processor::{BatchConfig, Counts, SinkProcessor};
pub use propagators::{Propagator, Propagators};
pub use relay::behind_proxy;
pub use relay::{EndUser, PageFindings, Relay, RelayConfig, RelayCounts, RelayRate, RequestRefusals, SpanRefusals};
pub use request::{QuietPaths, RequestSpanLayer, RequestSpanService, ResponseFuture, SpanBody};
pub use request::{record_route, set_route, set_user};
#[cfg(feature = "sender")]
#[doc(hidden)]
pub use sender::judged;
#[cfg(feature = "sender")]
pub use sender::{Pace, Permission, SenderConfig, SenderState, SenderStatus, Senders};
pub use setup::{Config, SetupError, ShutdownError, Telemetry};
pub use sink::{Ack, EncodedBatch, SinkError, SpanSink};
