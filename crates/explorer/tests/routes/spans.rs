//! What the waterfall reads of a trace: skeleton, search, rows.

use crate::support::{JSON, filled, get, id, span_id};
use axum::http::StatusCode;
use serde_json::json;

#[tokio::test]
async fn the_skeleton_has_the_columns_of_the_tree() {
    let answer = get(&filled(), &format!("/api/traces/{}/skeleton", id(1))).await;
    assert_eq!((answer.status, &*answer.content_type), (StatusCode::OK, JSON));
    const MS: i64 = 1_000_000;
    assert_eq!(
        answer.json(),
        json!({
            "total": 60 * MS,
            "names": ["click order", "POST /api/orders", "INSERT orders"],
            "services": ["shop-frontend", "shop-backend"],
            "colours": [["frontend", null], ["backend", null]],
            "id": [span_id(1), span_id(2), span_id(3), span_id(4)],
            "start": [0, 5 * MS, 12 * MS, 15 * MS],
            "duration": [60 * MS, 40 * MS, 21 * MS, 10 * MS],
            "self_time": [20 * MS, 19 * MS, 11 * MS, 10 * MS],
            "name": [0, 1, 1, 2],
            "service": [0, 0, 1, 1],
            "parent": [-1, 0, 1, 2],
            // An error (1), of a database (32), with links (64).
            "flags": [0, 0, 0, 97],
            "error_words": ["database is locked"],
            "errors": [[3, 0]],
            "fetches": [{
                "row": 1,
                "parts": [
                    ["browser", 4_700_000],
                    ["network", 6_150_000],
                    ["server", 21 * MS],
                    ["network", 6_150_000],
                    ["network", 2 * MS],
                ],
                "words": [
                    ["network", 12_300_000],
                    ["server", 21 * MS],
                    ["download", 2 * MS],
                    ["browser", 4_700_000],
                ],
            }],
            "events": [[3, 20 * MS, false]],
        })
    );
    let unknown = get(&filled(), "/api/traces/nothing/skeleton").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn search_looks_through_names_values_events_and_links() {
    let search = async |text: &str| {
        let path = format!("/api/traces/{}/search?q={text}", id(1));
        let answer = get(&filled(), &path).await;
        assert_eq!(answer.status, StatusCode::OK, "{text}");
        answer.json()["spans"].clone()
    };
    assert_eq!(search("SQLITE").await, json!([span_id(4)]));
    assert_eq!(search("waiting+%3CFOR").await, json!([span_id(4)]), "an event's name");
    assert_eq!(search("timing.network").await, json!([span_id(2)]), "a column's name");
    assert_eq!(search("/api/orders").await, json!([span_id(2), span_id(3)]));
    assert_eq!(search(&id(2)).await, json!([span_id(4)]), "where a link leads");
    assert_eq!(search("nowhere").await, json!([]));
    let nothing = get(&filled(), &format!("/api/traces/{}/search?q=+", id(1))).await;
    assert_eq!(nothing.status, StatusCode::BAD_REQUEST);
    assert_eq!(nothing.fields_in_error(), ["q"]);

    let page = get(&filled(), &format!("/traces/{}?q=%2Fapi%2Forders", id(1))).await;
    assert!(page.body.contains("2 matches"), "{}", page.body);
    assert_eq!(page.body.matches(" found\"").count(), 2);
}

#[tokio::test]
async fn a_span_alone_is_its_rows() {
    let answer = get(&filled(), &format!("/api/traces/{}/spans/{}", id(1), span_id(4))).await;
    assert_eq!((answer.status, &*answer.content_type), (StatusCode::OK, JSON));
    let rows = answer.json();
    assert_eq!(rows.as_array().unwrap().len(), 3, "the span, its event, its link");
    assert_eq!(rows[0]["data"]["name"], "INSERT orders");
    let unknown = get(&filled(), &format!("/api/traces/{}/spans/x", id(1))).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(unknown.fields_in_error(), ["span_id"]);
}

#[tokio::test]
async fn the_api_gives_the_rows_of_a_trace() {
    let answer = get(&filled(), &format!("/api/traces/{}", id(1))).await;
    assert_eq!((answer.status, &*answer.content_type), (StatusCode::OK, JSON));
    let rows = answer.json();
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 6, "four spans, an event and a link");
    assert!(rows.is_sorted_by_key(|row| row["time"].as_str().unwrap().to_owned()));
    assert_eq!(rows[0]["data"]["name"], "click order");
    assert_eq!(rows[0]["samplerate"], 1);
    let fetch = &rows[1]["data"];
    assert_eq!(fetch["timing.network_ms"], 12.3);
    assert_eq!(fetch["trace.parent_id"], "01".repeat(8));
}

#[tokio::test]
async fn the_api_does_not_know_unknown_traces() {
    let answer = get(&filled(), "/api/traces/nothing").await;
    assert_eq!((answer.status, &*answer.content_type), (StatusCode::NOT_FOUND, JSON));
    assert_eq!(answer.fields_in_error(), ["trace_id"]);
}
