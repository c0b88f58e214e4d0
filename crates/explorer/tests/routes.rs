//! Every route: status, content type, and what is in the answer.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use explorer::{ExplorerConfig, HoneycombPlace};
use http_body_util::BodyExt;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use serde_json::json;
use std::sync::{Arc, OnceLock};
use tower::ServiceExt;
use trace_store::TraceStore;

const HOSTILE: &str = "<script>alert('x')</script>\" onload=\"y";
const START: u64 = 1_795_486_431_000_000_000;
const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";

struct Answer {
    status: StatusCode,
    content_type: String,
    cache_control: String,
    body: String,
}

impl Answer {
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn fields_in_error(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().unwrap().clone();
        errors
            .iter()
            .map(|error| error["field"].as_str().unwrap().to_owned())
            .collect()
    }
}

async fn get(store: &TraceStore, path: &str) -> Answer {
    get_as(ExplorerConfig::default(), store, path).await
}

async fn get_as(config: ExplorerConfig, store: &TraceStore, path: &str) -> Answer {
    let config = ExplorerConfig {
        app_name: "Shop & Co".into(),
        home_href: "/home".into(),
        ..config
    };
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = explorer::router(store.clone(), config).oneshot(request).await.unwrap();
    let header = |name| {
        response
            .headers()
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
            .to_owned()
    };
    Answer {
        status: response.status(),
        content_type: header(header::CONTENT_TYPE),
        cache_control: header(header::CACHE_CONTROL),
        body: String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap(),
    }
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.into(),
        value: Some(AnyValue { value: Some(value) }),
        ..Default::default()
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.into()))
}

fn span(trace: u8, id: u8, parent: Option<u8>, name: &str, start_ms: u64, ms: u64) -> Span {
    Span {
        trace_id: vec![trace; 16],
        span_id: vec![id; 8],
        parent_span_id: parent.map_or_else(Vec::new, |parent| vec![parent; 8]),
        name: name.into(),
        start_time_unix_nano: START + start_ms * 1_000_000,
        end_time_unix_nano: START + (start_ms + ms) * 1_000_000,
        ..Default::default()
    }
}

fn ingest(store: &TraceStore, service: &str, spans: Vec<Span>) {
    let resource = ResourceSpans {
        resource: Some(Resource {
            attributes: vec![text("service.name", service)],
            ..Default::default()
        }),
        scope_spans: vec![ScopeSpans {
            spans,
            ..Default::default()
        }],
        ..Default::default()
    };
    let request = ExportTraceServiceRequest {
        resource_spans: vec![resource],
    };
    store.ingest(honeycomb::events(&request));
}

/// One click with its fetch and what the server did, and a trace of a job.
fn filled() -> TraceStore {
    let store = TraceStore::default();
    let click = span(1, 1, None, "click order", 0, 60);
    let mut fetch = span(1, 2, Some(1), "POST /api/orders", 5, 40);
    fetch.kind = 3;
    for (name, ms) in [("wait", 33.3), ("server", 21.0), ("network", 12.3), ("download", 2.0)] {
        fetch
            .attributes
            .push(attribute(&format!("timing.{name}_ms"), Value::DoubleValue(ms)));
    }
    ingest(&store, "shop-frontend", vec![click, fetch]);
    let mut served = span(1, 3, Some(2), "POST /api/orders", 12, 21);
    served.attributes = vec![text("http.route", "/api/orders"), text("user.name", "ada")];
    let mut stored = span(1, 4, Some(3), "INSERT orders", 15, 10);
    stored.attributes = vec![text("db.system.name", "sqlite"), text("app.note", HOSTILE)];
    stored.status = Some(Status {
        code: 2,
        message: "database is locked".into(),
    });
    stored.events = vec![Event {
        time_unix_nano: START + 20_000_000,
        name: "waiting <for> lock".into(),
        ..Default::default()
    }];
    stored.links = vec![Link {
        trace_id: vec![2; 16],
        span_id: vec![1; 8],
        ..Default::default()
    }];
    ingest(&store, "shop-backend", vec![served, stored]);
    ingest(
        &store,
        "mailer",
        vec![span(2, 1, None, HOSTILE, 1000, 5), span(2, 2, Some(9), "lost", 1001, 1)],
    );
    store
}

fn id(byte: u8) -> String {
    format!("{byte:02x}").repeat(16)
}

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

#[tokio::test]
async fn the_scripts_are_served_under_their_hash_for_a_year() {
    let page = get(&filled(), "/traces").await;
    let start = page.body.find("/traces/assets/").unwrap();
    let href = page.body[start..].split('"').next().unwrap();
    for name in ["list.js", "list-live.js"] {
        let script = get(&filled(), &href.replace("list.js", name)).await;
        assert_eq!(
            (script.status, &*script.content_type),
            (StatusCode::OK, "text/javascript; charset=utf-8")
        );
        assert!(script.cache_control.contains("immutable"));
    }
    // A page from before a deployment still works, and keeps nothing.
    let old = get(&filled(), "/traces/assets/0/list.js").await;
    assert_eq!((old.status, &*old.cache_control), (StatusCode::OK, "private, no-cache"));
    assert_eq!(
        get(&filled(), "/traces/assets/0/nothing.js").await.status,
        StatusCode::NOT_FOUND
    );
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

fn span_id(byte: u8) -> String {
    format!("{byte:02x}").repeat(8)
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
async fn the_modules_lie_in_a_folder_named_by_their_content() {
    let page = get(&filled(), &format!("/traces/{}", id(1))).await;
    let start = page.body.find("/traces/assets/").unwrap();
    let href = page.body[start..].split('"').next().unwrap();
    let folder = href.rsplit_once('/').unwrap().0;
    let mut wanted = vec!["trace.js".to_owned()];
    let mut seen = Vec::new();
    while let Some(name) = wanted.pop() {
        let module = get(&filled(), &format!("{folder}/{name}")).await;
        assert_eq!(
            (module.status, &*module.content_type),
            (StatusCode::OK, "text/javascript; charset=utf-8"),
            "{name}"
        );
        assert!(module.cache_control.contains("immutable"));
        let imports = module.body.lines().filter(|line| line.starts_with("import "));
        let names = imports.filter_map(|line| Some(line.split_once("'./")?.1.split('\'').next()?.to_owned()));
        wanted.extend(names.filter(|name| !seen.contains(name)));
        seen.push(name);
    }
    assert!(seen.len() > 5, "{seen:?}");
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

#[tokio::test]
async fn the_stylesheet_is_served_under_its_hash_for_a_year() {
    let page = get(&filled(), "/traces").await;
    let start = page.body.find("/traces/style.css?v=").unwrap();
    let href = page.body[start..].split('"').next().unwrap();
    let style = get(&filled(), href).await;
    assert_eq!(
        (style.status, &*style.content_type),
        (StatusCode::OK, "text/css; charset=utf-8")
    );
    assert!(style.cache_control.contains("immutable"));
    assert!(style.body.contains("prefers-color-scheme"));
}
