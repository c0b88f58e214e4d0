//! Whatever comes from outside, some things always hold: nothing panics, answers are those that are documented, and what
//! reaches the sink is within the limits.
//!
//! `properties` makes inputs that are nearly right (proptest); `fuzz` takes the right ones of `corpus/` and breaks them at
//! random: a few thousand times in a test, and for as long as one likes with `cargo xtask fuzz`. Both go through the axum
//! router, so content types, encodings, decoding, cleaning and encoding again are tried as strangers reach them.

mod fuzz;
mod limits;
mod mutation;
mod outside;
mod properties;
