//! `GET /health`.

use crate::support::app::app;
use crate::support::message::Ask;
use crate::support::otlp::{batch, from_page};
use crate::support::site::Site;
use crate::support::trace::Caller;

#[test]
fn it_says_that_it_serves_and_what_became_of_the_spans() {
    let relayed = Caller::new();
    assert_eq!(app().send(from_page(&batch(&relayed, "click", &[]))).status, 200);
    app().settle();

    let answer = app().send(Ask::get("/health"));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    let health = answer.json();
    assert_eq!(health["status"], "ok");
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    let number = |pointer: &str| {
        let value = health.pointer(pointer).and_then(serde_json::Value::as_u64);
        value.unwrap_or_else(|| panic!("no {pointer} in {health}"))
    };
    assert!(number("/spans/server/exported") > 0);
    assert!(number("/spans/relay/accepted") > 0 && number("/batches/relay/accepted") > 0);
    for counted in ["duplicates", "generation_mismatches", "dropped_in_pages"] {
        number(&format!("/spans/relay/{counted}"));
    }
    number("/page_loads/waiting");
    assert!(number("/log/spans") > number("/spans/relay/accepted"), "both come here");
    assert!(number("/log/batches") > 0 && number("/log/bytes") > 0);
    assert!(number("/store/events") > 0 && number("/store/traces") > 0);
    for nothing in [
        "/spans/server/dropped",
        "/batches/relay/rate_limited",
        "/page_loads/without_room",
        "/log/refused_spans",
        "/log/failed_spans",
        "/log/evicted_spans",
        "/store/dropped",
        "/store/unreadable_batches",
    ] {
        assert_eq!(number(nothing), 0, "{nothing}");
    }
}
