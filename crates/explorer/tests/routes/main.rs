//! Every route: status, content type, and what is in the answer.

mod assets;
mod elsewhere;
mod list;
mod spans;
mod support;
mod trace;
