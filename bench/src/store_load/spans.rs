//! Spans of a shop with a browser and eleven services, the same in each run: traces of eight spans of the kinds that this
//! app's own traces have, 100,000 people, a good hundred attributes of which a span has about fifteen, durations over six decades.

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
/// Attributes that each service has of its own.
const OWN: u64 = 7;

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

    /// A click: the browser's span and its fetch, the service that answers and one that this one calls, each with a step of
    /// its own and its database.
    fn trace(&mut self) {
        let random = &mut self.random;
        let trace_id = [random.next().to_be_bytes(), random.next().to_be_bytes()].concat();
        let click = Click {
            person: random.below(PEOPLE),
            route: random.below(40),
            failed: random.below(50) == 0,
        };
        let mut start = self.start + self.made * 15_000;
        self.made += TRACE;
        let services = [1 + random.below(SERVICES - 1), 1 + random.below(SERVICES - 1)];
        // From a microsecond to a second, most of them about a millisecond.
        let mut length = 10_f64.powf(3.0 + (0..6).map(|_| random.below(1000) as f64 / 1000.0).sum::<f64>()) as u64;
        let mut parents: Vec<Vec<u8>> = Vec::new();
        for (kind, caller, of_parent) in SPANS {
            let service = caller.map_or(0, |caller| services[caller]);
            let span_id = random.next().to_be_bytes().to_vec();
            let failed = click.failed && kind != Kind::Statement;
            self.left.push((
                service,
                Span {
                    trace_id: trace_id.clone(),
                    span_id: span_id.clone(),
                    parent_span_id: of_parent.map_or_else(Vec::new, |parent| parents[parent].clone()),
                    name: kind.name(service, click.route),
                    kind: kind.otlp(),
                    start_time_unix_nano: start,
                    end_time_unix_nano: start + length,
                    attributes: attributes(random, kind, service, &click, length),
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

/// What the spans of a trace have in common.
struct Click {
    person: u64,
    route: u64,
    failed: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Click,
    Fetch,
    Request,
    Step,
    Statement,
}

/// The spans of a trace: what each is, whose (the browser's, or the first or the second service's), and below which one.
const SPANS: [(Kind, Option<usize>, Option<usize>); TRACE as usize] = [
    (Kind::Click, None, None),
    (Kind::Fetch, None, Some(0)),
    (Kind::Request, Some(0), Some(1)),
    (Kind::Step, Some(0), Some(2)),
    (Kind::Statement, Some(0), Some(3)),
    (Kind::Request, Some(1), Some(3)),
    (Kind::Statement, Some(1), Some(5)),
    (Kind::Statement, Some(1), Some(5)),
];

const TABLES: [&str; 8] = [
    "orders", "carts", "people", "prices", "stock", "parcels", "reviews", "coupons",
];

impl Kind {
    fn name(self, service: u64, route: u64) -> String {
        match self {
            Self::Click => format!("click order.{}", route % 12),
            Self::Fetch | Self::Request => format!("{} {}", method(route), path(route)),
            Self::Step => format!("decide.{}", (route + service) % 6),
            Self::Statement => format!("SELECT {}", table(service, route)),
        }
    }

    fn otlp(self) -> i32 {
        match self {
            Self::Click | Self::Step => 1,
            Self::Request => 2,
            Self::Fetch | Self::Statement => 3,
        }
    }
}

fn method(route: u64) -> &'static str {
    ["GET", "POST"][(route % 2) as usize]
}

fn path(route: u64) -> String {
    format!("/api/route/{route}")
}

fn table(service: u64, route: u64) -> &'static str {
    TABLES[((service * 7 + route) % 8) as usize]
}

/// About fifteen, as the conventions name them: of the app's own spans the same kinds have the same ones.
fn attributes(random: &mut Random, kind: Kind, service: u64, click: &Click, length: u64) -> Vec<KeyValue> {
    let Click { person, route, failed } = *click;
    let status = if failed { 500 } else { 200 };
    let mut attributes = Vec::new();
    if matches!(kind, Kind::Click | Kind::Fetch | Kind::Request) {
        attributes.extend([
            text("user.id", format!("7f1c6a52-0d7e-4c53-9a0b-{person:012}")),
            text(
                "session.id",
                format!("{:016x}", person.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            ),
        ]);
    }
    match kind {
        Kind::Click => attributes.push(text("url.path", format!("/shop/{}", route % 12))),
        Kind::Fetch => {
            attributes.extend([
                text("http.request.method", method(route).into()),
                text("url.full", format!("https://shop.example{}", path(route))),
                text("url.template", path(route)),
                text("server.address", "shop.example".into()),
                number("server.port", 443),
                number("http.response.status_code", status),
                text("network.protocol.version", "2".into()),
            ]);
            // A browser rounds to a tenth of a millisecond.
            let mut part = |name: &str, share: u64| {
                let tenths = length * random.below(share + 1) / 100 / 100_000;
                attributes.push(pair(name, Value::DoubleValue(tenths as f64 / 10.0)));
            };
            for name in ["timing.dns_ms", "timing.connect_ms", "timing.tls_ms"] {
                part(name, 0);
            }
            for name in ["timing.queue_ms", "timing.download_ms"] {
                part(name, 5);
            }
            for name in ["timing.wait_ms", "timing.network_ms", "timing.server_ms"] {
                part(name, 60);
            }
        }
        Kind::Request => attributes.extend([
            text("http.request.method", method(route).into()),
            text("http.route", path(route)),
            text("url.path", path(route)),
            text("url.scheme", "http".into()),
            number("http.response.status_code", status),
            text("network.protocol.version", "1.1".into()),
            text("server.address", format!("shop-{service}")),
            number("server.port", 8080),
        ]),
        Kind::Step => attributes.extend([
            text("code.function.name", format!("shop::decide_{}", (route + service) % 6)),
            text("thread.name", format!("worker-{}", random.below(4))),
        ]),
        Kind::Statement => {
            let table = table(service, route);
            attributes.extend([
                text("db.system.name", "postgresql".into()),
                text("db.namespace", format!("shop{service}")),
                text("db.operation.name", "SELECT".into()),
                text("db.collection.name", table.into()),
                text("db.query.summary", format!("SELECT {table}")),
                text(
                    "db.query.text",
                    format!("SELECT * FROM {table} WHERE person_id = $1 ORDER BY id LIMIT $2"),
                ),
                text("server.address", format!("db-{}", service % 3)),
                number("server.port", 5432),
                number("db.response.returned_rows", few(random)),
            ]);
        }
    }
    if service > 0 {
        // Of its own: a text that goes with the route and one that goes with the person, a count that is mostly small, two
        // that are mostly the same, one that is always the same, and a measurement of one span in eight.
        for own in 0..OWN {
            let name = format!("shop.service{service}.attribute{own}");
            attributes.push(match own {
                0 => text(&name, format!("value {}", route / 4)),
                1 => text(&name, format!("group {}", person % 4)),
                2 => number(&name, few(random)),
                3 => pair(&name, Value::BoolValue(random.below(10) > 0)),
                4 => text(&name, if random.below(20) == 0 { "miss" } else { "hit" }.into()),
                5 => text(&name, format!("edition {service}")),
                _ if random.below(8) == 0 => pair(&name, Value::DoubleValue(random.below(4000) as f64 / 4.0)),
                _ => continue,
            });
        }
    }
    attributes
}

/// A small count: half of them 0, a quarter 1, and so on.
fn few(random: &mut Random) -> i64 {
    i64::from(random.next().trailing_zeros())
}

fn resource(spans: &[(u64, Span)]) -> ResourceSpans {
    let service = spans[0].0;
    ResourceSpans {
        resource: Some(Resource {
            attributes: vec![
                text("service.name", format!("shop-{service}")),
                text("service.version", format!("1.{service}.0")),
                text("deployment.environment.name", "production".to_owned()),
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
