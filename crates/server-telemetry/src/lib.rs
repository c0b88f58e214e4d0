//! OpenTelemetry for axum: the request span, Server-Timing, the browser relay, the way into the span log
