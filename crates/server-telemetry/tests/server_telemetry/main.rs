//! The crate from outside: requests through axum routers, spans as they arrive in a sink, read with the official
//! protobuf definitions.

mod body;
#[cfg(feature = "forward")]
mod forward;
mod page;
mod processor;
mod quiet;
mod relay;
mod relay_page;
mod relay_refusals;
mod request;
mod session;
#[cfg(feature = "span-log")]
mod span_log;
mod support;
mod timing;
mod user;
