//! The server: what the binary `cruddur` is made of.
//!
//! [`start::start`] builds everything from a [`config::Config`]; [`router`] is the one list of routes and middleware.

pub mod check_health;
pub mod config;
mod context;
mod files;
pub mod flash;
mod follow;
mod forms;
mod given_up;
mod health;
pub mod honeycomb_key;
mod jobs;
mod json_api;
mod one_address;
pub mod peer;
pub mod router;
mod same_site;
mod secret;
mod session;
pub mod sql;
pub mod start;
pub mod whoami;
