//! What the programs that measure the server have in common. `cargo xtask bench` builds and starts them.

#![forbid(unsafe_code)]

pub mod connection;
pub mod process;
pub mod random;
pub mod spread;
