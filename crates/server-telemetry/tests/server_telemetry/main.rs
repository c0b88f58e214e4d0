//! The crate from outside: requests through axum routers, spans as they arrive in a sink, read with the official
//! protobuf definitions.

mod body;
mod console;
mod environment;
#[cfg(feature = "forward")]
mod forward;
mod page;
mod processor;
mod quiet;
mod relay;
mod relay_again;
mod relay_clock;
mod relay_page;
mod relay_rate;
mod relay_refusals;
mod relay_resource;
mod request;
mod session;
#[cfg(feature = "span-log")]
mod span_log;
mod support;
mod timing;
mod user;
