//! The whole server on a real database, span log and store, laid out as its routes are.
//!
//! The tracer provider is global, so the tests inside this process share one server ([`support::app`]), and each makes
//! people and traces of its own. What needs another configuration, or an end, starts the binary
//! ([`support::server`]).

// Servers are ended by signals.
#![cfg(unix)]

mod support;

mod access;
mod api;
mod check_health;
mod containers;
mod documents;
mod failing;
mod files;
mod health;
mod page_loads;
mod pages;
mod parents;
mod quiet;
mod restart;
mod same_site;
mod sending;
mod span_log;
mod starting;
mod store;
mod traces;
mod v1_traces;
mod whoami;
