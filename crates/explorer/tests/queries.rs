//! Saved queries as pages, and `POST /api/traces/query`.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use explorer::{ExplorerConfig, HoneycombPlace};
use honeycomb::{Column, Event, Value};
use http_body_util::BodyExt;
use serde_json::{Value as Json, json};
use tower::ServiceExt;
use trace_store::TraceStore;

/// 2026-11-24T02:00:00Z, and the hour that the rows are in.
const START: i64 = 1_795_485_600;
const HOUR: &str = "start_time=1795485600&end_time=1795489200";
const HOSTILE: &str = "<script>alert('x')</script>\" onload=\"y";

async fn send(store: &TraceStore, request: Request<Body>) -> (StatusCode, String) {
    send_as(ExplorerConfig::default(), store, request).await
}

async fn send_as(config: ExplorerConfig, store: &TraceStore, request: Request<Body>) -> (StatusCode, String) {
    let config = ExplorerConfig {
        app_name: "Shop".into(),
        home_href: "/".into(),
        ..config
    };
    let response = explorer::router(store.clone(), config).oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes().to_vec();
    (status, String::from_utf8(body).unwrap())
}

async fn get(store: &TraceStore, path: &str) -> (StatusCode, String) {
    send(store, Request::get(path).body(Body::empty()).unwrap()).await
}

async fn post(store: &TraceStore, content_type: &str, body: &str) -> (StatusCode, Json) {
    let request = Request::post("/api/traces/query").header(header::CONTENT_TYPE, content_type);
    let (status, body) = send(store, request.body(Body::from(body.to_owned())).unwrap()).await;
    (status, serde_json::from_str(&body).unwrap())
}

fn trace_id(minute: i64) -> String {
    format!("0af7651916cd43dd{minute:016x}")
}

/// Roots of traces, one a minute: of ada, of a person with a hostile name, of nobody.
fn filled() -> TraceStore {
    let root = |minute: i64, user: Option<&str>, duration_ms: f64| {
        let text = |name: &str, value: &str| Column {
            name: name.into(),
            value: Value::String(value.into()),
        };
        let mut columns = vec![
            text("trace.trace_id", &trace_id(minute)),
            text("trace.span_id", "0101010101010101"),
            text("name", "click order"),
            Column {
                name: "duration_ms".into(),
                value: Value::Float(duration_ms),
            },
        ];
        columns.extend(user.map(|user| text("user.name", user)));
        Event::new((START + 60 * minute) * 1_000_000_000, 1, columns, [].into())
    };
    let store = TraceStore::default();
    store.ingest(vec![
        root(1, Some("ada"), 12.0),
        root(2, Some(HOSTILE), 1200.0),
        root(3, None, 1.2),
    ]);
    store
}

fn in_order(body: &str, parts: &[&str]) {
    let mut from = 0;
    for part in parts {
        from += body[from..]
            .find(part)
            .unwrap_or_else(|| panic!("{part} after {from} in {body}"));
    }
}

#[tokio::test]
async fn the_example_is_for_the_address_that_the_page_was_asked_at() {
    let headers: [(&[(&str, &str)], &str); 3] = [
        (&[("host", "127.0.0.1:3100")], "http://127.0.0.1:3100/api/traces/query"),
        (
            &[("host", "shop.example"), ("x-forwarded-proto", "https")],
            "https://shop.example/api/traces/query",
        ),
        (
            &[("host", "shop.example"), ("x-forwarded-proto", "<b>")],
            "http://shop.example/api/traces/query",
        ),
    ];
    for (headers, address) in headers {
        let mut request = Request::get("/traces/queries");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (_, body) = send(&TraceStore::default(), request.body(Body::empty()).unwrap()).await;
        assert!(body.contains(address), "{address} in {body}");
    }
}

#[tokio::test]
async fn the_list_leads_to_every_saved_query() {
    let (status, body) = get(&TraceStore::default(), "/traces/queries").await;
    assert_eq!(status, StatusCode::OK);
    for name in [
        "latency-by-user",
        "network-time-by-route",
        "recent-traces",
        "count-by-trace",
    ] {
        assert!(
            body.contains(&format!("href=\"/traces/queries/{name}\"")),
            "{name} in {body}"
        );
        let (status, _) = get(&TraceStore::default(), &format!("/traces/queries/{name}")).await;
        assert_eq!(status, StatusCode::OK, "{name}");
    }
}

#[tokio::test]
async fn latency_by_user_is_a_heatmap_and_a_table_whose_rows_lead_to_traces() {
    let (status, body) = get(&filled(), &format!("/traces/queries/latency-by-user?{HOUR}")).await;
    assert_eq!(status, StatusCode::OK);
    in_order(
        &body,
        &[
            "2026-11-24 02:00:00 to 2026-11-24 03:00:00 UTC in steps of 30 s: 3 rows in 3 groups",
            // The axis, then a cell by the time and its values in words.
            "HEATMAP(duration_ms)",
            "10.0 ms",
            "level-5",
            "Nov 24, 02:01:00 · 10.0 ms to 12.6 ms · 1",
            "P99(duration_ms)",
            // The table, the slowest first.
            "aria-label=\"Groups\"",
            "1.20 s",
            "href=\"/traces?user=ada\"",
            "12.0 ms",
            "none",
            "1.20 ms",
            "All groups",
            "id=\"specification\"",
        ],
    );
    assert!(!body.contains("<script>alert"), "{body}");
    assert_eq!(body.matches("<script").count(), 1, "ours, and no span's");
}

/// The statement that the row leads to for which the list's filter has no words.
fn statement_link(body: &str) -> String {
    let table = &body[body.find("aria-label=\"Groups\"").unwrap()..];
    let links: Vec<_> = table.match_indices("href=\"/traces/sql?").collect();
    assert_eq!(links.len(), 1, "{table}");
    let href = &table[links[0].0 + 6..];
    href.split('"').next().unwrap().replace("&amp;", "&")
}

#[tokio::test]
async fn the_row_of_nobody_leads_to_their_traces_and_no_others() {
    let (_, body) = get(&filled(), &format!("/traces/queries/latency-by-user?{HOUR}")).await;
    let (status, body) = get(&filled(), &statement_link(&body)).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert!(body.contains(">1 row<"), "{body}");
    assert!(body.contains(&format!("href=\"/traces/{}\"", trace_id(3))), "{body}");
}

#[tokio::test]
async fn a_row_without_a_route_leads_to_its_traces_and_no_others() {
    let fetch = |minute: i64, name: &str, template: Option<&str>| {
        let text = |name: &str, value: &str| Column {
            name: name.into(),
            value: Value::String(value.into()),
        };
        let mut columns = vec![
            text("trace.trace_id", &trace_id(minute)),
            text("name", name),
            Column {
                name: "timing.network_ms".into(),
                value: Value::Float(3.0),
            },
        ];
        columns.extend(template.map(|template| text("url.template", template)));
        Event::new((START + 60 * minute) * 1_000_000_000, 1, columns, [].into())
    };
    let store = TraceStore::default();
    store.ingest(vec![
        fetch(1, "it's a 'fetch'", None),
        fetch(2, "it's a 'fetch'", Some("/api/orders")),
        fetch(3, "another", Some("/api/orders")),
        // Later than the hour that is asked for.
        fetch(90, "it's a 'fetch'", None),
    ]);
    let (_, body) = get(&store, &format!("/traces/queries/network-time-by-route?{HOUR}")).await;
    let (status, body) = get(&store, &statement_link(&body)).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert!(body.contains(">1 row<"), "{body}");
    assert!(body.contains(&format!("href=\"/traces/{}\"", trace_id(1))), "{body}");
}

#[tokio::test]
async fn where_the_environment_is_known_the_same_query_opens_in_honeycomb() {
    let path = format!("/traces/queries/latency-by-user?{HOUR}");
    let (_, body) = get(&filled(), &path).await;
    assert!(!body.contains("Open in Honeycomb"));
    let config = ExplorerConfig::default();
    let place = HoneycombPlace {
        ui: "https://ui.honeycomb.io".into(),
        team: "shop".into(),
        environment: Some("test".into()),
    };
    config.honeycomb.set(place).unwrap();
    let request = Request::get(path).body(Body::empty()).unwrap();
    let (_, body) = send_as(config, &filled(), request).await;
    let start = "href=\"https://ui.honeycomb.io/shop/environments/test?query=%7B%22start_time%22%3A1795485600%2C";
    assert!(body.contains(start), "{body}");
}

#[tokio::test]
async fn a_query_by_trace_leads_to_the_trace() {
    let (_, body) = get(&filled(), &format!("/traces/queries/recent-traces?{HOUR}&scale=log")).await;
    // Newest first, after what the chart says.
    let table = &body[body.find("aria-label=\"Groups\"").unwrap()..];
    let ids: Vec<_> = [3, 2, 1]
        .iter()
        .map(|minute| format!("href=\"/traces/{}\"", trace_id(*minute)))
        .collect();
    in_order(table, &ids.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(
        body.contains(&format!("data-href=\"/traces/{}\"", trace_id(1))),
        "{body}"
    );
}

#[tokio::test]
async fn a_time_without_rows_says_what_to_do_and_keeps_the_way_around() {
    let (status, body) = get(
        &filled(),
        "/traces/queries/latency-by-user?start_time=1000&end_time=2000",
    )
    .await;
    assert_eq!(status, StatusCode::OK);
    in_order(
        &body,
        &[
            "href=\"/traces/queries/latency-by-user?start_time=1&amp;end_time=1000\"",
            "Later",
            "No span answers this in that time",
            "id=\"specification\"",
            "\"start_time\": 1000",
        ],
    );
}

#[tokio::test]
async fn a_time_that_cannot_be_is_told_in_words() {
    for query in [
        "time_range=soon",
        "start_time=2&end_time=1",
        "time_range=0",
        "time_range=1&start_time=1&end_time=2",
    ] {
        let (status, body) = get(&filled(), &format!("/traces/queries/latency-by-user?{query}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
        assert!(body.contains("role=\"alert\""), "{query}: {body}");
    }
    let (status, body) = get(&filled(), "/traces/queries/%3Cb%3E").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(
        body.contains("There is no such query") && body.contains("&lt;b&gt;"),
        "{body}"
    );
}

#[tokio::test]
async fn the_api_answers_in_the_shape_of_honeycombs_query_results() {
    let query = json!({
        "start_time": START, "end_time": START + 3600,
        "breakdowns": ["user.name"],
        "calculations": [{"op": "COUNT"}, {"op": "MAX", "column": "duration_ms"}],
        "orders": [{"op": "MAX", "column": "duration_ms", "order": "descending"}],
        "filters": [{"column": "user.name", "op": "exists"}],
        "granularity": 600,
    });
    let (status, answer) = post(&filled(), "application/json; charset=utf-8", &query.to_string()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["query"], query);
    assert_eq!(answer["complete"], true);
    let hostile = json!({"COUNT": 1, "MAX(duration_ms)": 1200, "user.name": HOSTILE});
    let ada = json!({"COUNT": 1, "MAX(duration_ms)": 12, "user.name": "ada"});
    assert_eq!(answer["data"]["results"], json!([{"data": hostile}, {"data": ada}]));
    let time = "2026-11-24T02:00:00Z";
    assert_eq!(
        answer["data"]["series"],
        json!([{"time": time, "data": hostile}, {"time": time, "data": ada}])
    );
    assert_eq!(
        answer["data"]["total_by_aggregate"],
        json!({"data": {"COUNT": 2, "MAX(duration_ms)": 1200}})
    );
}

#[tokio::test]
async fn the_api_says_what_is_wrong_field_by_field() {
    let bad = r#"{"limit": 0, "calculations": [{"op": "RATE_MAX", "column": "n"}]}"#;
    let (status, answer) = post(&filled(), "application/json", bad).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields: Vec<_> = answer["type_detail"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| &problem["field"])
        .collect();
    assert_eq!(fields, ["calculations[0].op", "limit"]);
    assert!(
        answer["error"]
            .as_str()
            .unwrap()
            .contains("RATE_MAX is not supported here yet")
    );
    let (status, _) = post(&filled(), "text/plain", "{}").await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn sql_answers_with_a_table_whose_trace_ids_lead_to_traces() {
    let statement = "SELECT+name,+duration_ms,+%22trace.trace_id%22+FROM+spans+ORDER+BY+duration_ms";
    let (status, body) = get(&filled(), &format!("/traces/sql?statement={statement}")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    in_order(
        &body,
        &[
            "SELECT name, duration_ms, \"trace.trace_id\" FROM spans",
            "3 rows",
            "<th scope=\"col\" class=\"number\">duration_ms</th>",
            "<th scope=\"col\" class=\"text\">trace.trace_id</th>",
            "1.2</td>",
            &format!("href=\"/traces/{}\"", trace_id(3)),
            "12</td>",
            "1200</td>",
        ],
    );
}

#[tokio::test]
async fn a_statement_that_is_not_answered_stays_in_the_form_with_the_reason() {
    for statement in [
        "DELETE+FROM+spans",
        "SELECT+no_such_column+FROM+spans",
        "%3C/textarea%3E%3Cb%3E%26amp;",
    ] {
        let (status, body) = get(&filled(), &format!("/traces/sql?statement={statement}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{statement}");
        assert!(
            body.contains("id=\"statement-problem\"") && !body.contains("<b>"),
            "{body}"
        );
    }
    let (_, body) = get(&filled(), "/traces/sql?statement=%3C/textarea%3E%3Cb%3E%26amp;").await;
    assert!(body.contains(">&lt;/textarea>&lt;b>&amp;amp;</textarea>"), "{body}");
    let (status, body) = get(&filled(), "/traces/sql").await;
    assert_eq!(status, StatusCode::OK);
    assert!(!body.contains("id=\"statement-problem\""), "{body}");
}

#[tokio::test]
async fn a_page_of_somebody_else_does_not_have_the_store_work() {
    let request = Request::get("/traces/sql?statement=SELECT+1")
        .header("sec-fetch-site", "cross-site")
        .header("sec-fetch-dest", "document");
    let (status, body) = send(&filled(), request.body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        body.contains("SELECT 1") && !body.contains("aria-label=\"Answer\""),
        "{body}"
    );
}
