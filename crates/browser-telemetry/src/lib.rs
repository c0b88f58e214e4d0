//! OpenTelemetry for Rust in the browser: spans, context, fetch, export
