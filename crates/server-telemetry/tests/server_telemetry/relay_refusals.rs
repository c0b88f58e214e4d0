//! What is not taken, and the words for it.

use crate::relay::{KEY, Setup, batch, gzip, page, service, span, zstd};
use crate::support::Mode;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use prost::Message;

const PROTOBUF: &str = "application/x-protobuf";

/// What Honeycomb says of a key that it does not know.
const UNKNOWN_KEY: &str = "unknown API key - check your credentials";

/// `google.rpc.Status`, as a client knows it.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

pub(crate) fn words(response: &Response<Vec<u8>>) -> String {
    assert_eq!(response.headers()["content-type"], PROTOBUF);
    let status = RpcStatus::decode(&**response.body()).unwrap();
    assert_ne!(status.code, 0);
    status.message
}

fn body() -> Vec<u8> {
    batch(vec![span("a")]).encode_to_vec()
}

#[tokio::test]
async fn other_sites_are_forbidden() {
    let setup = Setup::new();
    for headers in [
        vec![("origin", "https://evil.example")],
        vec![("origin", "null")],
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
        vec![("origin", "http://localhost:3000"), ("sec-fetch-site", "cross-site")],
    ] {
        let mut request = Request::post("/v1/traces").header("host", "localhost:3000");
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        let request = request
            .header("content-type", PROTOBUF)
            .body(Body::from(body()))
            .unwrap();
        let response = setup.send(request).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{headers:?}");
        let words = words(&response);
        assert!(
            words.contains("this origin") && words.contains("x-honeycomb-team"),
            "{words}"
        );
        assert!(
            response
                .headers()
                .keys()
                .all(|name| !name.as_str().starts_with("access-control-"))
        );
    }
    assert!(setup.sink.batches().is_empty());
    assert_eq!(setup.relay.counts().refused_requests.forbidden, 5);

    let fetched = Request::post("/v1/traces")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", PROTOBUF)
        .body(Body::from(body()))
        .unwrap();
    assert_eq!(setup.send(fetched).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_service_without_a_key_is_told_which_one() {
    let setup = Setup::new();
    for content_type in [PROTOBUF, "application/json"] {
        let mut request = service(content_type, body());
        request.headers_mut().remove("x-honeycomb-team");
        let response = setup.send(request).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        // Honeycomb's own words, for those who look for them.
        let told = String::from_utf8_lossy(response.body()).into_owned();
        assert!(told.contains("missing 'x-honeycomb-team' header"), "{told}");
        assert!(told.contains("SHOP_INGEST_KEY"), "{told}");
    }
    assert_eq!(setup.relay.counts().refused_requests.unauthorized, 2);
}

#[tokio::test]
async fn a_zstd_frame_may_not_want_more_memory_than_it_may_fill() {
    use ::zstd::stream::write::Encoder;
    let packed = |window_log| {
        let mut encoder = Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(window_log).unwrap();
        std::io::Write::write_all(&mut encoder, &body()).unwrap();
        encoder.finish().unwrap()
    };
    let setup = Setup::new();
    for (window_log, status) in [(21, StatusCode::OK), (27, StatusCode::BAD_REQUEST)] {
        let mut request = page(PROTOBUF, packed(window_log));
        request
            .headers_mut()
            .insert("content-encoding", "zstd".parse().unwrap());
        assert_eq!(setup.send(request).await.status(), status, "{window_log}");
    }
}

#[tokio::test]
async fn a_preflight_is_not_answered() {
    let setup = Setup::new();
    let request = Request::options("/v1/traces")
        .header("origin", "https://evil.example")
        .header("access-control-request-method", "POST")
        .body(Body::empty())
        .unwrap();
    let response = setup.send(request).await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers().get("access-control-allow-origin"), None);
}

#[tokio::test]
async fn a_wrong_key_is_unauthorized_even_on_a_page_of_ours() {
    let setup = Setup::new();
    for key in ["", "x", "secret-ingest-kex", "secret-ingest-key2"] {
        let mut request = page(PROTOBUF, body());
        request.headers_mut().insert("x-honeycomb-team", key.parse().unwrap());
        let response = setup.send(request).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{key}");
        let words = words(&response);
        assert!(words.starts_with(UNKNOWN_KEY), "{words}");
        assert!(words.contains("SHOP_INGEST_KEY") && !words.contains(KEY), "{words}");
    }
    assert!(setup.sink.batches().is_empty());
}

#[tokio::test]
async fn without_a_configured_key_every_key_is_wrong() {
    for unset in [None, Some(String::new())] {
        let setup = Setup::with(|config| config.ingest_key = unset);
        for key in ["", KEY] {
            let mut request = service(PROTOBUF, body());
            request.headers_mut().insert("x-honeycomb-team", key.parse().unwrap());
            let response = setup.send(request).await;
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
            let words = words(&response);
            assert!(
                words.starts_with(UNKNOWN_KEY) && words.contains("Set SHOP_INGEST_KEY"),
                "{words}"
            );
        }
        assert_eq!(setup.relay.counts().refused_requests.unauthorized, 2);
    }
}

#[tokio::test]
async fn other_types_and_encodings_are_unsupported() {
    let setup = Setup::new();
    let without_type = {
        let mut request = page(PROTOBUF, body());
        request.headers_mut().remove("content-type");
        request
    };
    for request in [
        page("text/plain", body()),
        page("application/grpc", body()),
        without_type,
    ] {
        let response = setup.send(request).await;
        assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let json: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        assert!(
            json["message"].as_str().unwrap().contains("application/x-protobuf"),
            "{json}"
        );
    }
    let mut request = page(PROTOBUF, body());
    request.headers_mut().insert("content-encoding", "br".parse().unwrap());
    let response = setup.send(request).await;
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let words = words(&response);
    assert!(words.contains("gzip") && words.contains("zstd"), "{words}");
    let mut twice = page(PROTOBUF, gzip(&gzip(&body())));
    for _ in 0..2 {
        twice.headers_mut().append("content-encoding", "gzip".parse().unwrap());
    }
    assert_eq!(setup.send(twice).await.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(setup.relay.counts().refused_requests.unsupported, 5);
}

#[tokio::test]
async fn too_much_is_too_much_announced_or_not_compressed_or_not() {
    let setup = Setup::new();
    let large = vec![0; 1024 * 1024 + 1];
    let plain = page(PROTOBUF, large.clone());
    let mut announced = page(PROTOBUF, Body::empty());
    announced
        .headers_mut()
        .insert("content-length", "1048577".parse().unwrap());
    let chunks = futures::stream::iter(large.chunks(65_536).map(<[u8]>::to_vec).collect::<Vec<_>>());
    let chunked = page(
        PROTOBUF,
        Body::from_stream(futures::StreamExt::map(chunks, Ok::<_, std::io::Error>)),
    );
    let zeros = vec![0; 64 * 1024 * 1024];
    let [gzip_bomb, zstd_bomb] = [("gzip", gzip(&zeros)), ("zstd", zstd(&zeros))].map(|(encoding, body)| {
        let mut request = page(PROTOBUF, body);
        request
            .headers_mut()
            .insert("content-encoding", encoding.parse().unwrap());
        request
    });
    for request in [plain, announced, chunked, gzip_bomb, zstd_bomb] {
        let response = setup.send(request).await;
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert!(words(&response).contains("1048576 bytes"));
    }
    assert_eq!(setup.relay.counts().refused_requests.too_large, 5);
}

#[tokio::test]
async fn with_the_key_more_is_allowed() {
    let setup = Setup::new();
    let large = batch(vec![span("a"); 20_000]).encode_to_vec();
    assert!(large.len() > 1024 * 1024);
    assert_eq!(setup.send(service(PROTOBUF, large)).await.status(), StatusCode::OK);
    assert_eq!(setup.sink.batches()[0].spans, 20_000);
    let response = setup.send(service(PROTOBUF, vec![0; 20 * 1024 * 1024 + 1])).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn garbage_is_refused_with_a_reason_in_its_own_format() {
    let setup = Setup::new();
    let response = setup.send(page(PROTOBUF, "garbage")).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(words(&response).contains("ExportTraceServiceRequest"));

    let mut torn = page(PROTOBUF, gzip(&body())[..20].to_vec());
    torn.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    let response = setup.send(torn).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(words(&response).contains("gzip"));

    let mut torn = page(PROTOBUF, zstd(&body())[..20].to_vec());
    torn.headers_mut().insert("content-encoding", "zstd".parse().unwrap());
    let response = setup.send(torn).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(words(&response).contains("zstd"));

    for garbage in [
        "",
        "{",
        "[]",
        r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz"}]}]}]}"#,
    ] {
        let response = setup.send(page("application/json", garbage)).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{garbage}");
        assert_eq!(response.headers()["content-type"], "application/json");
        let json: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(json["code"], 3);
        assert!(json["message"].as_str().unwrap().len() > 40, "{json}");
    }
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(
        setup.send(page("application/json", nested)).await.status(),
        StatusCode::BAD_REQUEST
    );
    assert!(setup.sink.batches().is_empty());
    assert_eq!(setup.relay.counts().refused_requests.malformed, 8);
}

#[tokio::test]
async fn where_the_sink_does_not_take_it_the_sender_is_to_come_again() {
    for mode in [Mode::Full, Mode::Refuse, Mode::Lose] {
        let setup = Setup::new();
        setup.sink.set(mode);
        let response = setup.send(service(PROTOBUF, body())).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()["retry-after"], "1");
        assert!(!words(&response).contains("disk"), "nothing internal is told");
        let counts = setup.relay.counts();
        assert_eq!((counts.accepted_spans, counts.refused_requests.unavailable), (0, 1));

        setup.sink.set(Mode::Keep);
        assert_eq!(setup.send(service(PROTOBUF, body())).await.status(), StatusCode::OK);
    }
}
