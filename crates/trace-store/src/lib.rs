//! The embedded trace store: takes events in, answers questions.
//!
//! Rows are Honeycomb's ([`honeycomb::Event`]), questions are asked through [`TraceStore`], and no type of the engine
//! behind it leaves this crate. Today the engine is memory: the newest rows, and an index that is kept up to date while
//! they come in, so that a list of traces never reads rows. Methods that answer are async, because an engine that reads
//! files takes this one's place without a change elsewhere.

#![forbid(unsafe_code)]

mod cursor;
mod filter;
mod latency;
mod memory;
mod store;
mod suggestion;
mod summary;

pub use filter::{DEFAULT_LIMIT, FilterError, MAX_LIMIT, Problem, TraceFilter};
pub use latency::{Latency, LatencyBucket};
pub use store::{DEFAULT_LIMIT_EVENTS, StoreError, StoreStats, TraceStore};
pub use suggestion::{Suggestion, SuggestionField};
pub use summary::{TracePage, TraceSummary};
