//! What others answer, what proxies say, and the rows that are made of batches.

use super::{corpus, fuzz, protobufs};
use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// So many lines, and what follows them.
fn lines<const N: usize>(input: &[u8]) -> ([&[u8]; N], &[u8]) {
    let mut rest = input;
    let lines = std::array::from_fn(|_| {
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let line = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or_default();
        line
    });
    (lines, rest)
}

/// A status on the first line, 200 where it is none.
fn status(line: &[u8]) -> StatusCode {
    StatusCode::from_bytes(line).unwrap_or(StatusCode::OK)
}

/// Status, content type and `Retry-After`, a line each; and the body.
#[cfg(feature = "sender")]
#[test]
fn backend_answer() {
    use axum::http::Response;
    use std::time::Duration;

    fuzz("backend_answer", corpus("backend_answer"), |input, _| {
        let ([first, kind, after], body) = lines(input);
        let mut response = Response::new(body.to_vec().into());
        *response.status_mut() = status(first);
        for (name, value) in [("content-type", kind), ("retry-after", after)] {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                response.headers_mut().insert(name, value);
            }
        }
        let is_success = response.status().is_success();
        let (verdict, words, pause) = server_telemetry::judged(response);
        assert_eq!(verdict == "taken", is_success, "the status decides");
        assert!(
            words.chars().count() <= 200 && !words.contains(char::is_control),
            "{words:?}"
        );
        assert!(pause.is_none_or(|pause| !pause.is_zero() && pause <= Duration::from_secs(300)));
        (verdict.len() as u64) << 16 | (words.len() as u64) << 8 | pause.map_or(0, |pause| pause.as_secs() % 256)
    });
}

/// A status on a line, and the body.
#[test]
fn whoami() {
    fuzz("whoami", corpus("whoami"), |input, _| {
        let ([first], body) = lines(input);
        match honeycomb::whoami::answer(status(first), body) {
            Ok(key) => {
                _ = (key.environment.to_string(), key.team.to_string(), key.kind.to_string());
                1 + key.rights().len() as u64 + 16 * u64::from(key.is_classic())
            }
            Err(error) => {
                let words = error.to_string();
                assert!(
                    words.chars().count() <= 400 && !words.contains(char::is_control),
                    "{words:?}"
                );
                256 + words.len() as u64
            }
        }
    });
}

/// A header a line. Whatever they say, there is an address, and only the last of the last line is believed.
#[test]
fn forwarded_for() {
    let mut extensions = Extensions::new();
    extensions.insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 5000))));
    let peer = IpAddr::from(Ipv4Addr::new(192, 0, 2, 1));
    fuzz("forwarded_for", corpus("forwarded_for"), |input, _| {
        let mut headers = HeaderMap::new();
        for line in input.split(|byte| *byte == b'\n') {
            if let Ok(value) = HeaderValue::from_bytes(line) {
                headers.append("x-forwarded-for", value);
            }
        }
        let address = server_telemetry::behind_proxy(&extensions, &headers).expect("an address");
        if address == peer {
            return 1;
        }
        let last = headers.get_all("x-forwarded-for").iter().next_back().unwrap();
        let last = last.to_str().unwrap().rsplit(',').next().unwrap();
        assert_eq!(last.trim().parse(), Ok(address));
        2 + u64::from(address.is_ipv6())
    });
}

/// The rows that the store makes of a service's batch, which nobody has cleaned.
#[test]
fn rows() {
    fuzz("rows", protobufs(), |input, _| {
        let Ok(batch) = ExportTraceServiceRequest::decode(input) else {
            return 0;
        };
        let rows = honeycomb::events(&batch);
        let scopes = batch.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
        let spans = scopes.flat_map(|scope| &scope.spans);
        let expected: usize = spans.map(|span| 1 + span.events.len() + span.links.len()).sum();
        assert_eq!(rows.len(), expected, "a row for each span, event and link");
        let columns: usize = rows.iter().map(|row| row.columns().count()).sum();
        (1 + rows.len() as u64) << 16 | columns as u64
    });
}
