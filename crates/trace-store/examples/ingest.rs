//! How fast one thread translates and takes in spans, and how much memory the store then has:
//! `cargo run --release -p trace-store --example ingest`.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use std::time::{Duration, Instant};
use trace_store::{TraceFilter, TraceStore};

const BATCHES: u64 = 2_000;
const SPANS: u64 = 250;
const SPANS_PER_TRACE: u64 = 5;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), trace_store::StoreError> {
    let store = TraceStore::default();
    let (mut translating, mut taking_in) = (Duration::ZERO, Duration::ZERO);
    for number in 0..BATCHES {
        let request = batch(number);
        let start = Instant::now();
        let events = honeycomb::events(&request);
        let translated = Instant::now();
        store.ingest(events);
        translating += translated - start;
        taking_in += translated.elapsed();
    }
    let all = BATCHES * SPANS;
    let micros = |time: Duration| time.as_secs_f64() * 1e6 / all as f64;
    println!(
        "{all} spans: {:.2} µs each to translate, {:.2} to take in",
        micros(translating),
        micros(taking_in)
    );
    println!(
        "share of a core at 50,000 spans/s: {:.0} %",
        100.0 * (micros(translating) + micros(taking_in)) / 20.0
    );

    let start = Instant::now();
    let newest = store.traces(&TraceFilter::default()).await?;
    println!("the newest {} traces: {:?}", newest.traces.len(), start.elapsed());
    let none = TraceFilter {
        user: Some("nobody".into()),
        ..TraceFilter::default()
    };
    let start = Instant::now();
    store.traces(&none).await?;
    println!("a filter that nothing matches: {:?}", start.elapsed());
    println!("{:?}", store.stats());
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let memory = status.lines().find(|line| line.starts_with("VmRSS"));
        println!("{}", memory.unwrap_or_default());
    }
    Ok(())
}

fn batch(number: u64) -> ExportTraceServiceRequest {
    let spans = (0..SPANS).map(|index| span(number * SPANS + index)).collect();
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: (0..6)
                    .map(|number| text(&format!("resource.{number}"), "the same"))
                    .collect(),
                ..Default::default()
            }),
            scope_spans: vec![ScopeSpans {
                spans,
                ..Default::default()
            }],
            ..Default::default()
        }],
    }
}

/// A span with twenty attributes: some always the same, some of a few values, some never the same.
fn span(number: u64) -> Span {
    let trace = number / SPANS_PER_TRACE;
    let root = trace * SPANS_PER_TRACE;
    let id = |number: u64| (number + 1).to_be_bytes().to_vec();
    let mut attributes: Vec<_> = (0..12).map(|index| text(&format!("same.{index}"), "a value")).collect();
    attributes.extend((0..4).map(|index| text(&format!("some.{index}"), &format!("/route/{}", number % 40))));
    attributes.push(text("http.route", &format!("/api/{}", number % 30)));
    attributes.push(text(
        "user.id",
        &format!("7f1c6a52-0d7e-4c53-9a0b-{:012}", trace % 1_000),
    ));
    attributes.push(text("url.full", &format!("https://shop.example/api/orders/{number}")));
    attributes.push(text("request.id", &format!("{number:032x}")));
    Span {
        trace_id: [id(trace), id(trace)].concat(),
        span_id: id(number),
        parent_span_id: if number == root { Vec::new() } else { id(root) },
        name: format!("GET /api/{}", number % 30),
        kind: 2,
        start_time_unix_nano: 1_795_486_431_000_000_000 + number * 20_000,
        end_time_unix_nano: 1_795_486_431_000_000_000 + number * 20_000 + 4_000_000,
        attributes,
        ..Default::default()
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    KeyValue {
        key: key.into(),
        value: Some(AnyValue {
            value: Some(Value::StringValue(value.into())),
        }),
        ..Default::default()
    }
}
