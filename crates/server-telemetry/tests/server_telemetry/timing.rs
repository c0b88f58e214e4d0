//! `Server-Timing`: when, how long, and who else may read it.

use crate::support::{Traced, get, send};
use axum::Router;
use axum::http::{HeaderMap, HeaderValue};
use axum::routing::get as on_get;

/// The entry of this name, without it.
fn entry<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let timing = headers["server-timing"].to_str().unwrap();
    let entry = timing.split(", ").find_map(|entry| entry.strip_prefix(name));
    entry.unwrap_or_else(|| panic!("no {name} in {timing}"))
}

/// A number with three decimals, in thousandths.
fn thousandths(text: &str) -> u64 {
    let (whole, decimals) = text.split_once('.').unwrap();
    assert_eq!(decimals.len(), 3, "{text}");
    format!("{whole}{decimals}").parse().unwrap()
}

#[tokio::test]
async fn receipt_and_duration_are_those_of_the_span_and_never_later() {
    let traced = Traced::start();
    let app = Router::new()
        .route("/", on_get(async || tokio::task::yield_now().await))
        .layer(traced.layer());
    for _ in 0..50 {
        let response = send(&app, get("/")).await;
        let timing = entry(response.headers(), "server;dur=").to_owned();
        let (duration, received) = timing.split_once(";desc=\"").unwrap();
        let (duration, received) = (thousandths(duration), thousandths(received.trim_end_matches('"')));
        let own = entry(response.headers(), "traceparent;desc=").to_owned();
        let spans = traced.spans();
        let span = spans
            .iter()
            .find(|span| {
                let id: String = span.span_id.iter().map(|byte| format!("{byte:02x}")).collect();
                own.contains(&id)
            })
            .expect("the span that the header names");
        // Microseconds: the same instant, to the last digit.
        assert_eq!(received, span.start_time_unix_nano / 1000);
        assert!(received + duration <= span.end_time_unix_nano / 1000 + 1, "{timing}");
    }
}

#[tokio::test]
async fn other_origins_may_read_it_where_they_are_named() {
    let traced = Traced::start();
    let app = |layer| {
        let own = [("access-control-expose-headers", "x-total")];
        Router::new()
            .route("/", on_get(async move || (own, "")))
            .route("/health", on_get(async || ""))
            .layer(layer)
    };
    let origins = ["https://shop.example", "http://localhost:8080"].map(HeaderValue::from_static);
    let open = app(traced.layer().timing_allow_origin(origins));
    let response = send(&open, get("/")).await;
    let headers = response.headers();
    assert_eq!(
        headers["timing-allow-origin"],
        "https://shop.example, http://localhost:8080"
    );
    let exposed: Vec<_> = headers.get_all("access-control-expose-headers").iter().collect();
    assert_eq!(exposed, ["x-total", "server-timing"]);
    assert_eq!(
        headers.get("access-control-allow-origin"),
        None,
        "that is the app's to say"
    );

    let quiet = send(&open, get("/health")).await;
    assert_eq!(quiet.headers().get("timing-allow-origin"), None);
    for closed in [app(traced.layer()), app(traced.layer().timing_allow_origin([]))] {
        let response = send(&closed, get("/")).await;
        assert_eq!(response.headers().get("timing-allow-origin"), None);
        assert_eq!(response.headers()["access-control-expose-headers"], "x-total");
    }
}
