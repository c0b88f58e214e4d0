//! The embedded trace store: takes events in, answers questions.
//!
//! Rows are Honeycomb's ([`honeycomb::Event`]), questions are asked through [`TraceStore`], and no type of the engine
//! behind it leaves this crate.
//!
//! The newest rows are in memory, with an index that is kept up to date while they come in. When there are enough, they are
//! sealed into a segment: a Parquet file that never changes, with one typed column per attribute, and a small one beside it
//! for the list of traces. Small segments are merged, and the oldest removed at a bound of bytes or of age. What is in memory
//! only is still in the log that the rows come from ([`TraceStore::sealed_position`]), so a crash loses nothing.

#![forbid(unsafe_code)]

mod bucket;
mod columns;
mod config;
mod core;
mod cursor;
mod engine;
mod filter;
mod folder;
mod fragment;
mod id;
mod latency;
mod memory;
mod milliseconds;
mod row;
mod rows;
mod run;
mod segment;
mod sql;
mod store;
mod suggestion;
mod summary;
mod worker;

pub use columns::MAX_COLUMNS;
pub use config::StoreConfig;
pub use core::{LOOKED_AT, MAX_TRACE_ROWS};
pub use filter::{DEFAULT_LIMIT, FilterError, MAX_LIMIT, Problem, TraceFilter};
pub use latency::{Latency, LatencyBucket};
pub use run::MAX_GROUPS;
pub use sql::{MAX_SQL_BYTES, MAX_SQL_ROWS, SqlTable};
pub use store::{DEFAULT_LIMIT_EVENTS, StoreError, StoreStats, TraceStore};
pub use suggestion::{Suggestion, SuggestionField};
pub use summary::{TracePage, TraceSummary};
