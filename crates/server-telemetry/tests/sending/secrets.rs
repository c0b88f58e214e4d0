//! Keys and addresses stay where they are.

use crate::backend::{Backend, Reply, Reserved, target};
use crate::support::{Folder, Said, append, client, in_state, start, status, stop, until, up_to_date};
use axum::body::Body;
use axum::http::Response;
use server_telemetry::{Call, SenderConfig, SenderState};

const KEY: &str = "hcaik_01secret";

#[tokio::test]
async fn no_log_line_no_status_and_no_debug_output_has_them() {
    let said = Said::listen();
    let folder = Folder::new();
    let (log, backend, dead) = (folder.open(), Backend::start().await, Reserved::new());
    let address = backend.address;
    // A backend that repeats what it should not.
    let gossip = move |status: u16| {
        let body = format!(r#"{{"message":"{KEY} may not write to {address}"}}"#);
        let response = Response::builder()
            .status(status)
            .header("content-type", "application/json");
        Reply::Say(response.body(Body::from(body)).unwrap())
    };
    append(&log, &["a"]).await;
    backend.answer(move |_| gossip(401));
    let senders = start(&log, vec![backend.target(), target(dead.address)]);
    in_state(&senders, SenderState::KeyRefused).await;
    let mut shown = format!("{senders:?} {:?}", senders.status());
    backend.answer(move |_| gossip(503));
    in_state(&senders, SenderState::Unwell).await;
    backend.answer(move |_| gossip(400));
    until("refused", || status(&senders).refused_spans == 1).await;
    until("down", || senders.status()[1].state == SenderState::Down).await;
    shown += &format!("{senders:?} {:?}", senders.status());
    shown += &format!("{:?} {:?}", backend.target(), SenderConfig::from(backend.target()));
    let request = axum::http::Request::get(format!("http://{address}/?key={KEY}"))
        .header("x-honeycomb-team", KEY)
        .body(Default::default())
        .unwrap();
    shown += &format!("{:?} {:?}", client(), Call::new(request));
    senders.stop(std::time::Duration::from_secs(5)).await;
    shown += &said.text();
    assert!(shown.contains("refuses a batch for good"), "{shown}");
    for secret in [KEY, "127.0.0.1", &format!(":{}", address.port())] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[tokio::test]
async fn no_address_and_no_key_is_written_to_the_disk() {
    let data = tempfile::tempdir().unwrap();
    let log = span_log::SpanLog::open(span_log::Config::new(data.path().join("spans.sqlite"))).unwrap();
    let backend = Backend::start().await;
    append(&log, &["a"]).await;
    let senders = start(&log, vec![backend.target()]);
    up_to_date(&senders).await;
    stop(senders, log).await;
    let mut files = 0;
    for entry in std::fs::read_dir(data.path()).unwrap() {
        let path = entry.unwrap().path();
        let mut content = path.file_name().unwrap().as_encoded_bytes().to_vec();
        content.extend(std::fs::read(&path).unwrap());
        for secret in [KEY, "127.0.0.1", &format!(":{}", backend.address.port())] {
            let found = content.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} in {}", path.display());
        }
        files += 1;
    }
    assert!(files > 0);
}
