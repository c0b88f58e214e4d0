//! A page states how its clock is off, and its spans lie on the server's.

use crate::relay::{Setup, attribute, batch, now, span};
use crate::relay_page::take;
use crate::support::find;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::Event;

const SECOND: u64 = 1_000_000_000;

fn number(key: &str, value: f64) -> KeyValue {
    KeyValue {
        value: Some(AnyValue {
            value: Some(Value::DoubleValue(value)),
        }),
        ..attribute(key, "")
    }
}

/// A batch of a page whose clock is off by so many milliseconds, give or take.
fn stated(spans: Vec<Span>, offset_ms: f64, error_ms: f64) -> ExportTraceServiceRequest {
    let mut sent = batch(spans);
    sent.resource_spans[0].resource.as_mut().unwrap().attributes =
        vec![number("clock.offset_ms", offset_ms), number("clock.error_ms", error_ms)];
    sent
}

/// A span that a page sends whose clock is so many seconds ahead.
fn ahead(seconds: i64) -> Span {
    let by = seconds * SECOND as i64;
    let span = span("click");
    let start = span.start_time_unix_nano.saturating_add_signed(by);
    Span {
        start_time_unix_nano: start,
        end_time_unix_nano: span.end_time_unix_nano.saturating_add_signed(by),
        events: vec![Event {
            time_unix_nano: start + 1,
            name: "exception".to_owned(),
            ..Event::default()
        }],
        ..span
    }
}

#[tokio::test]
async fn all_times_are_moved_by_the_offset_and_say_so() {
    // Years off, too: as a machine is that has lost its time.
    for seconds in [90, -90, 0, 8 * 365 * 86_400, -56 * 365 * 86_400] {
        let setup = Setup::new();
        let sent = ahead(seconds);
        let offset = -(seconds as f64) * 1000.0;
        assert_eq!(take(&setup, &stated(vec![sent.clone()], offset, 1.5)).await, None);
        let written = &setup.sink.spans()[0];
        let moved_by = |to: u64, from: u64| to as i128 - from as i128;
        let by = -i128::from(seconds) * i128::from(SECOND);
        assert_eq!(moved_by(written.start_time_unix_nano, sent.start_time_unix_nano), by);
        assert_eq!(moved_by(written.end_time_unix_nano, sent.end_time_unix_nano), by);
        assert_eq!(
            moved_by(written.events[0].time_unix_nano, sent.events[0].time_unix_nano),
            by
        );
        assert_eq!(written.get("clock.offset_ms"), Some(Value::DoubleValue(offset)));
        assert_eq!(written.get("clock.error_ms"), Some(Value::DoubleValue(1.5)));
        assert_eq!(find(&written.resource, "clock.offset_ms"), None, "it is on the spans");
        assert_eq!(find(&written.resource, "clock.error_ms"), None);
    }
}

#[tokio::test]
async fn each_resource_of_a_batch_has_its_own_clock() {
    let setup = Setup::new();
    let mut sent = stated(vec![ahead(90)], -90_000.0, 1.0);
    sent.resource_spans
        .extend(stated(vec![ahead(-5)], 5_000.0, 2.0).resource_spans);
    sent.resource_spans.extend(batch(vec![ahead(7)]).resource_spans);
    assert_eq!(take(&setup, &sent).await, None);
    let clocks: Vec<_> = setup
        .sink
        .spans()
        .iter()
        .map(|span| span.get("clock.offset_ms"))
        .collect();
    let stated = |ms| Some(Value::DoubleValue(ms));
    assert_eq!(clocks, [stated(-90_000.0), stated(5_000.0), None]);
}

#[tokio::test]
async fn a_statement_that_cannot_be_is_none() {
    for (offset, error) in [
        (f64::NAN, 1.0),
        (f64::INFINITY, 1.0),
        (-f64::INFINITY, 1.0),
        (1e15, 1.0),
        (1000.0, -1.0),
        (1000.0, f64::NAN),
        (1000.0, 1e9),
    ] {
        let setup = Setup::new();
        let sent = ahead(0);
        assert_eq!(take(&setup, &stated(vec![sent.clone()], offset, error)).await, None);
        let written = &setup.sink.spans()[0];
        assert_eq!(
            written.start_time_unix_nano, sent.start_time_unix_nano,
            "{offset} {error}"
        );
        assert_eq!(written.get("clock.offset_ms"), None);
        assert!(!format!("{:?}", written.resource).contains("clock."));
    }
    // One of the two alone, or as a text, is none either.
    for attributes in [
        vec![number("clock.offset_ms", 1.0)],
        vec![number("clock.error_ms", 1.0)],
        vec![attribute("clock.offset_ms", "1"), number("clock.error_ms", 1.0)],
    ] {
        let setup = Setup::new();
        let mut sent = batch(vec![ahead(0)]);
        sent.resource_spans[0].resource.as_mut().unwrap().attributes = attributes;
        assert_eq!(take(&setup, &sent).await, None);
        assert_eq!(setup.sink.spans()[0].get("clock.offset_ms"), None);
    }
}

#[tokio::test]
async fn what_has_ended_does_not_end_later_than_now() {
    let day = 86_400;
    for (what, sent, refused) in [
        ("moved into the future", stated(vec![ahead(0)], 120_000.0, 1.0), true),
        (
            "within what it may be off",
            stated(vec![ahead(0)], 120_000.0, 70_000.0),
            false,
        ),
        ("moved a little too far", stated(vec![ahead(0)], 30_000.0, 0.0), false),
        ("open for two days", stated(vec![open_since(2 * day)], 0.0, 1.0), false),
        (
            "moved into last year",
            stated(vec![ahead(0)], -365.0 * 86_400_000.0, 1.0),
            true,
        ),
        ("no clock, an hour ahead", batch(vec![ahead(3600)]), false),
        ("no clock, two days ahead", batch(vec![ahead(2 * day)]), true),
        (
            "two days ahead, and it knows",
            stated(vec![ahead(2 * day)], -2.0 * 86_400_000.0, 1.0),
            false,
        ),
        ("the end of time", stated(vec![at(u64::MAX)], 1e12, 1.0), true),
        ("its beginning", stated(vec![at(0)], -1e12, 1.0), true),
    ] {
        let setup = Setup::new();
        let answer = take(&setup, &sent).await;
        assert_eq!(answer.is_some(), refused, "{what}: {answer:?}");
        assert_eq!(
            setup.relay.counts().refused_spans.invalid_times,
            u64::from(refused),
            "{what}"
        );
    }
}

fn open_since(seconds: i64) -> Span {
    Span {
        start_time_unix_nano: now().saturating_add_signed(-seconds * SECOND as i64),
        ..span("long")
    }
}

fn at(time: u64) -> Span {
    Span {
        start_time_unix_nano: time,
        end_time_unix_nano: time,
        ..span("at the edge")
    }
}
