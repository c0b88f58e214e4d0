//! `POST /v1/traces`: the relay, through the whole server.

use crate::support::app::{INGEST_KEY, app};
use crate::support::message::{Answer, Ask, ORIGIN};
use crate::support::otlp::{batch, from_page, from_service, posted, saying};
use crate::support::site::Site;
use crate::support::trace::{Caller, Trace};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use serde_json::{Value, json};
use time::OffsetDateTime;

/// What a page that lies would say of itself.
const LIES: [(&str, &str); 5] = [
    ("user.id", "the admin"),
    ("user.name", "admin"),
    ("service.name", "bank"),
    ("client.address", "10.0.0.1"),
    ("app.truth", "kept"),
];

fn accepted(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/x-protobuf");
    let response = ExportTraceServiceResponse::decode(answer.body.as_slice()).unwrap();
    assert_eq!(response.partial_success, None);
}

#[test]
fn a_pages_batch_is_stamped_with_what_the_server_knows() {
    let person = app().sign_up("page_sender");
    let caller = Caller::new();
    let generation = app().generation(&person);
    let session = "0af7651916cd43dd8448eb211c80319c";
    let sent = saying(
        batch(&caller, "click activity.create", &LIES),
        &[("span.generation", &generation), ("session.id", session)],
    );
    accepted(&app().send(from_page(&sent).cookie(&person.cookie)));
    let trace = app().trace_when(&caller.trace_id, |_| true);
    let span = trace.one("click activity.create");
    assert_eq!(span.text("service.name"), "cruddur-frontend");
    assert_eq!(span.text("user.id"), person.uuid);
    assert_eq!(span.text("user.name"), "page_sender");
    assert_eq!(span.text("session.id"), session);
    assert_eq!(span.get("client.address"), &Value::Null);
    assert_eq!(span.get("span.generation"), &Value::Null);
    assert_eq!(span.text("app.truth"), "kept");
    assert_eq!(span.text("trace.span_id"), caller.span_id);
    assert_eq!(span.text("span.kind"), "client");
    let milliseconds = span.get("duration_ms").as_f64().unwrap();
    assert!((milliseconds - 5.0).abs() < 1e-6, "{milliseconds}");
}

#[test]
fn the_list_of_traces_has_it() {
    let person = app().sign_up("listed_sender");
    let caller = Caller::new();
    let sent = saying(
        batch(&caller, "click feed.more", &[]),
        &[("span.generation", &app().generation(&person))],
    );
    accepted(&app().send(from_page(&sent).cookie(&person.cookie)));
    app().trace_when(&caller.trace_id, |_| true);
    let list = app()
        .send(Ask::get("/api/traces?service=cruddur-frontend&user=listed_sender"))
        .json();
    let traces = list["traces"].as_array().unwrap();
    assert_eq!(traces.len(), 1, "{list}");
    assert_eq!(traces[0]["trace.trace_id"], caller.trace_id.as_str());
    assert_eq!(traces[0]["name"], "click feed.more");
    assert_eq!(traces[0]["service.name"], "cruddur-frontend");
    assert_eq!(traces[0]["user.id"], person.uuid.as_str());
    assert_eq!(
        (&traces[0]["span_count"], &traces[0]["error_count"]),
        (&json!(1), &json!(0))
    );
}

#[test]
fn a_page_of_nobody_has_no_user() {
    let caller = Caller::new();
    accepted(&app().send(from_page(&batch(&caller, "click", &LIES))));
    let trace = app().trace_when(&caller.trace_id, |_| true);
    assert_eq!(trace.one("click").get("user.id"), &Value::Null);
    assert_eq!(trace.one("click").get("user.name"), &Value::Null);
}

#[test]
fn a_page_of_an_earlier_sign_in_is_nobodys() {
    let (before, now) = (app().sign_up("signed_in_before"), app().sign_up("signed_in_now"));
    let caller = Caller::new();
    let sent = saying(
        batch(&caller, "click", &[]),
        &[("span.generation", &app().generation(&before))],
    );
    accepted(&app().send(from_page(&sent).cookie(&now.cookie)));
    let trace = app().trace_when(&caller.trace_id, |_| true);
    assert_eq!(trace.one("click").get("user.id"), &Value::Null);
    let health = app().send(Ask::get("/health")).json();
    let mismatches = &health["spans"]["relay"]["generation_mismatches"];
    assert!(mismatches.as_u64().is_some_and(|count| count > 0), "{health}");
}

#[test]
fn a_batch_that_is_sent_again_is_answered_and_stands_once_in_the_trace() {
    let caller = Caller::new();
    let sent = batch(&caller, "click once", &[]);
    for _ in 0..3 {
        accepted(&app().send(from_page(&sent)));
    }
    app().settle();
    let trace = app().trace_when(&caller.trace_id, |_| true);
    assert_eq!(trace.names(), ["click once"]);
}

/// Page, server and a third service in any language, each over its own way in: one trace.
#[test]
fn a_service_in_another_language_joins_the_trace() {
    let click = Caller::new();
    app().send(Ask::get("/api/activities/home").header("traceparent", &click.traceparent()));
    accepted(&app().send(from_page(&batch(&click, "click feed.open", &[]))));
    let trace = app().served_trace(&click.trace_id);
    let server = trace.server().text("trace.span_id").to_owned();

    // As the JavaScript or Python exporters do: OTLP in JSON, compressed, with the server's span as the parent.
    let now = OffsetDateTime::now_utc().unix_timestamp_nanos();
    let body = json!({ "resourceSpans": [{
        "resource": { "attributes": [
            { "key": "service.name", "value": { "stringValue": "recommender" } },
            { "key": "telemetry.sdk.language", "value": { "stringValue": "python" } },
        ] },
        "scopeSpans": [{ "spans": [{
            "traceId": click.trace_id, "spanId": "00f067aa0ba902b7", "parentSpanId": server,
            "name": "recommend", "kind": 2,
            "startTimeUnixNano": (now - 1000).to_string(), "endTimeUnixNano": now.to_string(),
        }] }],
    }] });
    let ask = Ask::json("/v1/traces", &body).header("x-honeycomb-team", INGEST_KEY);
    let packed = zstd::encode_all(&*ask.body, 3).unwrap();
    let answer = app().send(ask.header("content-encoding", "zstd").body(packed));
    assert_eq!((answer.status, answer.json()), (200, json!({})));

    let is_whole = |trace: &Trace| trace.names().contains(&"recommend") && trace.names().contains(&"click feed.open");
    let trace = app().trace_when(&click.trace_id, is_whole);
    let services = ["cruddur-frontend", "cruddur-backend", "recommender"];
    let spans = ["click feed.open", "GET /api/activities/home", "recommend"].map(|name| trace.one(name));
    assert_eq!(spans.map(|span| span.text("service.name")), services);
    assert_eq!(spans[1].text("trace.parent_id"), click.span_id);
    assert_eq!(spans[2].text("trace.parent_id"), server);
    assert_eq!(spans[2].text("telemetry.sdk.language"), "python");
}

#[test]
fn with_the_key_other_services_are_believed() {
    let caller = Caller::new();
    accepted(&app().send(from_service(
        &batch(&caller, "charge", &[("user.id", "customer 7")]),
        INGEST_KEY,
    )));
    let trace = app().trace_when(&caller.trace_id, |_| true);
    let span = trace.one("charge");
    assert_eq!(
        (span.text("service.name"), span.text("user.id")),
        ("shop", "customer 7")
    );
}

#[test]
fn a_wrong_key_is_told_whatever_else_is_right() {
    let caller = Caller::new();
    for key in ["", "wrong", &INGEST_KEY[1..]] {
        let answer = app().send(from_service(&batch(&caller, "x", &[]), key).header("origin", ORIGIN));
        assert_eq!(answer.status, 401, "{key:?}");
        assert!(answer.text().contains("CRUDDUR_INGEST_KEY") && !answer.text().contains(INGEST_KEY));
    }
    app().settle();
    assert!(app().rows(&caller.trace_id).is_none(), "nothing was kept");
}

#[test]
fn nobody_else_may_send() {
    let person = app().sign_up("cross_sender");
    let caller = Caller::new();
    let ask = posted(&batch(&caller, "x", &[])).cookie(&person.cookie);
    let answer = app().send(ask.clone());
    assert_eq!(answer.status, 401, "no browser, and no key");
    assert!(answer.text().contains("missing 'x-honeycomb-team' header"));
    for ask in [
        ask.clone().header("origin", "https://evil.example"),
        ask.clone()
            .header("origin", ORIGIN)
            .header("sec-fetch-site", "cross-site"),
        ask.header("sec-fetch-site", "same-site"),
    ] {
        let answer = app().send(ask);
        assert_eq!(answer.status, 403);
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
    app().settle();
    assert!(app().rows(&caller.trace_id).is_none(), "nothing was kept");
}

#[test]
fn json_is_taken_as_well() {
    let caller = Caller::new();
    let now = "1795486431000000000";
    let body = json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [{
        "traceId": caller.trace_id, "spanId": caller.span_id, "name": "from JSON", "kind": 3,
        "startTimeUnixNano": now, "endTimeUnixNano": now,
    }] }] }] });
    let ask = Ask::json("/v1/traces", &body).header("x-honeycomb-team", INGEST_KEY);
    let answer = app().send(ask);
    assert_eq!((answer.status, answer.json()), (200, json!({})));
    let trace = app().trace_when(&caller.trace_id, |_| true);
    assert_eq!(trace.names(), ["from JSON"]);
}

#[test]
fn what_is_no_batch_is_refused() {
    for (ask, status) in [
        (Ask::get("/v1/traces"), 405),
        (
            posted(&batch(&Caller::new(), "x", &[]))
                .header("origin", ORIGIN)
                .body("nonsense"),
            400,
        ),
        (
            posted(&batch(&Caller::new(), "x", &[]))
                .header("origin", ORIGIN)
                .header("content-type", "text/plain"),
            415,
        ),
        (
            posted(&batch(&Caller::new(), "x", &[]))
                .header("origin", ORIGIN)
                .body(vec![0; 1024 * 1024 + 1]),
            413,
        ),
    ] {
        assert_eq!(app().send(ask).status, status);
    }
}
