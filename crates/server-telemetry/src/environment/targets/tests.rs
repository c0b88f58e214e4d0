use super::super::tests::{read, refused};
use super::*;

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
const KEY: (&str, &str) = ("HONEYCOMB_API_KEY", "hcaik_0123");

/// Name, address, and headers by name.
fn targets(pairs: &[(&str, &str)]) -> Vec<(String, String, Vec<String>)> {
    let targets = read(pairs).unwrap().targets;
    let told = targets.into_iter().map(|target| {
        let headers = target.headers.iter();
        let mut headers: Vec<_> = headers
            .map(|(name, value)| {
                assert!(value.is_sensitive());
                format!("{name}={}", value.to_str().unwrap())
            })
            .collect();
        headers.sort();
        (target.name, target.endpoint.to_string(), headers)
    });
    told.collect()
}

fn target(name: &str, endpoint: &str, headers: &[&str]) -> (String, String, Vec<String>) {
    let headers = headers.iter().map(|header| (*header).to_owned()).collect();
    (name.to_owned(), endpoint.to_owned(), headers)
}

fn addresses(pairs: &[(&str, &str)]) -> Vec<String> {
    targets(pairs).into_iter().map(|(_, endpoint, _)| endpoint).collect()
}

#[test]
fn the_path_is_added_to_the_general_endpoint_alone() {
    for (endpoint, expected) in [
        ("http://c", "http://c/v1/traces"),
        ("http://c:4318/", "http://c:4318/v1/traces"),
        ("https://c/otlp", "https://c/otlp/v1/traces"),
        ("https://c/otlp/", "https://c/otlp/v1/traces"),
        ("http://c/a?b=c", "http://c/a/v1/traces?b=c"),
        ("http://[::1]:4318", "http://[::1]:4318/v1/traces"),
    ] {
        assert_eq!(addresses(&[(ENDPOINT, endpoint)]), [expected]);
    }
    for (endpoint, expected) in [
        ("http://c", "http://c/"),
        ("http://c/", "http://c/"),
        ("http://c/mine", "http://c/mine"),
        ("http://c/v1/traces/", "http://c/v1/traces/"),
    ] {
        let pairs = [(TRACES_ENDPOINT, endpoint), (ENDPOINT, "not looked at")];
        assert_eq!(addresses(&pairs), [expected]);
    }
}

#[test]
fn an_exporter_that_is_named_has_the_specifications_endpoint() {
    let otlp = ("OTEL_TRACES_EXPORTER", "otlp");
    assert_eq!(addresses(&[otlp]), ["http://localhost:4318/v1/traces"]);
    assert_eq!(addresses(&[otlp, (ENDPOINT, "http://c")]), ["http://c/v1/traces"]);
    assert_eq!(addresses(&[otlp, KEY]), ["https://api.honeycomb.io/v1/traces"]);
    // Settings alone name no place.
    assert!(addresses(&[(HEADERS, "a=1"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "1")]).is_empty());
}

#[test]
fn an_address_that_cannot_be_is_refused_and_shown_unless_it_may_hold_a_secret() {
    for bad in [
        "collector:4318",
        "http://",
        "http://c:99999",
        "http://:80",
        "unix:///run/c",
        "http://a b",
        "c",
    ] {
        for name in [ENDPOINT, TRACES_ENDPOINT, "HONEYCOMB_API_ENDPOINT"] {
            let line = refused(&[(name, bad)]);
            assert!(
                line.contains(&format!("{bad:?}")) && line.contains("it takes an address"),
                "{line}"
            );
        }
    }
    for bad in ["http://user:secret@c", "user:secret@c", "ftp://c?key=secret"] {
        let line = refused(&[(ENDPOINT, bad)]);
        assert!(line.contains("cannot be used") && !line.contains("secret"), "{line}");
    }
}

#[test]
fn settings_for_traces_replace_the_general_ones() {
    let general = [
        (ENDPOINT, "http://c"),
        (HEADERS, "authorization=Bearer%20general, x-general=1"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "20000"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
    ];
    let all = |pairs: &[(&str, &str)]| {
        let target = read(pairs).unwrap().targets.remove(0);
        let header = target.headers.get("authorization");
        let authorization = header
            .map(|value| value.to_str().unwrap().to_owned())
            .unwrap_or_default();
        let timeout = target.timeout.as_millis();
        (
            authorization,
            target.headers.len(),
            timeout,
            target.compression,
            target.protocol,
        )
    };
    let (gzip, json) = (OtlpCompression::Gzip, OtlpProtocol::HttpJson);
    assert_eq!(all(&general), ("Bearer general".to_owned(), 2, 20_000, gzip, json));

    let own = [
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "Authorization=Bearer own"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "0"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "none"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
    ];
    let (none, protobuf) = (OtlpCompression::None, OtlpProtocol::HttpProtobuf);
    let without_end = i32::MAX as u128;
    assert_eq!(
        all(&[&general[..], &own].concat()),
        ("Bearer own".to_owned(), 1, without_end, none, protobuf)
    );
    assert_eq!(all(&general[..1]), (String::new(), 0, 10_000, none, protobuf));

    // A general setting that is beaten may be one that is not supported: it is for other signals.
    let beaten = [("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), (ENDPOINT, "http://c"), own[3]];
    assert_eq!(all(&beaten).4, protobuf);
}

#[test]
fn bad_headers_are_told_by_their_place() {
    for bad in [
        "secret",
        "a=1,secret",
        "=secret",
        "s e c r e t=secret",
        "a=%0Asecret",
        "a=secret%",
        "content-type=secret",
    ] {
        let line = refused(&[(ENDPOINT, "http://c"), (HEADERS, bad)]);
        assert!(
            line.starts_with(HEADERS) && !line.contains("secret") && !line.contains("s e c"),
            "{line}"
        );
    }
}

#[test]
fn a_key_alone_is_honeycomb() {
    let team = "x-honeycomb-team=hcaik_0123";
    let us = target("Honeycomb", "https://api.honeycomb.io/v1/traces", &[team]);
    assert_eq!(targets(&[KEY]), [us]);
    assert_eq!(read(&[KEY]).unwrap().targets[0].compression, OtlpCompression::Gzip);
    let europe = ("HONEYCOMB_API_ENDPOINT", "https://api.eu1.honeycomb.io/");
    let expected = target("Honeycomb", "https://api.eu1.honeycomb.io/v1/traces", &[team]);
    assert_eq!(targets(&[KEY, europe]), [expected]);
    assert!(targets(&[europe]).is_empty(), "a place without a key");
}

#[test]
fn otlp_settings_without_an_endpoint_are_for_honeycomb_and_beat_its_own() {
    let headers = (HEADERS, "x-honeycomb-team=hcaik_otlp,x-more=1");
    let expected = target(
        "Honeycomb",
        "https://api.honeycomb.io/v1/traces",
        &["x-honeycomb-team=hcaik_otlp", "x-more=1"],
    );
    assert_eq!(targets(&[KEY, headers]), [expected]);
    let environment = read(&[KEY, headers, ("OTEL_EXPORTER_OTLP_TIMEOUT", "7")]).unwrap();
    assert_eq!(environment.targets[0].timeout, Duration::from_millis(7));
    assert_eq!(environment.honeycomb.unwrap().api_key, "hcaik_otlp");
}

#[test]
fn an_otlp_endpoint_at_honeycomb_is_the_one_target() {
    let endpoint = (ENDPOINT, "https://api.eu1.honeycomb.io");
    let filled_in = target(
        "Honeycomb",
        "https://api.eu1.honeycomb.io/v1/traces",
        &["x-honeycomb-team=hcaik_0123"],
    );
    assert_eq!(targets(&[endpoint, KEY]), [filled_in]);
    let headers = (HEADERS, "X-Honeycomb-Team=hcaik_otlp");
    let own = [target(
        "Honeycomb",
        "https://api.eu1.honeycomb.io/v1/traces",
        &["x-honeycomb-team=hcaik_otlp"],
    )];
    assert_eq!(targets(&[endpoint, KEY, headers]), own);
    assert_eq!(targets(&[endpoint, headers]), own, "with the OTLP variables alone");
    let access = read(&[endpoint, headers]).unwrap().honeycomb.unwrap();
    assert_eq!(access.api_key, "hcaik_otlp");
    assert_eq!(access.api_endpoint, "https://api.eu1.honeycomb.io/");

    // A Honeycomb of one's own is where HONEYCOMB_API_ENDPOINT says, whatever the path.
    let here = ("HONEYCOMB_API_ENDPOINT", "http://127.0.0.1:8080");
    let one = target(
        "Honeycomb",
        "http://127.0.0.1:8080/mine",
        &["x-honeycomb-team=hcaik_0123"],
    );
    assert_eq!(
        targets(&[KEY, here, (TRACES_ENDPOINT, "http://127.0.0.1:8080/mine")]),
        [one]
    );
}

#[test]
fn an_otlp_endpoint_elsewhere_is_a_second_target_and_no_key_goes_astray() {
    let pairs = [
        (ENDPOINT, "http://collector:4318"),
        (HEADERS, "authorization=mine"),
        KEY,
    ];
    let expected = [
        target("OTLP", "http://collector:4318/v1/traces", &["authorization=mine"]),
        target(
            "Honeycomb",
            "https://api.honeycomb.io/v1/traces",
            &["x-honeycomb-team=hcaik_0123"],
        ),
    ];
    assert_eq!(targets(&pairs), expected);
    // Not Honeycomb's, though it ends like it.
    let alike = targets(&[(ENDPOINT, "https://nothoneycomb.io"), KEY]);
    assert_eq!(alike.len(), 2);
    // Another port of the same machine is another place.
    let here = ("HONEYCOMB_API_ENDPOINT", "http://127.0.0.1:8080");
    assert_eq!(targets(&[KEY, here, (ENDPOINT, "http://127.0.0.1:8081")]).len(), 2);
}

#[test]
fn nothing_of_a_key_or_an_address_is_in_what_debug_shows() {
    let environment = read(&[
        (ENDPOINT, "http://hidden-collector:4318"),
        (HEADERS, "authorization=hidden-too"),
        KEY,
        ("HONEYCOMB_API_ENDPOINT", "http://hidden-honeycomb"),
    ])
    .unwrap();
    let shown = format!("{environment:?}");
    assert!(!shown.contains("hidden") && !shown.contains("hcaik"), "{shown}");
}
