//! How often a page may send. The clock stands still but for what a test lets pass.

use crate::relay::{Setup, batch, page, service, span};
use crate::relay_refusals::words;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, Response, StatusCode};
use prost::Message;
use server_telemetry::RelayRate;
use std::net::SocketAddr;
use std::time::Duration;

const PROTOBUF: &str = "application/x-protobuf";

fn setup() -> Setup {
    Setup::with(|config| {
        config.ingest_key = Some(crate::relay::KEY.to_owned());
        config.session_rate = RelayRate {
            per_second: 2,
            burst: 3,
        };
        config.address_rate = RelayRate {
            per_second: 4,
            burst: 10,
        };
    })
}

/// A batch from this session at this address.
fn from(session: Option<u8>, address: &str) -> Request<Body> {
    let mut request = page(PROTOBUF, batch(vec![span("a")]).encode_to_vec());
    if let Some(session) = session {
        let cookie = format!("theme=dark; telemetry-session={session:032x}.1795486431");
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
    }
    let peer: SocketAddr = address.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

/// How many of so many are taken.
async fn taken(setup: &Setup, count: usize, request: impl Fn() -> Request<Body>) -> usize {
    let mut taken = 0;
    for _ in 0..count {
        let response = setup.send(request()).await;
        match response.status() {
            StatusCode::OK => taken += 1,
            _ => assert_too_often(&response),
        }
    }
    taken
}

fn assert_too_often(response: &Response<Vec<u8>>) {
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(response.headers()["retry-after"], "1", "half a second, rounded up");
    assert!(words(response).contains("too many batches"));
}

#[tokio::test(start_paused = true)]
async fn a_session_has_its_burst_and_then_its_rate() {
    let setup = setup();
    let request = || from(Some(1), "192.0.2.1:5000");
    assert_eq!(taken(&setup, 5, request).await, 3);
    assert_eq!(setup.relay.counts().refused_requests.rate_limited, 2);
    tokio::time::advance(Duration::from_millis(500)).await;
    assert_eq!(taken(&setup, 5, request).await, 1);
    tokio::time::advance(Duration::from_secs(3600)).await;
    assert_eq!(taken(&setup, 5, request).await, 3);
    assert_eq!(setup.sink.spans().len(), 7);
}

#[tokio::test(start_paused = true)]
async fn sessions_have_each_their_own_and_an_address_has_ten_between_them() {
    let setup = setup();
    for session in 1..=3 {
        assert_eq!(taken(&setup, 4, || from(Some(session), "192.0.2.1:5000")).await, 3);
    }
    // A new session, another port: one more, and the address has had its ten.
    assert_eq!(taken(&setup, 3, || from(Some(4), "192.0.2.1:6000")).await, 1);
    assert_eq!(
        taken(&setup, 4, || from(Some(5), "192.0.2.2:5000")).await,
        3,
        "a neighbour"
    );
}

#[tokio::test(start_paused = true)]
async fn made_up_sessions_are_stopped_by_the_address() {
    let setup = setup();
    let mut taken = 0;
    for session in 0..=255 {
        let response = setup.send(from(Some(session), "[2001:db8::1]:5000")).await;
        taken += usize::from(response.status() == StatusCode::OK);
    }
    assert_eq!(taken, 10);
    let neighbour = setup.send(from(Some(1), "[2001:db8:0:1::1]:5000")).await;
    assert_eq!(neighbour.status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn whoever_sends_no_session_counts_by_address() {
    let setup = setup();
    assert_eq!(taken(&setup, 5, || from(None, "192.0.2.1:5000")).await, 3);
    assert_eq!(taken(&setup, 5, || from(None, "192.0.2.2:5000")).await, 3);
    // A cookie that is no session is none.
    let odd = || {
        let mut request = from(None, "192.0.2.2:5000");
        let cookie = "telemetry-session=nonsense".parse().unwrap();
        request.headers_mut().insert("cookie", cookie);
        request
    };
    assert_eq!(taken(&setup, 2, odd).await, 0);
    // Where the server does not know where a request comes from, all come from one place.
    let unknown = || page(PROTOBUF, batch(vec![span("a")]).encode_to_vec());
    assert_eq!(taken(&setup, 5, unknown).await, 3);
}

#[tokio::test(start_paused = true)]
async fn a_forwarded_address_is_believed_where_the_app_says_so() {
    let request = |forwarded: u8| {
        let mut request = from(None, "192.0.2.1:5000");
        let address = format!("203.0.113.{forwarded}").parse().unwrap();
        request.headers_mut().insert("x-forwarded-for", address);
        request
    };
    let unconfigured = setup();
    let mut all = 0;
    for forwarded in 0..10 {
        all += taken(&unconfigured, 1, || request(forwarded)).await;
    }
    assert_eq!(all, 3, "anybody can write that header");

    let configured = Setup::with(|config| {
        config.session_rate = RelayRate {
            per_second: 2,
            burst: 3,
        };
        config.client_address = |_, headers| headers.get("x-forwarded-for")?.to_str().ok()?.parse().ok();
    });
    for forwarded in 0..10 {
        assert_eq!(taken(&configured, 4, || request(forwarded)).await, 3);
    }
}

#[tokio::test(start_paused = true)]
async fn the_key_knows_no_rate() {
    let setup = setup();
    for _ in 0..50 {
        let request = service(PROTOBUF, batch(vec![span("a")]).encode_to_vec());
        assert_eq!(setup.send(request).await.status(), StatusCode::OK);
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_sends_too_often_is_not_read() {
    let setup = setup();
    assert_eq!(taken(&setup, 3, || from(Some(1), "192.0.2.1:5000")).await, 3);
    let mut request = from(Some(1), "192.0.2.1:5000");
    // A body that never comes: whoever waits for it waits for ever.
    *request.body_mut() = Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    assert_too_often(&setup.send(request).await);
}
