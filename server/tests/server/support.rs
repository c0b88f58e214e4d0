//! What the tests ask with, and whom: the server inside this process, or the binary.

pub(crate) mod app;
pub(crate) mod honeycomb;
pub(crate) mod message;
pub(crate) mod otlp;
pub(crate) mod repository;
pub(crate) mod server;
pub(crate) mod site;
pub(crate) mod trace;
