//! The domain over a real SQLite file, with the spans that it makes.

mod database;
mod demo;
mod feeds;
mod forgetting;
mod harness;
mod posting;
mod sessions;
mod signing_in;
mod signing_up;
mod spans;
