//! The server functions: what the pages ask the server for. Each calls the domain and nothing else.
//!
//! Their addresses are literal (`prefix` and `endpoint`), so they are part of the JSON API and make good names for spans; every
//! one goes through [`TracedClient`](browser_telemetry::TracedClient), so a call is a span and carries the trace's context.
//! During server-side rendering they are plain calls, without HTTP.

pub mod activities;
pub mod users;

#[cfg(feature = "ssr")]
pub(crate) mod answer;

/// Where all server functions live; forms post to addresses below it.
pub const PREFIX: &str = "/api";
