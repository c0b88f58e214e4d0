//! What a page may say, and what it may not.

use crate::relay::{Setup, attribute, batch, now, page, span};
use crate::support::send;
use axum::Extension;
use axum::http::StatusCode;
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use prost::Message;
use server_telemetry::EndUser;

/// What a page might say on a span, although the server knows better, or the relay alone says it.
const FORGED: [&str; 17] = [
    "service.name",
    "user.id",
    "user.name",
    "user.email",
    "enduser.id",
    "client.address",
    "client.port",
    "session.id",
    "clock.offset_ms",
    "clock.error_ms",
    "span.generation",
    "span.dropped",
    "span.synthetic",
    "trace.trace_id",
    "trace.parent_id",
    "meta.annotation_type",
    "sampleRate",
];

const DAY: u64 = 24 * 60 * 60 * 1_000_000_000;

pub(crate) async fn take(setup: &Setup, sent: &ExportTraceServiceRequest) -> Option<(i64, String)> {
    let response = setup.send(page("application/x-protobuf", sent.encode_to_vec())).await;
    assert_eq!(response.status(), StatusCode::OK);
    let answer = ExportTraceServiceResponse::decode(&**response.body()).unwrap();
    answer
        .partial_success
        .map(|partial| (partial.rejected_spans, partial.error_message))
}

#[tokio::test]
async fn the_service_and_the_user_are_the_servers_word() {
    let forged = |mut sent: ExportTraceServiceRequest| {
        let resource = &mut sent.resource_spans[0];
        resource
            .resource
            .as_mut()
            .unwrap()
            .attributes
            .extend([attribute("user.id", "forged"), attribute("client.address", "forged")]);
        let scope = &mut resource.scope_spans[0];
        scope
            .scope
            .as_mut()
            .unwrap()
            .attributes
            .push(attribute("user.name", "forged"));
        let span = &mut scope.spans[0];
        for key in FORGED {
            span.attributes.push(attribute(key, "forged"));
        }
        let attributes = vec![attribute("user.id", "forged"), attribute("exception.message", "kept")];
        span.events.push(Event {
            name: "exception".to_owned(),
            attributes: attributes.clone(),
            ..Event::default()
        });
        span.links.push(Link {
            trace_id: vec![7; 16],
            span_id: vec![7; 8],
            attributes,
            ..Link::default()
        });
        sent
    };
    let sent = forged(batch(vec![span("click")]));

    // Signed out: nobody.
    let setup = Setup::new();
    assert_eq!(take(&setup, &sent).await, None);
    let written = &setup.sink.spans()[0];
    assert_eq!(written.service().as_deref(), Some("shop-frontend"));
    assert_eq!(written.get("user.id"), None);
    let everything = format!("{:?}", setup.sink.requests());
    assert!(!everything.contains("forged"), "{everything}");
    assert!(everything.contains("kept"), "{everything}");

    // Signed in: whom the session names.
    let setup = Setup::new();
    let user = EndUser {
        id: "uuid-7".to_owned(),
        name: "andrew".to_owned(),
        generation: "g1".to_owned(),
    };
    let mut sent = sent;
    let resource = sent.resource_spans[0].resource.as_mut().unwrap();
    resource.attributes.push(attribute("span.generation", "g1"));
    let app = setup.app.clone().layer(Extension(user));
    let response = send(&app, page("application/x-protobuf", sent.encode_to_vec())).await;
    assert_eq!(response.status(), StatusCode::OK);
    let written = &setup.sink.spans()[0];
    assert_eq!(written.text("user.id").as_deref(), Some("uuid-7"));
    assert_eq!(written.text("user.name").as_deref(), Some("andrew"));
    assert_eq!(written.text("http.request.method").as_deref(), Some("POST"));
    assert!(!format!("{:?}", setup.sink.requests()).contains("forged"));
}

#[tokio::test]
async fn a_batch_without_a_resource_gets_one() {
    let setup = Setup::new();
    let mut sent = batch(vec![span("click")]);
    sent.resource_spans[0].resource = None;
    take(&setup, &sent).await;
    assert_eq!(setup.sink.spans()[0].service().as_deref(), Some("shop-frontend"));
}

#[tokio::test]
async fn spans_that_cannot_be_are_refused_and_counted() {
    let good = span("good");
    let bad = [
        Span {
            trace_id: vec![0; 16],
            ..good.clone()
        },
        Span {
            trace_id: vec![1; 8],
            ..good.clone()
        },
        Span {
            span_id: vec![],
            ..good.clone()
        },
        Span {
            span_id: vec![0; 8],
            ..good.clone()
        },
        Span {
            parent_span_id: vec![1; 3],
            ..good.clone()
        },
        Span {
            end_time_unix_nano: good.start_time_unix_nano - 1,
            ..good.clone()
        },
        Span {
            start_time_unix_nano: 0,
            ..good.clone()
        },
        Span {
            start_time_unix_nano: now() - 60 * DAY,
            ..good.clone()
        },
        Span {
            end_time_unix_nano: now() + 2 * DAY,
            ..good.clone()
        },
    ];
    let setup = Setup::new();
    let mut spans = bad.to_vec();
    spans.push(good.clone());
    let (rejected, words) = take(&setup, &batch(spans)).await.unwrap();
    assert_eq!(rejected, 9);
    assert!(
        words.contains("5 for invalid ids") && words.contains("4 for times"),
        "{words}"
    );
    assert_eq!(setup.sink.spans().len(), 1);
    let refused = setup.relay.counts().refused_spans;
    assert_eq!((refused.invalid_ids, refused.invalid_times), (5, 4));

    // Nothing left: nothing is written, and the answer is the same.
    let (rejected, _) = take(&setup, &batch(bad.to_vec())).await.unwrap();
    assert_eq!(rejected, 9);
    assert_eq!(setup.sink.batches().len(), 1);
}

#[tokio::test]
async fn a_parent_of_zeros_is_none_and_a_wrong_clock_is_not_refused() {
    let setup = Setup::new();
    let root = Span {
        parent_span_id: vec![0; 8],
        start_time_unix_nano: now() + DAY / 24,
        end_time_unix_nano: now() + DAY / 12,
        ..span("root")
    };
    assert_eq!(take(&setup, &batch(vec![root])).await, None);
    assert!(setup.sink.spans()[0].parent_span_id.is_empty());
}

#[tokio::test]
async fn what_is_too_much_is_cut_and_counted() {
    let setup = Setup::new();
    let mut large = span(&"n".repeat(5000));
    large.attributes = (0..200).map(|n| attribute(&format!("key.{n}"), "v")).collect();
    large.attributes[0] = attribute("long", &"é".repeat(4000));
    large.attributes[1] = attribute(&"k".repeat(300), "v");
    large.attributes[2].value = Some(AnyValue {
        value: Some(Value::ArrayValue(ArrayValue {
            values: vec![attribute("", &"x".repeat(5000)).value.unwrap()],
        })),
    });
    // As large as the number is, nothing overflows.
    large.dropped_attributes_count = u32::MAX - 1;
    let event = Event {
        time_unix_nano: now(),
        ..Event::default()
    };
    large.events = vec![event; 200];
    assert_eq!(take(&setup, &batch(vec![large])).await, None);
    let written = &setup.sink.spans()[0];
    assert_eq!(written.name.len(), 4096);
    assert_eq!(written.attributes.len(), 128);
    assert_eq!(written.text("long").unwrap().len(), 4096);
    assert_eq!(written.get("key.2"), None, "an array is kept whole or not at all");
    assert_eq!(written.dropped_attributes_count, u32::MAX);
    assert_eq!((written.events.len(), written.dropped_events_count), (128, 72));
}

#[tokio::test]
async fn links_and_the_attributes_of_everything_are_cut_and_counted_too() {
    let many = |prefix: &str| {
        (0..200)
            .map(|n| attribute(&format!("{prefix}{n}"), "v"))
            .collect::<Vec<_>>()
    };
    let setup = Setup::new();
    let link = Link {
        trace_id: vec![7; 16],
        span_id: vec![7; 8],
        attributes: many("key."),
        ..Link::default()
    };
    let mut sent = batch(vec![Span {
        links: vec![link; 200],
        events: vec![Event {
            time_unix_nano: now(),
            attributes: many("key."),
            ..Event::default()
        }],
        ..span("a")
    }]);
    let resource = &mut sent.resource_spans[0];
    resource.resource.as_mut().unwrap().attributes = many("browser.");
    let scope = resource.scope_spans[0].scope.as_mut().unwrap();
    scope.attributes = many("key.");
    assert_eq!(take(&setup, &sent).await, None);

    let written = &setup.sink.requests()[0].resource_spans[0];
    let resource = written.resource.as_ref().unwrap();
    // The service is the relay's own.
    assert_eq!(
        (resource.attributes.len(), resource.dropped_attributes_count),
        (129, 72)
    );
    let scope = written.scope_spans[0].scope.as_ref().unwrap();
    assert_eq!((scope.attributes.len(), scope.dropped_attributes_count), (128, 72));
    let span = &written.scope_spans[0].spans[0];
    assert_eq!((span.links.len(), span.dropped_links_count), (128, 72));
    for link in &span.links {
        assert_eq!((link.attributes.len(), link.dropped_attributes_count), (128, 72));
    }
    let event = &span.events[0];
    assert_eq!((event.attributes.len(), event.dropped_attributes_count), (128, 72));
}

#[tokio::test]
async fn a_batch_holds_so_many_spans() {
    let setup = Setup::new();
    let (rejected, words) = take(&setup, &batch((0..520).map(|_| span("a")).collect()))
        .await
        .unwrap();
    assert_eq!(rejected, 8);
    assert!(words.contains("more spans"), "{words}");
    assert_eq!(setup.sink.spans().len(), 512);
    assert_eq!(setup.sink.batches()[0].spans, 512);
    assert_eq!(setup.relay.counts().refused_spans.over_limit, 8);
}

#[tokio::test]
async fn events_at_times_that_cannot_be_are_left_out_and_counted() {
    let setup = Setup::new();
    let event = |name: &str, time_unix_nano| Event {
        name: name.to_owned(),
        time_unix_nano,
        ..Event::default()
    };
    let events = vec![
        event("now", now()),
        event("never", 0),
        event("soon", now() + 2 * DAY),
        event("at the end of time", u64::MAX),
    ];
    let span = Span { events, ..span("a") };
    assert_eq!(take(&setup, &batch(vec![span])).await, None);
    let written = &setup.sink.spans()[0];
    assert_eq!(written.dropped_events_count, 3);
    assert_eq!(written.events.len(), 1);
    assert_eq!(written.events[0].name, "now");
}
