//! Fuzz targets on stable Rust, one test each; those of answers and of what is made of batches are in `answers`.
//!
//! Without coverage there is one hint that an input is new: each target tells what became of it in a number, and inputs
//! with a number that was not there before are kept, to be broken further. An input that fails is written below the
//! target directory; put it into `corpus/{target}/` when the fault is mended.
//!
//! `FUZZ_SECONDS` says how long (unset: [`EXECUTIONS`] times), `FUZZ_SEED` with which numbers (unset: 1).

mod answers;

use crate::mutation::{Random, mutate};
use crate::outside::{JSON, Outside, PROTOBUF};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, StatusCode};
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_sdk::trace::SdkTracerProvider;
use prost::Message;
use server_telemetry::{Propagator, RequestSpanLayer};
use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tower::ServiceExt;
use trace_wire::{PageTrace, ServerTiming, Session, TraceParent};

/// How often each target is tried in a test.
const EXECUTIONS: u64 = 2_000;
/// Inputs that are kept.
const POOL: usize = 4_096;
/// In all inputs that carry spans: written anew before each try, or all but the first would be duplicates.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// The files of `corpus/{folder}`, in the order of their names.
fn corpus(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap())
        .join("tests/hostile/corpus")
        .join(folder);
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// The batches of the corpus as JSON, of now.
fn batches() -> Vec<Vec<u8>> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let dated = |text: Vec<u8>| {
        let text = String::from_utf8(text).expect("the corpus is text");
        let text = text.replace("START", &(now - 5_000_000).to_string());
        text.replace("END", &(now - 1_000_000).to_string()).into_bytes()
    };
    corpus("batch").into_iter().map(dated).collect()
}

fn protobufs() -> Vec<Vec<u8>> {
    let encoded = |json: Vec<u8>| {
        let batch: ExportTraceServiceRequest = serde_json::from_slice(&json).expect("the corpus is OTLP");
        batch.encode_to_vec()
    };
    batches().into_iter().map(encoded).collect()
}

/// Breaks `seeds` and gives them to `target`, which says in a number what became of them.
fn fuzz(name: &str, seeds: Vec<Vec<u8>>, mut target: impl FnMut(&[u8], &mut Random) -> u64) {
    let number = |name: &str| {
        let value = std::env::var(name).ok()?;
        Some(
            value
                .parse::<u64>()
                .unwrap_or_else(|_| panic!("{name} is {value:?}; it takes a whole number")),
        )
    };
    let limit = number("FUZZ_SECONDS").map(Duration::from_secs);
    let seed = number("FUZZ_SEED").unwrap_or(1);
    let mut random = Random::new(seed);
    let mut pool = seeds;
    let mut outcomes = HashSet::new();
    let begun = Instant::now();
    let mut executions = 0_u64;
    // The seeds as they are first.
    let mut first = pool.clone().into_iter();
    while limit.map_or(executions < EXECUTIONS, |limit| begun.elapsed() < limit) {
        executions += 1;
        let mut input = first.next().unwrap_or_else(|| {
            let mut input = pool[random.below(pool.len())].clone();
            let other = &pool[random.below(pool.len())];
            mutate(&mut input, other, &mut random);
            input
        });
        renew(&mut input, executions);
        match catch_unwind(AssertUnwindSafe(|| target(&input, &mut random))) {
            Ok(outcome) => {
                if outcomes.insert(outcome) && pool.len() < POOL {
                    pool.push(input);
                }
            }
            Err(panic) => {
                let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{seed}-{executions}"));
                fs::write(&file, &input).unwrap();
                eprintln!(
                    "{name}: execution {executions} of seed {seed} failed on {}",
                    file.display()
                );
                resume_unwind(panic);
            }
        }
    }
    let rate = executions as f64 / begun.elapsed().as_secs_f64();
    eprintln!(
        "{name}: {executions} executions ({rate:.0}/s), {} kinds of outcome",
        outcomes.len()
    );
}

/// Writes another trace id over each [`TRACE`], as bytes and as text.
fn renew(input: &mut [u8], number: u64) {
    let text = format!("{:032x}", u128::from(number) << 64 | 1);
    let bytes = (u128::from(number) << 64 | 1).to_be_bytes();
    let old: [u8; 16] = trace_wire::hex::read(TRACE).unwrap();
    for (old, new) in [(TRACE.as_bytes(), text.as_bytes()), (&old, &bytes)] {
        let mut at = 0;
        while at + old.len() <= input.len() {
            if input[at..].starts_with(old) {
                input[at..at + old.len()].copy_from_slice(new);
                at += old.len();
            } else {
                at += 1;
            }
        }
    }
}

/// A batch from a page and one from a service, in turn; what becomes of it, roughly.
fn relay(name: &str, content_type: &str, encoding: &str, seeds: Vec<Vec<u8>>) {
    let outside = Outside::default();
    fuzz(name, seeds, |input, random| {
        let is_page = random.below(2) == 0;
        let outcome = if is_page {
            outside.page(content_type, encoding, input.to_vec())
        } else {
            outside.service(content_type, encoding, input.to_vec())
        };
        let size = outcome.kept.map_or(0, |kept| kept.encoded_len() as u64 / 16 + 1);
        size << 32 | (outcome.refused as u64 & 0xff) << 16 | u64::from(outcome.status.as_u16())
    });
}

#[test]
fn relay_protobuf() {
    relay("relay_protobuf", PROTOBUF, "identity", protobufs());
}

#[test]
fn relay_json() {
    relay("relay_json", JSON, "identity", batches());
}

#[test]
fn relay_gzip() {
    let packed = |body: Vec<u8>| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&body).unwrap();
        encoder.finish().unwrap()
    };
    relay(
        "relay_gzip",
        PROTOBUF,
        "gzip",
        protobufs().into_iter().map(packed).collect(),
    );
}

#[test]
fn relay_zstd() {
    let packed = |body: Vec<u8>| zstd::encode_all(&*body, 3).unwrap();
    relay(
        "relay_zstd",
        PROTOBUF,
        "zstd",
        protobufs().into_iter().map(packed).collect(),
    );
}

/// Content type, encoding, where it comes from, cookies, key and proxies: a line each.
#[test]
fn relay_headers() {
    let outside = Outside::default();
    let body = protobufs().swap_remove(0);
    fuzz("relay_headers", corpus("headers"), |input, _| {
        let mut lines = input.split(|byte| *byte == b'\n');
        let names = [
            "content-type",
            "content-encoding",
            "host",
            "origin",
            "sec-fetch-site",
            "cookie",
            "x-honeycomb-team",
            "x-forwarded-for",
        ];
        let headers: Vec<_> = names
            .into_iter()
            .filter_map(|name| Some((name, lines.next()?)))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        outside.post(&headers, body.clone()).status.as_u16().into()
    });
}

#[test]
fn traceparent() {
    fuzz("traceparent", corpus("traceparent"), |input, _| {
        let text = String::from_utf8_lossy(input);
        let Some(parent) = TraceParent::parse(&text) else {
            return 0;
        };
        assert_eq!(TraceParent::parse(&parent.to_string()), Some(parent));
        assert!(parent.trace_id != [0; 16] && parent.span_id != [0; 8]);
        1 + u64::from(parent.flags) + 256 * u64::from(input[0])
    });
}

/// In its one header and in its many: the request is answered whatever they carry, in a trace that has an id.
#[test]
fn b3() {
    let provider = SdkTracerProvider::builder().build();
    let propagators = [Propagator::TraceContext, Propagator::B3].into_iter().collect();
    let app: Router = Router::new()
        .route("/", get(async || "ok"))
        .layer(RequestSpanLayer::with_provider(&provider).propagators(propagators));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    fuzz("b3", corpus("b3"), |input, _| {
        let mut request = Request::get("/").body(Body::empty()).unwrap();
        let names = [
            "b3",
            "x-b3-traceid",
            "x-b3-spanid",
            "x-b3-sampled",
            "x-b3-flags",
            "x-b3-parentspanid",
        ];
        for (name, line) in names.into_iter().zip(input.split(|byte| *byte == b'\n')) {
            if let Ok(value) = HeaderValue::from_bytes(line)
                && !line.is_empty()
            {
                request.headers_mut().append(name, value);
            }
        }
        let response = runtime.block_on(app.clone().oneshot(request)).unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let timing = response.headers()["server-timing"].to_str().unwrap();
        let traceparent = timing.split('"').nth(1).and_then(TraceParent::parse);
        let flags = traceparent.unwrap_or_else(|| panic!("{timing}")).flags;
        1 + u64::from(flags) + 256 * u64::from(timing.contains("client;desc"))
    });
}

/// Through the layer: the request is answered whatever it carries, in the trace that `traceparent` names.
#[test]
fn tracestate_and_baggage() {
    let provider = SdkTracerProvider::builder().build();
    let app: Router = Router::new()
        .route("/", get(async || "ok"))
        .layer(RequestSpanLayer::with_provider(&provider));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    fuzz("tracestate_and_baggage", corpus("tracestate"), |input, _| {
        let mut request = Request::get("/")
            .header("traceparent", format!("00-{TRACE}-b7ad6b7169203331-01"))
            .body(Body::empty())
            .unwrap();
        for (name, line) in ["tracestate", "tracestate", "baggage"]
            .into_iter()
            .zip(input.split(|byte| *byte == b'\n'))
        {
            if let Ok(value) = HeaderValue::from_bytes(line) {
                request.headers_mut().append(name, value);
            }
        }
        let headers = request.headers().len();
        let response = runtime.block_on(app.clone().oneshot(request)).unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let timing = response.headers()["server-timing"].to_str().unwrap();
        assert!(timing.contains(TRACE), "{timing}");
        headers as u64
    });
}

#[test]
fn page_trace() {
    fuzz("page_trace", corpus("page_trace"), |input, _| {
        let text = String::from_utf8_lossy(input);
        let Some(page) = PageTrace::parse(&text) else { return 0 };
        assert_eq!(page.to_string(), text, "one way to write it");
        1 + u64::from(page.sampled)
    });
}

#[test]
fn session() {
    fuzz("session", corpus("session"), |input, _| {
        let text = String::from_utf8_lossy(input);
        let parsed = Session::parse(&text);
        if let Some(session) = parsed {
            assert_eq!(Session::parse(&session.to_string()), Some(session));
            for now in [0, session.start, session.start.wrapping_add(1), u64::MAX] {
                _ = session.is_over(now);
            }
        }
        let Some(session) = Session::in_cookies(&text) else {
            return parsed.is_some().into();
        };
        let cookie = session.cookie();
        assert_eq!(Session::in_cookies(&cookie), Some(session));
        assert!(HeaderValue::from_str(&cookie).is_ok(), "{cookie}");
        2
    });
}

/// What the server writes is a header, whatever its numbers are.
#[test]
fn server_timing() {
    fuzz("server_timing", corpus("server_timing"), |input, random| {
        let mut input = input.to_vec();
        input.resize(56, random.next() as u8);
        let number = |at: usize| f64::from_le_bytes(input[at..at + 8].try_into().unwrap());
        let timing = ServerTiming {
            server: TraceParent {
                trace_id: input[16..32].try_into().unwrap(),
                span_id: input[32..40].try_into().unwrap(),
                flags: input[40],
            },
            duration_ms: number(0),
            received_unix_ms: number(8),
            client: (input[41] & 1 == 1).then(|| input[42..50].try_into().unwrap()),
        };
        let text = timing.to_string();
        assert!(HeaderValue::from_str(&text).is_ok(), "{text}");
        let entries: Vec<_> = text.split(", ").map(|entry| entry.split(';').next().unwrap()).collect();
        let client = timing.client.map(|_| "client");
        assert!(
            entries
                .iter()
                .copied()
                .eq(["traceparent", "server"].into_iter().chain(client)),
            "{text}"
        );
        (text.len() as u64) << 8 | u64::from(timing.duration_ms.is_finite())
    });
}
