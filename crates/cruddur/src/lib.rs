//! The domain of Cruddur: people, their sessions and their cruds. It knows no HTTP and no HTML.
//!
//! Types and rules compile on every target, so that the page counts a message exactly as the server does. What asks the
//! database is behind the feature `sql`, which only the server has: each function opens its span, asks through the one
//! executor of `db`, and answers with plain types or an `Error`.
//!
//! User input is checked here and nowhere else, and all that is wrong with it comes back at once ([`Invalid`]).

pub mod activity;
mod invalid;
mod text;
pub mod user;

#[cfg(feature = "sql")]
mod clock;
#[cfg(feature = "sql")]
pub mod db;
#[cfg(feature = "sql")]
pub mod demo;
#[cfg(feature = "sql")]
mod error;
#[cfg(feature = "sql")]
pub mod session;
#[cfg(feature = "sql")]
mod span;

pub use invalid::{FieldError, Invalid};

#[cfg(feature = "sql")]
pub use {
    clock::Clock,
    error::{Error, PasswordError},
};
