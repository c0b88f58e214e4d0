//! What people see: pages, components, and the server functions that they call.
//!
//! Compiled twice: with `ssr` into the server, which renders every page, and with `hydrate` into the browser's program, which
//! takes over what was rendered. The domain is `cruddur`; what is particular to HTML, HTTP and cookies is here. The server gives
//! each request its [`server_context`] and mounts [`shell()`].

pub mod api;
mod api_error;
mod app;
mod browser;
mod components;
mod feed_pages;
mod moment;
mod own_traces;
mod page_start;
mod pages;
pub mod routes;
#[cfg(feature = "ssr")]
pub mod server_context;
#[cfg(feature = "ssr")]
pub mod session_cookie;
#[cfg(feature = "ssr")]
mod shell;
mod trace;

pub use api_error::ApiError;
pub use app::App;
pub use page_start::{DemoHint, FAILED, FormFlash, PageStart, form};
#[cfg(feature = "ssr")]
pub use shell::shell;
pub use trace::current_trace_id;
