//! Requests to others, over real sockets: the traced client, and the senders from a real span log to a backend that reads
//! OTLP with the official protobuf definitions.
//!
//! No test here sets the global tracer provider: each client has a provider of its own.

mod backend;
mod client;
mod delivery;
mod refusals;
mod secrets;
mod stopping;
mod support;
mod trouble;
