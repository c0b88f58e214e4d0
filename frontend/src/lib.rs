//! The WASM entry: starts browser telemetry, hydrates the app; nothing else
