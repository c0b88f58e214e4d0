//! Spans of a shop with a dozen services, the same in each run: traces of eight spans, 100,000 people, 120 attributes of
//! which a span has about fifteen, durations over six decades.

use bench::random::Random;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use std::time::{SystemTime, UNIX_EPOCH};

/// Spans of a batch.
pub(crate) const BATCH: u64 = 250;
/// Spans of a trace.
const TRACE: u64 = 8;
const SERVICES: u64 = 12;
const PEOPLE: u64 = 100_000;
/// Attributes beside those that every service has.
const ATTRIBUTES: u64 = 108;

/// Makes batches.
pub(crate) struct Generator {
    random: Random,
    made: u64,
    /// Of the first span, nanoseconds since 1970.
    start: u64,
    left: Vec<(u64, Span)>,
}

impl Generator {
    pub(crate) fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            random: Random::new(20_261_126),
            made: 0,
            // Yesterday, in steps that end before now.
            start: now.as_nanos() as u64 - 86_400_000_000_000,
            left: Vec::new(),
        }
    }

    /// The next batch: spans of several traces, by service.
    pub(crate) fn batch(&mut self) -> ExportTraceServiceRequest {
        while self.left.len() < BATCH as usize {
            self.trace();
        }
        let mut spans: Vec<(u64, Span)> = self.left.drain(..BATCH as usize).collect();
        spans.sort_by_key(|(service, _)| *service);
        let by_service = spans.chunk_by(|(a, _), (b, _)| a == b);
        ExportTraceServiceRequest {
            resource_spans: by_service.map(resource).collect(),
        }
    }

    fn trace(&mut self) {
        let random = &mut self.random;
        let trace_id = [random.next().to_be_bytes(), random.next().to_be_bytes()].concat();
        let person = random.below(PEOPLE);
        let route = random.below(40);
        let mut start = self.start + self.made * 15_000;
        self.made += TRACE;
        let mut parents: Vec<Vec<u8>> = Vec::new();
        // From a microsecond to a second, most of them about a millisecond.
        let mut length = 10_f64.powf(3.0 + (0..6).map(|_| random.below(1000) as f64 / 1000.0).sum::<f64>()) as u64;
        for number in 0..TRACE {
            let service = if number == 0 { 0 } else { random.below(SERVICES) };
            let span_id = random.next().to_be_bytes().to_vec();
            let parent = match parents.len() as u64 {
                0 => Vec::new(),
                known => parents[random.below(known) as usize].clone(),
            };
            let failed = random.below(50) == 0;
            let attributes = attributes(random, service, person, route, failed);
            self.left.push((
                service,
                Span {
                    trace_id: trace_id.clone(),
                    span_id: span_id.clone(),
                    parent_span_id: parent,
                    name: format!(
                        "{} /api/route/{}",
                        ["GET", "POST"][(route % 2) as usize],
                        (route + service) % 40
                    ),
                    kind: 1 + (number % 3) as i32,
                    start_time_unix_nano: start,
                    end_time_unix_nano: start + length,
                    attributes,
                    status: failed.then(|| Status {
                        message: "it did not work".into(),
                        code: 2,
                    }),
                    ..Default::default()
                },
            ));
            parents.push(span_id);
            start += random.below(100_000);
            length = length * (50 + random.below(50)) / 100 + 1;
        }
    }
}

fn attributes(random: &mut Random, service: u64, person: u64, route: u64, failed: bool) -> Vec<KeyValue> {
    let mut attributes = vec![
        text("user.id", format!("7f1c6a52-0d7e-4c53-9a0b-{person:012}")),
        text("http.route", format!("/api/route/{route}")),
        number("http.response.status_code", if failed { 500 } else { 200 }),
        text(
            "session.id",
            format!("{:016x}", person.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        ),
    ];
    // A service has nine attributes of its own: three texts that go with the route or the person, three small counts, two
    // measurements in quarters, a truth.
    for own in 0..ATTRIBUTES / SERVICES {
        let name = format!("shop.service{service}.attribute{own}");
        attributes.push(match own {
            0 | 1 => text(&name, format!("value {}", route / (own + 1))),
            2 => text(&name, format!("group {}", person % 20)),
            3..6 => number(&name, random.below(20) as i64),
            6..8 => pair(&name, Value::DoubleValue(random.below(400) as f64 / 4.0)),
            _ => pair(&name, Value::BoolValue(person % 2 == 0)),
        });
    }
    attributes
}

fn resource(spans: &[(u64, Span)]) -> ResourceSpans {
    let service = spans[0].0;
    ResourceSpans {
        resource: Some(Resource {
            attributes: vec![
                text("service.name", format!("shop-{service}")),
                text("service.version", format!("1.{service}.0")),
                text("host.name", format!("host-{}", service % 4)),
            ],
            ..Default::default()
        }),
        scope_spans: vec![ScopeSpans {
            scope: Some(InstrumentationScope {
                name: format!("shop.{service}"),
                ..Default::default()
            }),
            spans: spans.iter().map(|(_, span)| span.clone()).collect(),
            ..Default::default()
        }],
        ..Default::default()
    }
}

fn text(key: &str, value: String) -> KeyValue {
    pair(key, Value::StringValue(value))
}

fn number(key: &str, value: i64) -> KeyValue {
    pair(key, Value::IntValue(value))
}

fn pair(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.into(),
        value: Some(AnyValue { value: Some(value) }),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn there_are_more_than_a_hundred_attributes_and_batches_are_full() {
        let mut generator = Generator::new();
        let mut names = HashSet::new();
        for _ in 0..10 {
            let batch = generator.batch();
            let scopes = batch.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
            let spans: Vec<&Span> = scopes.flat_map(|scope| &scope.spans).collect();
            assert_eq!(spans.len() as u64, BATCH);
            names.extend(
                spans
                    .iter()
                    .flat_map(|span| &span.attributes)
                    .map(|pair| pair.key.clone()),
            );
        }
        assert!(names.len() > 100, "{}", names.len());
    }
}
