//! The page of a trace.

use crate::support::{HTML, attribute, filled, get, get_as, id, ingest, span, span_id};
use axum::http::StatusCode;
use explorer::{ExplorerConfig, HoneycombPlace};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use serde_json::json;
use std::sync::{Arc, OnceLock};
use trace_store::TraceStore;

#[tokio::test]
async fn the_waterfall_shows_nesting_services_times_errors_and_network() {
    let answer = get(&filled(), &format!("/traces/{}", id(1))).await;
    assert_eq!((answer.status, &*answer.content_type), (StatusCode::OK, HTML));
    let body = &answer.body;
    let mut from = 0;
    for row in 1..=4_u8 {
        let anchor = format!("id=\"span-{}\"", format!("{row:02x}").repeat(8));
        let at = body[from..]
            .find(&anchor)
            .unwrap_or_else(|| panic!("{anchor} after {from} in {body}"));
        from += at;
    }
    for part in [
        "network 12.3 ms · server 21.0 ms · download 2.00 ms · browser 4.70 ms",
        "network 14.3 ms of 60.0 ms",
        "server 21.0 ms",
        "browser 24.7 ms",
        "level 4",
        "shop-frontend",
        "shop-backend",
        "+15.0 ms",
        "10.0 ms",
        "database is locked",
        "@ada",
        "left:25.000%;width:16.667%",
        "class=\"part network\"",
        "class=\"part server\"",
    ] {
        assert!(body.contains(part), "{part} in {body}");
    }
    assert!(!body.contains("parent missing"));
}

#[tokio::test]
async fn a_chosen_span_shows_all_that_is_known_of_it() {
    let stored = format!("/traces/{}?span={}", id(1), span_id(4));
    let answer = get(&filled(), &stored).await;
    let body = &answer.body;
    for part in [
        "waiting &lt;for&gt; lock",
        "Link to another trace",
        "db.system.name",
        "Caused by <a",
        "of which 10.0 ms itself",
        "aria-current=\"true\"",
    ] {
        assert!(body.contains(part), "{part} in {body}");
    }
    let other = format!("href=\"/traces/{}?span={}#span-{}\"", id(2), span_id(1), span_id(1));
    assert!(body.contains(&other), "{body}");
    // The piece that the page's program asks for is the same.
    let piece = get(&filled(), &format!("/traces/{}/spans/{}", id(1), span_id(4))).await;
    assert_eq!((piece.status, &*piece.content_type), (StatusCode::OK, HTML));
    assert!(piece.body.starts_with("<div class=\"panel\">"), "{}", piece.body);
    assert!(body.contains(&piece.body));

    let served = get(&filled(), &format!("/traces/{}/spans/{}", id(1), span_id(3))).await;
    assert!(
        served.body.contains("href=\"/traces?route=%2Fapi%2Forders\""),
        "{}",
        served.body
    );
    assert!(served.body.contains("It caused 1 span."));
    let fetch = get(&filled(), &format!("/traces/{}/spans/{}", id(1), span_id(2))).await;
    for part in [
        "network</dt><dd>12.3 ms",
        "server</dt><dd>21.0 ms",
        "download</dt><dd>2.00 ms",
    ] {
        assert!(fetch.body.contains(part), "{part} in {}", fetch.body);
    }
    let nobody = get(&filled(), &format!("/traces/{}?span=%3Cb%3E", id(1))).await;
    assert_eq!(nobody.status, StatusCode::OK);
    assert!(nobody.body.contains("This span is not here (yet)") && nobody.body.contains("&lt;b&gt;"));
    let nobody = get(&filled(), &format!("/traces/{}/spans/x", id(1))).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn honeycomb_is_a_link_where_it_is_known() {
    let path = format!("/traces/{}?span={}", id(1), span_id(3));
    assert!(!get(&filled(), &path).await.body.contains("Honeycomb"));
    let place = HoneycombPlace {
        ui: "https://ui.honeycomb.io".into(),
        team: "shop".into(),
        environment: Some("test".into()),
    };
    let config = ExplorerConfig {
        honeycomb: Arc::new(OnceLock::from(place)),
        ..Default::default()
    };
    let page = get_as(config, &filled(), &path).await;
    for dataset in ["shop-frontend", "shop-backend"] {
        let href = format!(
            "https://ui.honeycomb.io/shop/environments/test/datasets/{dataset}/trace?trace_id={}&amp;span={}\
             &amp;trace_start_ts=1795486431&amp;trace_end_ts=1795486432",
            id(1),
            span_id(3)
        );
        assert!(page.body.contains(&href), "{href} in {}", page.body);
    }
}

#[tokio::test]
async fn doubts_are_told() {
    let store = TraceStore::default();
    let mut early = span(1, 2, Some(1), "early", 4, 1);
    early.attributes = vec![
        attribute("clock.offset_ms", Value::DoubleValue(-90_000.0)),
        attribute("clock.error_ms", Value::DoubleValue(0.5)),
        attribute("span.incomplete", Value::BoolValue(true)),
    ];
    let mut made_up = span(1, 3, Some(9), "made up", 6, 1);
    made_up.attributes = vec![attribute("span.synthetic", Value::BoolValue(true))];
    ingest(&store, "shop", vec![span(1, 1, None, "root", 5, 5), early, made_up]);
    let page = get(&store, &format!("/traces/{}", id(1))).await;
    for part in [
        "1 span names a parent that is not here (yet)",
        "1 span is synthetic",
        "1 span is incomplete",
        "1 span starts before the span that caused it",
        "Times of shop were moved by −1 min 30 s onto the server’s clock; they may be off by ±500 µs.",
        ">parent missing<",
        ">synthetic<",
        ">incomplete<",
        ">before its parent<",
    ] {
        assert!(page.body.contains(part), "{part} in {}", page.body);
    }
    let flags = get(&store, &format!("/api/traces/{}/skeleton", id(1))).await.json()["flags"].clone();
    assert_eq!(flags, json!([0, 8 + 16, 2 + 4]));
    assert!(
        !get(&filled(), &format!("/traces/{}", id(1)))
            .await
            .body
            .contains("What is not certain")
    );
}

#[tokio::test]
async fn what_spans_say_is_text_and_never_markup() {
    for path in [
        "/traces".to_owned(),
        format!("/traces/{}?span={}", id(1), span_id(4)),
        format!("/traces/{}/spans/{}", id(1), span_id(4)),
        format!("/traces/{}", id(2)),
    ] {
        let answer = get(&filled(), &path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(!answer.body.contains("<script>"), "{path}");
        assert!(answer.body.contains("&lt;script&gt;alert("), "{path}");
    }
    // In an attribute a quotation mark would end it.
    let quoted = "\"&lt;script&gt;alert('x')&lt;/script&gt;&quot; onload=&quot;y\"";
    let trace = get(&filled(), &format!("/traces/{}", id(2))).await;
    assert!(trace.body.contains(&format!("title={quoted}")), "{}", trace.body);
    let query = "%3Cscript%3Ealert('x')%3C/script%3E%22%20onload=%22y";
    let list = get(&filled(), &format!("/traces?service={query}")).await;
    assert!(list.body.contains(&format!("value={quoted}")), "{}", list.body);
}

#[tokio::test]
async fn a_lost_parent_is_marked() {
    let answer = get(&filled(), &format!("/traces/{}", id(2))).await;
    assert!(answer.body.contains("parent missing"));
}

#[tokio::test]
async fn an_unknown_trace_says_that_it_may_come() {
    let answer = get(&filled(), "/traces/%3Cb%3E").await;
    assert_eq!((answer.status, &*answer.content_type), (StatusCode::NOT_FOUND, HTML));
    assert!(answer.body.contains("may take a moment to arrive"));
    assert!(answer.body.contains("load this page again"));
    assert!(answer.body.contains("&lt;b&gt;"));
}

#[tokio::test]
async fn ids_may_be_pasted_in_capitals_and_with_zeros() {
    let store = filled();
    let mut short = span(1, 1, None, "short", 0, 1);
    short.trace_id = [[0; 8], [0xf7; 8]].concat();
    ingest(&store, "shop", vec![short]);
    for path in ["F7".repeat(8), format!("{}{}", "00".repeat(8), "f7".repeat(8))] {
        assert_eq!(
            get(&store, &format!("/traces/{path}")).await.status,
            StatusCode::OK,
            "{path}"
        );
        assert_eq!(
            get(&store, &format!("/api/traces/{path}")).await.status,
            StatusCode::OK,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_big_trace_comes_in_pages() {
    let store = TraceStore::default();
    let number = |number: u16| {
        let mut span = span(7, 0, None, &format!("span number {number}."), u64::from(number), 1);
        span.span_id = u64::from(number + 1).to_be_bytes().to_vec();
        span
    };
    ingest(&store, "shop", (0..1_100).map(number).collect());
    let path = format!("/traces/{}", id(7));
    let first = get(&store, &path).await;
    assert!(first.body.contains("Spans 1 to 200 of 1,100"));
    assert!(first.body.contains("span number 199.<") && !first.body.contains("span number 200.<"));
    let chosen = get(&store, &format!("{path}?span={:016x}", 601)).await;
    assert!(
        chosen.body.contains("Spans 601 to 800 of 1,100"),
        "the page of the chosen span"
    );
    let last = get(&store, &format!("{path}?page=6")).await;
    assert!(last.body.contains("Spans 1,001 to 1,100 of 1,100"));
    assert!(last.body.contains("span number 1099.<"));
    for bad in ["0", "7", "x"] {
        let answer = get(&store, &format!("{path}?page={bad}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.body.contains("pages 1 to 6"));
    }
}
