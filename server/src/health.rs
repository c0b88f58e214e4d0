//! `GET /health`: whether the server serves, and telemetry's own numbers: losses are visible here, not silent.

use crate::context::AppState;
use crate::follow::Follower;
use axum::extract::State;
use axum::response::Json;
use serde_json::{Value, json};
use server_telemetry::{SenderStatus, Senders};
use trace_store::StoreStats;

/// The handler.
pub(crate) async fn health(State(state): State<AppState>) -> Json<Value> {
    let log = state.log.counts();
    let relay = state.relay.counts();
    let own = state.telemetry.counts();
    let pages = state.pages.counts();
    let unreadable = state.follower.as_ref().map_or(0, Follower::unreadable);
    let store = state.store.as_ref().map(|store| store_json(&store.stats(), unreadable));
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
        "page_loads": { "waiting": pages.waiting, "without_room": pages.without_room },
        "log": log_json(&log),
        "senders": state.senders.iter().flat_map(Senders::status).map(sender_json).collect::<Vec<_>>(),
        "store": store,
    }))
}

/// A damaged segment costs its traces, and not the server: the status stays 200.
fn store_json(store: &StoreStats, unreadable_batches: u64) -> Value {
    json!({
        "events": store.events,
        "traces": store.traces,
        "dropped": store.dropped,
        "unreadable_batches": unreadable_batches,
        "memory_events": store.memory_events,
        "segments": store.segments,
        "bytes": store.segment_bytes,
        "expired": store.expired,
        "damaged_segments": store.damaged_segments,
    })
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

/// A backend that is down is no fault of the server's: the status stays 200.
fn sender_json(sender: SenderStatus) -> Value {
    json!({
        "name": sender.name,
        "state": sender.state.to_string(),
        "delivered_spans": sender.delivered_spans,
        "refused_spans": sender.refused_spans,
        "lost_batches": sender.lost_batches,
        "lag_batches": sender.lag_batches,
        "lag_seconds": sender.lag.as_secs_f64(),
        "last_error": sender.last_error,
    })
}
