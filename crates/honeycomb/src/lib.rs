//! Honeycomb's language: what a span looks like as rows of columns.
//!
//! Honeycomb stores wide events, not spans. A span becomes one row, and each of its events and links becomes another
//! one; resource and scope are columns of every row. [`events`] makes these rows from OTLP by the rules of Honeycomb's
//! own ingest, so that a query written for the local store means the same over there, and a row that the local API
//! answers with can be posted to Honeycomb's batch endpoint as it is.
//!
//! [`Query`] is a question about such rows, read from the JSON that Honeycomb takes, and [`QueryResult`] its answer.
//!
//! The rules were taken from Honeycomb's published documentation and its open-source translation library (husky).

//!
//! With the feature `client`, `whoami` asks Honeycomb's API what a key is and may do. It makes the request and reads the
//! answer; the way between them is the caller's HTTP client.

#![forbid(unsafe_code)]

pub mod column;
mod event;
mod intern;
mod layout;
mod otlp;
pub mod query;
mod timestamp;
#[cfg(feature = "client")]
pub mod whoami;

pub use event::{Column, Columns, Event, Value};
pub use otlp::{MAX_STRING_BYTES, events};
pub use query::{Query, QueryResult};
pub use timestamp::rfc3339;
