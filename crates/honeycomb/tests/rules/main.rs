//! Each rule of the translation, on real OTLP structures.

mod annotations;
mod spans;
mod support;
mod values;
