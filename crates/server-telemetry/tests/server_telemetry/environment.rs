//! What the environment's variables do to spans. (How they are read: the crate's unit tests.)

use crate::support::{Child, Flat, MemorySink, get, send};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use axum::routing::get as on_get;
use opentelemetry::KeyValue;
use opentelemetry::baggage::BaggageExt;
use opentelemetry::trace::{Event, Link, SpanContext, TraceFlags, TraceState, Tracer, TracerProvider};
use opentelemetry::{Array, Context, StringValue, Value};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Written;
use server_telemetry::{Config, Environment, RequestSpanLayer, Telemetry};
use std::sync::Arc;
use std::time::SystemTime;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

/// Telemetry as these variables say, and one route that makes a child.
struct Server {
    sink: Arc<MemorySink>,
    telemetry: Telemetry,
}

impl Server {
    fn start(variables: &[(&str, &str)]) -> Self {
        let environment = Environment::from_lookup(|name| {
            let variable = variables.iter().find(|(known, _)| *known == name);
            variable.map(|(_, value)| (*value).to_owned())
        });
        let sink = Arc::new(MemorySink::default());
        let config = Config {
            service_name: "backend".into(),
            service_version: None,
            sink: sink.clone(),
            pages: None,
        };
        let telemetry = Telemetry::start_with(config, &environment.unwrap()).unwrap();
        Self { sink, telemetry }
    }

    async fn ask(&self, headers: &[(&str, &str)]) -> Response<Vec<u8>> {
        let provider = self.telemetry.provider().unwrap();
        let child = Child::of(provider, "child");
        let handler = async move || {
            child.make();
            Context::map_current(|cx| cx.baggage().get("who").map(ToString::to_string).unwrap_or_default())
        };
        let layer = RequestSpanLayer::with_provider(provider).propagators(self.telemetry.propagators().clone());
        let app = Router::new().route("/", on_get(handler)).layer(layer);
        let mut request = Request::get("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        send(&app, request.body(Body::empty()).unwrap()).await
    }

    fn spans(&self) -> Vec<Flat> {
        self.telemetry.provider().unwrap().force_flush().unwrap();
        self.sink.spans()
    }

    /// The SERVER span's parent and trace, in hexadecimal digits.
    fn joined(&self) -> (String, String) {
        let spans = self.spans();
        let server = spans.iter().find(|span| span.name == "GET /").unwrap();
        (hex(&server.trace_id), hex(&server.parent_span_id))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn traceparent(sampled: bool) -> String {
    format!("00-{TRACE}-{SPAN}-0{}", u8::from(sampled))
}

#[tokio::test]
async fn samplers_decide_as_the_specification_says() {
    // Whether a request is recorded: without a caller, with one that records, with one that does not.
    for (sampler, argument, expected) in [
        ("", "", [true, true, true]),
        ("always_on", "", [true, true, true]),
        ("always_off", "", [false, false, false]),
        ("traceidratio", "0", [false, false, false]),
        ("traceidratio", "1", [true, true, true]),
        ("parentbased_always_on", "", [true, true, false]),
        ("parentbased_always_off", "", [false, true, false]),
        ("parentbased_traceidratio", "0", [false, true, false]),
        ("parentbased_traceidratio", "1.0", [true, true, false]),
    ] {
        let variables = [("OTEL_TRACES_SAMPLER", sampler), ("OTEL_TRACES_SAMPLER_ARG", argument)];
        for (caller, recorded) in [None, Some(true), Some(false)].into_iter().zip(expected) {
            let server = Server::start(&variables);
            let header = caller.map(traceparent);
            let headers: Vec<_> = header.iter().map(|value| ("traceparent", value.as_str())).collect();
            let response = server.ask(&headers).await;
            let names: Vec<_> = server.spans().iter().map(|span| span.name.clone()).collect();
            let expected: &[&str] = if recorded { &["child", "GET /"] } else { &[] };
            assert_eq!(names, expected, "{sampler} {argument} {caller:?}");
            let timing = response.headers()["server-timing"].to_str().unwrap();
            let flag = if recorded { "-01\"" } else { "-00\"" };
            assert!(timing.contains(flag), "{sampler} {argument} {caller:?}: {timing}");
        }
    }
}

#[tokio::test]
async fn a_share_of_traces_is_chosen_by_their_ids() {
    let variables = [
        ("OTEL_TRACES_SAMPLER", "traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.5"),
    ];
    let server = Server::start(&variables);
    // The lower half of the id, but for its last bit, is the number that decides.
    for (number, recorded) in [
        ("0000000000000001", 2),
        ("7fffffffffffffff", 4),
        ("8000000000000000", 4),
    ] {
        let caller = format!("00-0000000000000001{number}-{SPAN}-00");
        server.ask(&[("traceparent", &caller)]).await;
        assert_eq!(server.spans().len(), recorded, "{number}");
    }
}

#[tokio::test]
async fn only_the_named_propagators_join_a_trace() {
    let b3_trace = "80f198ee56343ba864fe8b2a57d3eff7";
    let b3_span = "e457b5a2e4d86bd1";
    let (w3c, b3) = (traceparent(true), format!("{b3_trace}-{b3_span}-1"));
    let all = [("traceparent", w3c.as_str()), ("b3", &b3), ("baggage", "who=andrew")];
    for (propagators, trace, parent, baggage) in [
        ("", TRACE, SPAN, "andrew"),
        ("tracecontext", TRACE, SPAN, ""),
        ("b3,baggage", b3_trace, b3_span, "andrew"),
        ("b3multi", b3_trace, b3_span, ""),
        ("baggage", "", "", "andrew"),
        ("none", "", "", ""),
    ] {
        let server = Server::start(&[("OTEL_PROPAGATORS", propagators)]);
        let response = server.ask(&all).await;
        let joined = server.joined();
        assert_eq!(joined.1, parent, "{propagators}");
        match trace {
            "" => assert!(joined.0 != TRACE && joined.0 != b3_trace, "{propagators}"),
            trace => assert_eq!(joined.0, trace, "{propagators}"),
        }
        assert_eq!(response.body(), baggage.as_bytes(), "{propagators}");
        let timing = response.headers()["server-timing"].to_str().unwrap();
        assert_eq!(
            timing.contains("client;"),
            !parent.is_empty(),
            "{propagators}: {timing}"
        );
    }
}

#[tokio::test]
async fn b3_joins_in_both_its_forms() {
    let padded = "0000000000000000a3ce929d0e0e4736";
    for propagator in ["b3", "b3multi"] {
        for headers in [
            vec![("b3", "a3ce929d0e0e4736-e457b5a2e4d86bd1-d")],
            vec![
                ("X-B3-TraceId", "a3ce929d0e0e4736"),
                ("X-B3-SpanId", "e457b5a2e4d86bd1"),
                ("X-B3-Sampled", "0"),
            ],
        ] {
            let server = Server::start(&[("OTEL_PROPAGATORS", propagator)]);
            server.ask(&headers).await;
            let expected = (padded.to_owned(), "e457b5a2e4d86bd1".to_owned());
            assert_eq!(server.joined(), expected, "{headers:?}");
        }
        // A decision without ids names no trace, and two headers name the first.
        let server = Server::start(&[("OTEL_PROPAGATORS", propagator)]);
        server.ask(&[("b3", "0")]).await;
        assert_eq!(server.joined().1, "");
    }
}

/// A span with more of everything than small limits allow.
fn make_large(server: &Server) {
    let attributes = |count: usize| -> Vec<KeyValue> {
        let all = (0..count).map(|number| KeyValue::new(format!("key.{number}"), "grüße"));
        all.collect()
    };
    let texts = Array::String(vec![StringValue::from("grüße"), StringValue::from("ab")]);
    let mut of_span = vec![
        KeyValue::new("list", Value::Array(texts)),
        KeyValue::new("number", 1_234_567),
    ];
    of_span.extend(attributes(8));
    let linked = SpanContext::new(1.into(), 1.into(), TraceFlags::SAMPLED, true, TraceState::default());
    let events = (0..5).map(|_| Event::new("event", SystemTime::now(), attributes(5), 0));
    let links = (0..5).map(|_| Link::new(linked.clone(), attributes(5), 0));
    let tracer = server.telemetry.provider().unwrap().tracer("test");
    let builder = tracer
        .span_builder("large")
        .with_attributes(of_span)
        .with_events(events.collect())
        .with_links(links.collect());
    drop(tracer.build(builder));
}

#[test]
fn limits_on_counts_hold() {
    let server = Server::start(&[
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "6"),
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", "4"),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", "3"),
        ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "2"),
        ("OTEL_ATTRIBUTE_COUNT_LIMIT", "1"),
    ]);
    make_large(&server);
    let spans = server.spans();
    let [span] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!((span.attributes.len(), span.dropped_attributes_count), (6, 4));
    assert_eq!((span.events.len(), span.dropped_events_count), (4, 1));
    assert_eq!((span.links.len(), span.dropped_links_count), (3, 2));
    assert!(span.events.iter().all(|event| event.attributes.len() == 2));
    assert!(
        span.links.iter().all(|link| link.attributes.len() == 1),
        "the general limit"
    );
}

#[test]
fn texts_are_cut_to_so_many_characters() {
    let server = Server::start(&[("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3")]);
    make_large(&server);
    let spans = server.spans();
    let [span] = &spans[..] else { panic!("{spans:?}") };
    let cut = Some(Written::StringValue("grü".to_owned()));
    assert_eq!(span.get("key.0"), cut);
    assert_eq!(span.get("number"), Some(Written::IntValue(1_234_567)));
    let Some(Written::ArrayValue(list)) = span.get("list") else {
        panic!("{span:?}")
    };
    let values: Vec<_> = list.values.into_iter().map(|value| value.value).collect();
    assert_eq!(values, [cut.clone(), Some(Written::StringValue("ab".to_owned()))]);
    assert_eq!(crate::support::find(&span.events[0].attributes, "key.0"), cut);
    assert_eq!(crate::support::find(&span.links[0].attributes, "key.0"), cut);
    // The resource is not a span's.
    assert_eq!(span.service().as_deref(), Some("backend"));
}

#[tokio::test]
async fn a_user_is_cut_as_well_and_an_unset_limit_cuts_nothing() {
    let server = Server::start(&[]);
    make_large(&server);
    assert_eq!(server.spans()[0].text("key.7").as_deref(), Some("grüße"));
    let server = Server::start(&[("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "2")]);
    let provider = server.telemetry.provider().unwrap();
    let handler = async || server_telemetry::set_user("uuid-7", "andrew");
    let app = Router::new()
        .route("/", on_get(handler))
        .layer(RequestSpanLayer::with_provider(provider));
    send(&app, get("/")).await;
    assert_eq!(server.spans()[0].text("user.id").as_deref(), Some("uu"));
}
