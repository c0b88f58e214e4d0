//! OpenTelemetry for Rust in the browser (wasm32): spans, context, interactions, page loads, fetch, exceptions, export.
//!
//! It implements the tracing API of the `opentelemetry` crate with a tracer, ids, queue and OTLP/protobuf writer of
//! its own: the SDK's processors and exporters do not run on wasm32, and its clock has a resolution of 1 ms. So any
//! library that uses `opentelemetry::global::tracer(…)` makes spans here, too.
//!
//! ```no_run
//! # fn hydrate_the_app() {}
//! browser_telemetry::start(browser_telemetry::Config::new("my-frontend"));
//! browser_telemetry::hydrate(hydrate_the_app);
//! ```
//!
//! From then on
//!
//! - the page's own load is a span, and the root of the trace that the server began with the page's request,
//! - a click, a submit or a change of the page inside it opens a span that is current in its handlers and in everything
//!   that these cause ([`interaction`]),
//! - every server function whose client is [`TracedClient`], and every plain request sent with [`fetch()`], makes a
//!   CLIENT span, carries `traceparent` and `baggage`, and learns the server's share of its time ([`mod@fetch`]),
//! - panics and errors that nobody caught are recorded on the span in which they happened,
//! - ended spans are posted to the page's own origin ([`export`]), also when the page is closed right away, with what is
//!   known of how far the page's clock is off.
//!
//! Everything compiles natively as well, since server functions name [`TracedClient`] on both sides, and the parts
//! that need no browser are tested there.

// What is switched off uses nothing.
#![cfg_attr(feature = "inert", allow(dead_code))]

#[cfg(all(feature = "server-fn", not(feature = "inert")))]
mod client;
mod clock;
mod exception;
pub mod export;
pub mod fetch;
mod ids;
pub mod interaction;
pub mod otlp;
mod page;
mod page_load;
mod resource_timing;
mod start;
mod state;
mod tracer;

#[cfg(all(feature = "server-fn", not(feature = "inert")))]
pub use client::{TracedClient, TracedClientResponse};
pub use clock::now;
pub use fetch::{Request, Response, fetch};
pub use otlp::SpanRecord;
pub use page_load::hydrate;
#[cfg(all(feature = "server-fn", feature = "inert"))]
pub use server_fn::client::browser::BrowserClient as TracedClient;
pub use start::{Config, start};
pub use tracer::{BrowserSpan, BrowserTracer, BrowserTracerProvider};
