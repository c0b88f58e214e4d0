//! The explorer alone, over a store that holds a few traces: `cargo run -p explorer --example explore`.
//!
//! The traces are what a shop's browser, server and database would send, as OTLP, translated as any other spans. Give
//! a port as the argument, 3100 otherwise; each number after it makes a trace of so many spans, to see how the explorer
//! bears it: `explore 3100 10000 100000`. Their addresses are printed.

use explorer::ExplorerConfig;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use std::time::{SystemTime, UNIX_EPOCH};
use trace_store::TraceStore;

const BROWSER: &str = "shop-frontend";
const SERVER: &str = "shop-backend";
const INTERNAL: i32 = 1;
const SERVE: i32 = 2;
const CLIENT: i32 = 3;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let arguments: Result<Vec<u32>, _> = std::env::args().skip(1).map(|number| number.parse()).collect();
    let (port, sizes) = match arguments.as_deref() {
        Ok([]) => (3100, &[][..]),
        Ok([port, sizes @ ..]) if u16::try_from(*port).is_ok() => (*port as u16, sizes),
        _ => {
            eprintln!("usage: explore [port [spans of a big trace]...]");
            std::process::exit(2);
        }
    };
    let store = TraceStore::default();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| now.as_nanos() as u64);
    for number in 0..60_u8 {
        let start = now - u64::from(number) * 97_000_000_000;
        let request = match number % 4 {
            0 => order(number, start, false),
            1 => order(number, start, true),
            2 => page_request(number, start),
            _ => job(number, start),
        };
        store.ingest(honeycomb::events(&request));
    }
    for (number, spans) in (200..).zip(sizes) {
        store.ingest(honeycomb::events(&import(number, now, *spans)));
        println!("/traces/{}: {spans} spans", format!("{number:02x}").repeat(16));
    }
    let config = ExplorerConfig {
        app_name: "Shop".into(),
        home_href: "/".into(),
        ..Default::default()
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}/traces", listener.local_addr()?);
    axum::serve(listener, explorer::router(store, config)).await
}

/// A click, its fetch, and what the server did for it.
fn order(number: u8, start: u64, fails: bool) -> ExportTraceServiceRequest {
    let slow = u64::from(number % 7) * 9_000;
    let trace = Trace { number, start };
    let mut click = trace.span(1, None, "click order", INTERNAL, 0, 56_000 + slow);
    click.attributes = vec![text("session.id", "9b2f"), text("app.action", "order")];
    let mut fetch = trace.span(2, Some(1), "POST /api/orders", CLIENT, 1_900, 52_300 + slow);
    fetch.attributes = vec![
        text("http.request.method", "POST"),
        text("url.full", "https://shop.example/api/orders"),
        number_of("timing.wait_ms", 48.2 + slow as f64 / 1e3),
        number_of("timing.server_ms", 31.9),
        number_of("timing.network_ms", 16.3 + slow as f64 / 1e3),
        number_of("timing.download_ms", 1.4),
    ];
    let server_start = 12_000 + slow / 2;
    let mut served = trace.span(3, Some(2), "POST /api/orders", SERVE, server_start, 32_000);
    served.attributes = vec![
        text("http.route", "/api/orders"),
        text("user.id", "7f1c6a52-0d7e-4c53-9a0b-31b2f7b1c9aa"),
        text("user.name", "ada"),
    ];
    let created = trace.span(4, Some(3), "order.create", INTERNAL, server_start + 900, 29_000);
    let mut checked = trace.span(5, Some(4), "SELECT items", CLIENT, server_start + 1_500, 840);
    checked.attributes = sql("SELECT id, price FROM items WHERE id IN ($1, $2, $3)");
    let mut inserted = trace.span(6, Some(4), "INSERT orders", CLIENT, server_start + 4_000, 23_000);
    inserted.attributes = sql("INSERT INTO orders (id, person, total)\nVALUES ($1, $2, $3)");
    created_event(&mut inserted, &trace, server_start + 9_000);
    let mut spans = vec![served, created, checked, inserted];
    if fails {
        let failure = Status {
            code: 2,
            message: "database is locked".into(),
        };
        for index in [0, 3] {
            spans[index].status = Some(failure.clone());
        }
        fetch.status = Some(Status {
            code: 2,
            message: "500 Internal Server Error".into(),
        });
        spans[3].events.push(Event {
            time_unix_nano: trace.at(server_start + 26_000),
            name: "exception".into(),
            attributes: vec![
                text("exception.type", "Locked"),
                text("exception.message", "database is locked"),
            ],
            ..Default::default()
        });
    }
    let drawn = trace.span(7, Some(1), "render <Basket>", INTERNAL, 54_400 + slow, 1_200);
    request(vec![(BROWSER, vec![click, fetch, drawn]), (SERVER, spans)])
}

/// A page request without a browser that speaks of itself.
fn page_request(number: u8, start: u64) -> ExportTraceServiceRequest {
    let trace = Trace { number, start };
    let mut served = trace.span(1, None, "GET /items/{id}", SERVE, 0, 8_400);
    served.attributes = vec![text("http.route", "/items/{id}"), text("url.path", "/items/42")];
    let mut read = trace.span(2, Some(1), "SELECT items", CLIENT, 700, 412);
    read.attributes = sql("SELECT * FROM items WHERE id = $1");
    let lost = trace.span(
        3,
        Some(99),
        "related items with a name that is much too long for its column",
        INTERNAL,
        2_000,
        5_100,
    );
    request(vec![(SERVER, vec![served, read, lost])])
}

/// Work in the background by other services, linked to an order.
fn job(number: u8, start: u64) -> ExportTraceServiceRequest {
    let trace = Trace { number, start };
    let mut sent = trace.span(1, None, "send receipt", INTERNAL, 0, 1_240_000);
    sent.links = vec![Link {
        trace_id: vec![number - 3; 16],
        span_id: vec![4; 8],
        ..Default::default()
    }];
    let printed = trace.span(2, Some(1), "print pdf", INTERNAL, 20_000, 900_000);
    request(vec![("mailer", vec![sent]), ("printer", vec![printed])])
}

/// A big import: batches of items, each item checked and written, some in vain.
fn import(number: u8, start: u64, spans: u32) -> ExportTraceServiceRequest {
    let trace = Trace { number, start };
    let total = u64::from(spans) * 40;
    let numbered = |id: u32, parent: u32, name: &str, start: u64, micros: u64| {
        let mut span = trace.span(0, None, name, INTERNAL, start, micros);
        span.span_id = u64::from(id + 1).to_be_bytes().to_vec();
        if id != parent {
            span.parent_span_id = u64::from(parent + 1).to_be_bytes().to_vec();
        }
        span.attributes = (0..12)
            .map(|n| text(&format!("app.field_{n}"), &format!("value {}", id % (n + 2))))
            .collect();
        span
    };
    let (mut batch, mut item) = (0, 0);
    let made = (0..spans).map(|id| {
        let at = u64::from(id) * 40;
        match id {
            0 => numbered(0, 0, "import items", 0, total),
            _ if id % 101 == 1 => {
                batch = id;
                item = id;
                numbered(id, 0, "import batch", at, 4_000)
            }
            _ if id % 5 == 2 => {
                item = id;
                numbered(id, batch, "import item", at, 180)
            }
            _ => {
                let mut span = numbered(id, item, ["SELECT items", "INSERT items"][(id % 2) as usize], at, 35);
                span.attributes.extend(sql("SELECT id, price FROM items WHERE id = $1"));
                if id % 997 == 0 {
                    span.status = Some(Status {
                        code: 2,
                        message: "database is locked".into(),
                    });
                }
                span
            }
        }
    });
    request(vec![(SERVER, made.collect())])
}

fn created_event(span: &mut Span, trace: &Trace, micros: u64) {
    span.events.push(Event {
        time_unix_nano: trace.at(micros),
        name: "lock acquired".into(),
        attributes: vec![number_of("app.waited_ms", 4.5)],
        ..Default::default()
    });
}

struct Trace {
    number: u8,
    start: u64,
}

impl Trace {
    fn at(&self, micros: u64) -> u64 {
        self.start + 1_000 * micros
    }

    fn span(&self, id: u8, parent: Option<u8>, name: &str, kind: i32, start: u64, micros: u64) -> Span {
        Span {
            trace_id: vec![self.number; 16],
            span_id: vec![id; 8],
            parent_span_id: parent.map_or_else(Vec::new, |parent| vec![parent; 8]),
            name: name.into(),
            kind,
            start_time_unix_nano: self.at(start),
            end_time_unix_nano: self.at(start + micros),
            ..Default::default()
        }
    }
}

fn request(services: Vec<(&str, Vec<Span>)>) -> ExportTraceServiceRequest {
    let of_service = |(service, spans): (&str, Vec<Span>)| ResourceSpans {
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
    ExportTraceServiceRequest {
        resource_spans: services.into_iter().map(of_service).collect(),
    }
}

fn sql(text_of_query: &str) -> Vec<KeyValue> {
    vec![text("db.system.name", "sqlite"), text("db.query.text", text_of_query)]
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.into()))
}

fn number_of(key: &str, value: f64) -> KeyValue {
    attribute(key, Value::DoubleValue(value))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.into(),
        value: Some(AnyValue { value: Some(value) }),
        ..Default::default()
    }
}
