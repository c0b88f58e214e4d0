//! Honeycomb's language: events from OTLP
