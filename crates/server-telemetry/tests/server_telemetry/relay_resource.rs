//! What a page says of itself once for a batch: what is kept, and what is for the relay.

use crate::relay::{Setup, attribute, batch, page, span};
use crate::relay_page::take;
use crate::support::{Flat, as_text, find, send};
use axum::Extension;
use axum::http::StatusCode;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use prost::Message;
use server_telemetry::EndUser;

const SESSION: &str = "0af7651916cd43dd8448eb211c80319c";

/// A batch of one span whose resource says this.
fn saying(attributes: Vec<KeyValue>) -> ExportTraceServiceRequest {
    let mut sent = batch(vec![span("click")]);
    sent.resource_spans[0].resource.as_mut().unwrap().attributes = attributes;
    sent
}

fn integer(key: &str, value: i64) -> KeyValue {
    KeyValue {
        value: Some(AnyValue {
            value: Some(Value::IntValue(value)),
        }),
        ..attribute(key, "")
    }
}

/// Sends a batch as a page on which this sign-in is current.
async fn send_as(setup: &Setup, generation: Option<&str>, sent: &ExportTraceServiceRequest) {
    let mut app = setup.app.clone();
    if let Some(generation) = generation {
        app = app.layer(Extension(EndUser {
            id: "uuid-7".to_owned(),
            name: "andrew".to_owned(),
            generation: generation.to_owned(),
        }));
    }
    let response = send(&app, page("application/x-protobuf", sent.encode_to_vec())).await;
    assert_eq!(response.status(), StatusCode::OK);
}

fn on_resource(span: &Flat, key: &str) -> Option<String> {
    as_text(find(&span.resource, key))
}

#[tokio::test]
async fn what_only_the_page_knows_is_kept_and_the_rest_is_counted() {
    let known = [
        "service.version",
        "service.instance.id",
        "deployment.environment.name",
        "telemetry.sdk.language",
        "telemetry.distro.name",
        "browser.language",
        "user_agent.original",
        "device.id",
        "os.name",
        "screen.width",
        "viewport.width",
    ];
    let unknown = [
        "host.name",
        "service.namespace",
        "k8s.pod.name",
        "app.admin",
        "browser",
        "",
    ];
    let says = |keys: &[&str]| keys.iter().map(|key| attribute(key, "said")).collect::<Vec<_>>();
    let setup = Setup::new();
    let sent = saying([says(&known), says(&unknown)].concat());
    assert_eq!(take(&setup, &sent).await, None);
    let resource = setup.sink.requests()[0].resource_spans[0].resource.clone().unwrap();
    let mut keys: Vec<_> = resource
        .attributes
        .iter()
        .map(|attribute| attribute.key.as_str())
        .collect();
    assert_eq!(keys.pop(), Some("service.name"));
    assert_eq!(keys, known);
    assert_eq!(resource.dropped_attributes_count, unknown.len() as u32);
}

#[tokio::test]
async fn a_forged_service_user_or_address_is_removed_without_a_word() {
    let forged = [
        "service.name",
        "user.id",
        "user.name",
        "enduser.id",
        "client.address",
        "sampleRate",
    ];
    let setup = Setup::new();
    let sent = saying(forged.map(|key| attribute(key, "forged")).to_vec());
    assert_eq!(take(&setup, &sent).await, None);
    let resource = setup.sink.requests()[0].resource_spans[0].resource.clone().unwrap();
    assert_eq!(resource.attributes, [attribute("service.name", "shop-frontend")]);
    assert_eq!(
        resource.dropped_attributes_count, 0,
        "nothing that was the page's to say"
    );
}

#[tokio::test]
async fn a_session_is_kept_where_it_is_one() {
    for (said, kept) in [
        (SESSION, true),
        ("0AF7651916CD43DD8448EB211C80319C", false),
        ("00000000000000000000000000000000", false),
        ("0af7651916cd43dd8448eb211c80319", false),
        ("andrew@example.org", false),
        ("", false),
    ] {
        let setup = Setup::new();
        assert_eq!(take(&setup, &saying(vec![attribute("session.id", said)])).await, None);
        let written = &setup.sink.spans()[0];
        assert_eq!(
            on_resource(written, "session.id").as_deref(),
            kept.then_some(said),
            "{said}"
        );
    }
    let setup = Setup::new();
    assert_eq!(take(&setup, &saying(vec![integer("session.id", 7)])).await, None);
    assert_eq!(on_resource(&setup.sink.spans()[0], "session.id"), None);
}

#[tokio::test]
async fn a_page_of_another_sign_in_gets_no_user() {
    for (page, now, stamped, counted) in [
        (Some("g1"), Some("g1"), true, 0),
        // Signed in as somebody else since the page was rendered.
        (Some("g1"), Some("g2"), false, 1),
        // Signed in since, or out.
        (None, Some("g2"), false, 1),
        (Some("g1"), None, false, 1),
        (None, None, false, 0),
        // An app that knows no generations stamps nobody: it cannot know.
        (Some(""), Some(""), false, 1),
    ] {
        let setup = Setup::new();
        let said = page.map(|page| attribute("span.generation", page));
        send_as(&setup, now, &saying(said.into_iter().collect())).await;
        let written = &setup.sink.spans()[0];
        assert_eq!(written.text("user.id").is_some(), stamped, "{page:?} {now:?}");
        assert_eq!(written.text("user.name").is_some(), stamped);
        assert_eq!(on_resource(written, "span.generation"), None, "for the relay only");
        assert_eq!(setup.relay.counts().pages.generation_mismatches, counted);
    }
}

#[tokio::test]
async fn each_resource_of_a_batch_has_its_own_sign_in() {
    let setup = Setup::new();
    let mut sent = saying(vec![attribute("span.generation", "g1")]);
    sent.resource_spans
        .extend(saying(vec![attribute("span.generation", "g2")]).resource_spans);
    send_as(&setup, Some("g2"), &sent).await;
    let users: Vec<_> = setup.sink.spans().iter().map(|span| span.text("user.id")).collect();
    assert_eq!(users, [None, Some("uuid-7".to_owned())]);
}

#[tokio::test]
async fn what_a_page_had_to_drop_is_counted_within_reason() {
    let setup = Setup::new();
    let mut total = 0;
    for (said, counted) in [(3, 3), (0, 0), (-5, 0), (i64::MIN, 0), (i64::MAX, 100_000)] {
        assert_eq!(take(&setup, &saying(vec![integer("span.dropped", said)])).await, None);
        total += counted;
        assert_eq!(setup.relay.counts().pages.dropped_in_pages, total, "{said}");
    }
    let written = setup.sink.spans();
    assert!(
        written
            .iter()
            .all(|span| find(&span.resource, "span.dropped").is_none())
    );

    // On each resource of a batch it is the same number.
    let mut sent = saying(vec![integer("span.dropped", 4)]);
    sent.resource_spans
        .extend(saying(vec![integer("span.dropped", 4)]).resource_spans);
    assert_eq!(take(&setup, &sent).await, None);
    assert_eq!(setup.relay.counts().pages.dropped_in_pages, total + 4);
}
