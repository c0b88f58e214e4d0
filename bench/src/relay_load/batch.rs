//! Batches like those of a shop's services: traces of ten spans, fifteen attributes and more on each.
//!
//! The client shares the machine with the server, so a batch is encoded once, and before each post only the ids and times
//! in its bytes are written anew. For that they are encoded as marks that can be found again.

use bench::random::Random;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;

/// In one batch.
pub(crate) const SPANS: usize = 250;
const SPANS_PER_TRACE: usize = 10;

const TRACE: [u8; 16] = *b"\xf1trace-id-here\xf2\xf3";
const SPAN: [u8; 8] = *b"\xf4spanid\xf5";
const PARENT: [u8; 8] = *b"\xf6parent\xf7";
const START: [u8; 8] = *b"\xf8start!\xf9";
const END: [u8; 8] = *b"\xfaend!!!\xfb";

/// 16 bytes, as on the wire.
pub(crate) type TraceId = [u8; 16];

/// A batch in which ids and times can be replaced.
#[derive(Debug)]
pub(crate) struct Template {
    body: Vec<u8>,
    traces: Vec<usize>,
    spans: Vec<usize>,
    /// Of all spans but the first of each trace.
    parents: Vec<usize>,
    starts: Vec<usize>,
    ends: Vec<usize>,
}

impl Template {
    pub(crate) fn new(random: &mut Random) -> Self {
        let body = request(random).encode_to_vec();
        Self {
            traces: places(&body, &TRACE),
            spans: places(&body, &SPAN),
            parents: places(&body, &PARENT),
            starts: places(&body, &START),
            ends: places(&body, &END),
            body,
        }
    }

    /// Gives every span a new id and every trace too; all spans end at about `now` (nanoseconds since 1970). Answers the
    /// encoded request and the id of its last trace.
    pub(crate) fn renew(&mut self, random: &mut Random, now: u64) -> (&[u8], TraceId) {
        let mut trace = TraceId::default();
        let mut parents = self.parents.iter();
        let mut root = [0; 8];
        for index in 0..self.spans.len() {
            let place = index % SPANS_PER_TRACE;
            // Ids are valid unless they are all zero.
            let id = (random.next() | 1).to_be_bytes();
            if place == 0 {
                trace[..8].copy_from_slice(&random.next().to_be_bytes());
                trace[8..].copy_from_slice(&(random.next() | 1).to_be_bytes());
                root = id;
            } else if let Some(parent) = parents.next() {
                self.body[*parent..][..8].copy_from_slice(&root);
            }
            let start = now - 40_000_000 + place as u64 * 3_000_000;
            let end = if place == 0 {
                now
            } else {
                start + 1_000_000 + random.below(5_000_000)
            };
            self.body[self.traces[index]..][..16].copy_from_slice(&trace);
            self.body[self.spans[index]..][..8].copy_from_slice(&id);
            self.body[self.starts[index]..][..8].copy_from_slice(&start.to_le_bytes());
            self.body[self.ends[index]..][..8].copy_from_slice(&end.to_le_bytes());
        }
        (&self.body, trace)
    }
}

fn places(body: &[u8], mark: &[u8]) -> Vec<usize> {
    let found = body.windows(mark.len()).enumerate();
    found
        .filter(|(_, window)| *window == mark)
        .map(|(place, _)| place)
        .collect()
}

fn request(random: &mut Random) -> ExportTraceServiceRequest {
    let service = random.one_of(&["shop-api", "shop-checkout", "shop-inventory", "shop-search"]);
    let resource = vec![
        text("service.name", service),
        text("service.version", "2026.11.3"),
        text("service.instance.id", &uuid(random)),
        text("deployment.environment.name", "production"),
        text("host.name", "worker-7.shop.example"),
        text("process.runtime.name", "rust"),
        text("telemetry.sdk.language", "rust"),
        text("telemetry.sdk.name", "opentelemetry"),
        text("telemetry.sdk.version", "0.33.0"),
    ];
    let mut spans = Vec::with_capacity(SPANS);
    for _ in 0..SPANS / SPANS_PER_TRACE {
        let common = common(random);
        spans.extend((0..SPANS_PER_TRACE).map(|place| span(random, place, &common)));
    }
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: resource,
                ..Default::default()
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope {
                    name: "shop".to_owned(),
                    version: "2026.11.3".to_owned(),
                    ..Default::default()
                }),
                spans,
                ..Default::default()
            }],
            ..Default::default()
        }],
    }
}

/// What every span of a trace carries.
fn common(random: &mut Random) -> Vec<KeyValue> {
    vec![
        text("user.id", &uuid(random)),
        text("session.id", &uuid(random)),
        text("shop.tenant", &format!("tenant-{}", random.below(40))),
        text("shop.order_id", &format!("{:016x}", random.next())),
        number("thread.id", random.below(8)),
        text("thread.name", "tokio-runtime-worker"),
        text("code.function.name", "shop::orders::checkout"),
    ]
}

fn span(random: &mut Random, place: usize, common: &[KeyValue]) -> Span {
    let mut attributes = common.to_vec();
    let (name, kind) = match place {
        0 => server(random, &mut attributes),
        1 | 5 => internal(random, &mut attributes),
        _ => database(random, &mut attributes),
    };
    Span {
        trace_id: TRACE.to_vec(),
        span_id: SPAN.to_vec(),
        parent_span_id: if place == 0 { Vec::new() } else { PARENT.to_vec() },
        name,
        kind: kind as i32,
        start_time_unix_nano: u64::from_le_bytes(START),
        end_time_unix_nano: u64::from_le_bytes(END),
        attributes,
        ..Default::default()
    }
}

fn server(random: &mut Random, attributes: &mut Vec<KeyValue>) -> (String, SpanKind) {
    let route = random.one_of(&[
        "/api/orders/{id}",
        "/api/cart",
        "/api/products",
        "/api/users/{id}/orders",
    ]);
    let method = random.one_of(&["GET", "POST"]);
    attributes.extend([
        text("http.request.method", method),
        text("http.route", route),
        text("url.path", &route.replace("{id}", &random.below(100_000).to_string())),
        text("url.scheme", "https"),
        number(
            "http.response.status_code",
            if random.below(50) == 0 { 500 } else { 200 },
        ),
        text("server.address", "shop.example"),
        number("server.port", 443),
        text("client.address", &format!("203.0.113.{}", random.below(254))),
        text("network.protocol.version", "1.1"),
        text(
            "user_agent.original",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
        ),
    ]);
    (format!("{method} {route}"), SpanKind::Server)
}

fn database(random: &mut Random, attributes: &mut Vec<KeyValue>) -> (String, SpanKind) {
    let table = random.one_of(&["orders", "order_lines", "products", "customers", "stock"]);
    attributes.extend([
        text("db.system.name", "postgresql"),
        text("db.namespace", "shop"),
        text("db.operation.name", "SELECT"),
        text("db.collection.name", table),
        text(
            "db.query.text",
            &format!(
                "SELECT id, created_at, state, total FROM {table} WHERE tenant = $1 AND id = $2 ORDER BY created_at"
            ),
        ),
        text("server.address", "db-1.shop.internal"),
        number("server.port", 5432),
        number("db.response.returned_rows", random.below(200)),
    ]);
    (format!("SELECT {table}"), SpanKind::Client)
}

fn internal(random: &mut Random, attributes: &mut Vec<KeyValue>) -> (String, SpanKind) {
    let step = random.one_of(&["price", "reserve", "authorize"]);
    attributes.extend([
        text("shop.step", step),
        text("shop.currency", "EUR"),
        number("shop.lines", random.below(30)),
        number("shop.total_cents", random.below(1_000_000)),
        text("shop.payment_provider", "none"),
        text("shop.flag.new_checkout", "on"),
        number("shop.attempt", 1),
        text("shop.warehouse", &format!("warehouse-{}", random.below(6))),
    ]);
    (format!("checkout.{step}"), SpanKind::Internal)
}

fn uuid(random: &mut Random) -> String {
    let (high, low) = (random.next(), random.next());
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0xfff,
        low & 0xffff_ffff_ffff
    )
}

fn text(key: &str, text: &str) -> KeyValue {
    value(key, Value::StringValue(text.to_owned()))
}

fn number(key: &str, number: u64) -> KeyValue {
    value(key, Value::IntValue(number.cast_signed()))
}

fn value(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_post_has_new_ids_and_whole_traces() {
        let mut random = Random::new(1);
        let mut template = Template::new(&mut random);
        let now = 1_795_486_431_000_000_000;
        let (mut traces, mut ids) = (HashSet::new(), HashSet::new());
        for _ in 0..3 {
            let (body, last) = template.renew(&mut random, now);
            let request = ExportTraceServiceRequest::decode(body).unwrap();
            let spans = &request.resource_spans[0].scope_spans[0].spans;
            assert_eq!(spans.len(), SPANS);
            assert_eq!(spans[SPANS - 1].trace_id, last);
            for trace in spans.chunks(SPANS_PER_TRACE) {
                let root = &trace[0];
                assert!(traces.insert(root.trace_id.clone()));
                assert!(root.parent_span_id.is_empty());
                assert!(trace[1..].iter().all(|span| span.parent_span_id == root.span_id));
                for span in trace {
                    assert_eq!(span.trace_id, root.trace_id);
                    assert!(ids.insert(span.span_id.clone()));
                    assert!(span.start_time_unix_nano < span.end_time_unix_nano && span.end_time_unix_nano <= now);
                    assert!(span.attributes.len() >= 15);
                }
            }
        }
        assert_eq!(ids.len(), 3 * SPANS);
    }
}
