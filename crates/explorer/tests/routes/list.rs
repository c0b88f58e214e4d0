//! The list of traces: the page, its filters, its news, and the same by the API.

use crate::support::{HTML, JSON, START, filled, get, id, ingest, span};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use explorer::ExplorerConfig;
use honeycomb::{Column, Event, Value};
use http_body_util::BodyExt;
use serde_json::json;
use tower::ServiceExt;
use trace_store::{LOOKED_AT, TraceStore};

#[tokio::test]
async fn the_list_is_a_whole_document_newest_first() {
    let answer = get(&filled(), "/traces").await;
    assert_eq!((answer.status, &*answer.content_type), (StatusCode::OK, HTML));
    assert_eq!(answer.cache_control, "private, no-cache");
    let body = &answer.body;
    assert!(body.starts_with("<!DOCTYPE html><html lang=\"en\">"), "{body}");
    for part in [
        "<title>Traces · Shop &amp; Co</title>",
        "name=\"viewport\"",
        "name=\"color-scheme\"",
        "href=\"/home\"",
        "@ada",
        "60.0 ms",
        "12.3 ms",
        "1 error<",
        "datetime=\"2026-11-24T02:13:51.000000000Z\"",
    ] {
        assert!(body.contains(part), "{part} in {body}");
    }
    let newer = body.find(&format!("href=\"/traces/{}\"", id(2))).unwrap();
    let older = body.find(&format!("href=\"/traces/{}\"", id(1))).unwrap();
    assert!(newer < older);
    assert_eq!(body.matches("<script").count(), 1, "ours, and no span's");
}

#[tokio::test]
async fn an_empty_list_says_what_to_do() {
    let answer = get(&TraceStore::default(), "/traces").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("No traces yet"));
    let answer = get(&filled(), "/traces?service=unheard").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("No trace matches"));
}

#[tokio::test]
async fn the_filter_is_shown_again_and_holds() {
    let answer = get(&filled(), "/traces?service=shop-backend&error=true&min_ms=&limit=7").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("value=\"shop-backend\""));
    assert!(answer.body.contains("value=\"true\" selected"), "{}", answer.body);
    assert!(answer.body.contains("name=\"limit\" value=\"7\""), "{}", answer.body);
    assert!(answer.body.contains(&id(1)) && !answer.body.contains(&id(2)));
}

#[tokio::test]
async fn the_histogram_links_to_the_traces_of_each_duration() {
    let answer = get(&filled(), "/traces?min_ms=50&max_ms=70&service=mailer").await;
    // The mailer's trace took 5 ms: outside of what is asked for, and shown all the same.
    assert!(
        answer
            .body
            .contains("href=\"/traces?service=mailer&amp;min_ms=5&amp;max_ms=7\" aria-label=\"5 ms to 7 ms: 1 trace\""),
        "{}",
        answer.body
    );
    assert!(
        answer
            .body
            .contains("1 trace, of which those of 50 ms to 70 ms are listed")
    );
    assert!(answer.body.contains("href=\"/traces?service=mailer\">Any latency"));
    let answer = get(&filled(), "/traces").await;
    assert!(answer.body.contains("50 ms to 70 ms: 1 trace, 1 with errors"));
    assert!(!answer.body.contains("Any latency"));
}

#[tokio::test]
async fn a_histogram_of_the_newest_traces_only_says_so() {
    let store = TraceStore::default();
    let trace = |number: usize| {
        let text = |name: &str, value: String| Column {
            name: name.into(),
            value: Value::String(value.into()),
        };
        let columns = vec![
            text("trace.trace_id", format!("{:032x}", number + 1)),
            text("trace.span_id", "0101010101010101".into()),
            text("name", "one of many".into()),
            Column {
                name: "duration_ms".into(),
                value: Value::Float(1.5),
            },
        ];
        Event::new(START as i64 + number as i64, 1, columns, [].into())
    };
    const CUT: &str = "50,000 traces. Of the newest 50,000 traces only";
    store.ingest((0..LOOKED_AT).map(trace).collect());
    let body = get(&store, "/traces?limit=1").await.body;
    assert!(body.contains(">50,000 traces<") && !body.contains(CUT), "{body}");
    store.ingest(vec![trace(LOOKED_AT)]);
    let body = get(&store, "/traces?limit=1").await.body;
    assert!(body.contains(CUT), "{body}");
}

#[tokio::test]
async fn services_beyond_those_that_fit_are_counted_and_named() {
    let store = TraceStore::default();
    ingest(&store, "shop", vec![span(1, 1, None, "click", 0, 9)]);
    for number in 2..8 {
        ingest(
            &store,
            &format!("part-{number}"),
            vec![span(1, number, Some(1), "work", 1, 1)],
        );
    }
    let body = get(&store, "/traces").await.body;
    assert!(body.contains("title=\"part-6, part-7\" class=\"more\">+2<"), "{body}");
    assert!(body.contains(" more: part-6, part-7"), "{body}");
    assert!(!get(&filled(), "/traces").await.body.contains("class=\"more\""));
}

#[tokio::test]
async fn whoever_listens_hears_of_news_until_the_server_stops() {
    let store = filled();
    let stopping = tokio::sync::watch::Sender::new(false);
    let config = ExplorerConfig {
        app_name: "Shop".into(),
        home_href: "/".into(),
        stopping: Some(stopping.subscribe()),
        ..Default::default()
    };
    let request = Request::get("/traces/live").body(Body::empty()).unwrap();
    let response = explorer::router(store.clone(), config).oneshot(request).await.unwrap();
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut body = response.into_body();
    let mut event = async || match body.frame().await {
        Some(frame) => String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap(),
        None => "the end".to_owned(),
    };
    // What came between the page and this is news already.
    assert!(event().await.starts_with("event: news\n"));
    ingest(&store, "shop", vec![span(3, 1, None, "new", 0, 1)]);
    assert!(event().await.starts_with("event: news\n"));
    stopping.send_replace(true);
    assert_eq!(event().await, "the end");
}

#[tokio::test]
async fn a_bad_filter_is_told_at_its_field() {
    let path = format!("/traces?min_ms=%3Cb%3E&limit=0&service={}", "shop");
    let answer = get(&filled(), &path).await;
    assert_eq!((answer.status, &*answer.content_type), (StatusCode::BAD_REQUEST, HTML));
    let body = &answer.body;
    assert!(body.contains("id=\"min_ms-problem\""), "{body}");
    assert!(body.contains("aria-describedby=\"min_ms-problem\""));
    assert!(body.contains("“&lt;b&gt;” is not a number of milliseconds"), "{body}");
    assert!(body.contains("limit: “0” is not a whole number from 1 to 1000."));
    assert!(body.contains("value=\"shop\""), "what was right is kept");
}

#[tokio::test]
async fn older_traces_are_a_link_away_and_keep_the_filter() {
    let store = filled();
    let first = get(&store, "/traces?limit=1&max_ms=1000").await;
    let start = first
        .body
        .find("href=\"/traces?max_ms=1000&amp;limit=1&amp;cursor=")
        .expect("a link to the next page");
    let href = first.body[start + 6..].split('"').next().unwrap().replace("&amp;", "&");
    let second = get(&store, &href).await;
    assert_eq!(second.status, StatusCode::OK);
    assert!(second.body.contains(&format!("href=\"/traces/{}\"", id(1))));
    assert!(!second.body.contains(&format!("href=\"/traces/{}\"", id(2))));
    assert!(second.body.contains("Back to the newest"));
    assert!(!second.body.contains("Older traces"));
}

#[tokio::test]
async fn the_api_lists_traces() {
    let answer = get(&filled(), "/api/traces?user=ada").await;
    assert_eq!((answer.status, &*answer.content_type), (StatusCode::OK, JSON));
    assert_eq!(
        answer.json(),
        json!({
            "traces": [{
                "trace.trace_id": id(1),
                "name": "click order",
                "service.name": "shop-frontend",
                "user.id": null,
                "user.name": "ada",
                "time": "2026-11-24T02:13:51.000000000Z",
                "duration_ms": 60.0,
                "span_count": 4,
                "error_count": 1,
                "services": ["shop-backend", "shop-frontend"],
                "network_ms": 12.3,
            }],
            "next": null,
        })
    );
    let first = get(&filled(), "/api/traces?limit=1").await.json();
    assert!(first["next"].is_string());
}

#[tokio::test]
async fn the_api_tells_every_problem_of_a_filter() {
    let answer = get(&filled(), "/api/traces?min_ms=x&error=maybe&cursor=%21&colour=red").await;
    assert_eq!((answer.status, &*answer.content_type), (StatusCode::BAD_REQUEST, JSON));
    assert_eq!(answer.fields_in_error(), ["min_ms", "error", "cursor", "colour"]);
}

#[tokio::test]
async fn the_api_tells_how_long_traces_take() {
    let answer = get(&filled(), "/api/traces/latency?error=true").await;
    assert_eq!((answer.status, &*answer.content_type), (StatusCode::OK, JSON));
    let buckets = answer.json()["buckets"].as_array().unwrap().clone();
    assert_eq!(buckets.len(), 6);
    assert_eq!(
        buckets[4],
        json!({ "from_ms": 50.0, "to_ms": 70.0, "traces": 1, "errors": 1 })
    );
    assert_eq!(
        get(&filled(), "/api/traces/latency?min_ms=x").await.fields_in_error(),
        ["min_ms"]
    );
}

#[tokio::test]
async fn the_api_suggests_what_can_be_asked_for() {
    let answer = get(&filled(), "/api/traces/suggestions?field=service&prefix=SHOP").await;
    assert_eq!((answer.status, &*answer.content_type), (StatusCode::OK, JSON));
    let suggestion = |value: &str| json!({ "value": value, "traces": 1 });
    assert_eq!(
        answer.json(),
        json!({ "suggestions": [suggestion("shop-backend"), suggestion("shop-frontend")] })
    );
    let answer = get(&filled(), "/api/traces/suggestions?field=colour").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.fields_in_error(), ["field"]);
}
