//! What the tests have in common.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use explorer::ExplorerConfig;
use http_body_util::BodyExt;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use tower::ServiceExt;
use trace_store::TraceStore;

pub(crate) const HOSTILE: &str = "<script>alert('x')</script>\" onload=\"y";
pub(crate) const START: u64 = 1_795_486_431_000_000_000;
pub(crate) const HTML: &str = "text/html; charset=utf-8";
pub(crate) const JSON: &str = "application/json";

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: String,
    pub(crate) cache_control: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn fields_in_error(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().unwrap().clone();
        errors
            .iter()
            .map(|error| error["field"].as_str().unwrap().to_owned())
            .collect()
    }
}

pub(crate) async fn get(store: &TraceStore, path: &str) -> Answer {
    get_as(ExplorerConfig::default(), store, path).await
}

pub(crate) async fn get_as(config: ExplorerConfig, store: &TraceStore, path: &str) -> Answer {
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

pub(crate) fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.into(),
        value: Some(AnyValue { value: Some(value) }),
        ..Default::default()
    }
}

pub(crate) fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.into()))
}

pub(crate) fn span(trace: u8, id: u8, parent: Option<u8>, name: &str, start_ms: u64, ms: u64) -> Span {
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

pub(crate) fn ingest(store: &TraceStore, service: &str, spans: Vec<Span>) {
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
pub(crate) fn filled() -> TraceStore {
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

pub(crate) fn id(byte: u8) -> String {
    format!("{byte:02x}").repeat(16)
}

pub(crate) fn span_id(byte: u8) -> String {
    format!("{byte:02x}").repeat(8)
}
