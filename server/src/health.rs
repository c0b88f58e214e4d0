//! `GET /health`: whether the server serves, and telemetry's own numbers: losses are visible here, not silent.

use crate::context::AppState;
use axum::extract::State;
use axum::response::Json;
use serde_json::{Value, json};

/// The handler.
pub(crate) async fn health(State(state): State<AppState>) -> Json<Value> {
    let log = state.log.counts();
    let relay = state.relay.counts();
    let own = state.telemetry.counts();
    let store = state.store.as_ref().map(|store| {
        let stats = store.stats();
        json!({ "events": stats.events, "traces": stats.traces, "dropped": stats.dropped })
    });
    Json(json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "spans": {
            "server": { "exported": own.exported, "dropped": own.dropped() },
            "relay": {
                "accepted": relay.accepted_spans,
                "refused": relay.refused_spans.total(),
                "duplicates": relay.pages.duplicates,
                "generation_mismatches": relay.pages.generation_mismatches,
                "dropped_in_pages": relay.pages.dropped_in_pages,
            },
        },
        "batches": {
            "relay": {
                "accepted": relay.accepted_requests,
                "refused": relay.refused_requests.total(),
                "rate_limited": relay.refused_requests.rate_limited,
            },
        },
        "log": log_json(&log),
        "store": store,
    }))
}

fn log_json(log: &span_log::Counts) -> Value {
    json!({
        "bytes": log.stored_bytes,
        "batches": log.stored_batches,
        "spans": log.appended_spans,
        "refused_spans": log.refused_spans,
        "failed_spans": log.failed_spans,
        "evicted_spans": log.evicted_spans,
    })
}
