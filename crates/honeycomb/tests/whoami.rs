//! What Honeycomb answers to `GET /1/auth`, as its API description has it.
#![cfg(feature = "client")]

use honeycomb::whoami::{KeyKind, WhoamiError, answer, request};
use http::{HeaderValue, StatusCode};

const CONFIGURATION: &str = r#"{"id":"FL_xMM5LapLC","type":"configuration",
    "api_key_access":{"events":true,"markers":true,"triggers":false,"boards":false,"queries":false,"columns":false,
                      "createDatasets":true,"slos":false,"recipients":false,"privateBoards":false},
    "environment":{"name":"Production","slug":"production"},
    "team":{"name":"Honeycomb Docs","slug":"honeycomb-docs"}}"#;

#[test]
fn a_configuration_key() {
    let key = answer(StatusCode::OK, CONFIGURATION.as_bytes()).unwrap();
    assert_eq!(key.kind, KeyKind::Configuration);
    assert_eq!(key.team.to_string(), "Honeycomb Docs (honeycomb-docs)");
    assert_eq!(key.rights(), ["send events", "create datasets", "markers"]);
    for name in ["production", "PRODUCTION", " Production "] {
        assert!(key.environment.is(name), "{name}");
    }
    assert!(!key.environment.is("prod") && !key.environment.is("") && !key.is_classic());
}

#[test]
fn an_ingest_key_may_send_and_either_spelling_is_read() {
    for spelling in ["createDatasets", "create_datasets"] {
        let body = format!(
            r#"{{"id":"hcxik_01j","type":"ingest","api_key_access":{{"{spelling}":true}},
                 "environment":{{"name":"Test","slug":"test"}},"team":{{"name":"Shop","slug":"shop"}}}}"#
        );
        let key = answer(StatusCode::OK, body.as_bytes()).unwrap();
        assert_eq!(key.kind, KeyKind::Ingest);
        assert_eq!(key.rights(), ["send events", "create datasets"]);
    }
}

#[test]
fn a_classic_key_has_no_environment() {
    let body =
        r#"{"api_key_access":{"events":true},"environment":{"name":"","slug":""},"team":{"name":"Old","slug":"old"}}"#;
    let key = answer(StatusCode::OK, body.as_bytes()).unwrap();
    assert!(key.is_classic() && !key.environment.is(""));
    assert_eq!(key.kind, KeyKind::Unknown);
}

#[test]
fn errors_are_in_honeycombs_words_in_both_forms() {
    let unauthorized = answer(
        StatusCode::UNAUTHORIZED,
        br#"{"error":"unknown API key - check your credentials"}"#,
    );
    assert_eq!(
        unauthorized.unwrap_err().to_string(),
        "Honeycomb refuses the key (401 Unauthorized): unknown API key - check your credentials"
    );
    let limited = answer(
        StatusCode::TOO_MANY_REQUESTS,
        br#"{"status":429,"type":"https://api.honeycomb.io/problems/rate-limited","title":"slow down","error":"","detail":"rate\nlimit"}"#,
    );
    assert_eq!(
        limited.unwrap_err().to_string(),
        "Honeycomb answers 429 Too Many Requests: rate limit"
    );
    let proxy = answer(StatusCode::BAD_GATEWAY, b"<html>");
    assert_eq!(proxy.unwrap_err().to_string(), "Honeycomb answers 502 Bad Gateway");
    assert_eq!(answer(StatusCode::OK, b"<html>"), Err(WhoamiError::NotHoneycomb));
    assert_eq!(answer(StatusCode::OK, b"{}"), Err(WhoamiError::NotHoneycomb));
}

#[test]
fn the_request_holds_the_key_and_does_not_show_it() {
    let endpoint = |text: &str| text.parse().unwrap();
    let key = HeaderValue::from_static("hcaik_secret");
    for base in ["https://api.honeycomb.io", "https://api.honeycomb.io/"] {
        let request = request(&endpoint(base), &key).unwrap();
        assert_eq!(request.uri(), "https://api.honeycomb.io/1/auth");
        assert_eq!(request.headers()["x-honeycomb-team"], "hcaik_secret");
        assert!(!format!("{request:?}").contains("hcaik_secret"));
    }
    let nested = request(&endpoint("http://127.0.0.1:1/honeycomb/"), &key).unwrap();
    assert_eq!(nested.uri(), "http://127.0.0.1:1/honeycomb/1/auth");
    assert_eq!(
        request(&endpoint("api.honeycomb.io"), &key).unwrap_err(),
        WhoamiError::Endpoint
    );
}
