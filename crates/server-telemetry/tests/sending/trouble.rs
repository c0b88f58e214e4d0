//! What is wrong for a while: said once in words, seen in the status, delivered in the end.

use crate::backend::{Backend, Reply, Reserved, target};
use crate::support::{Folder, Said, append, asked, client, in_state, quick, start, status, stop, up_to_date};
use axum::body::Body;
use axum::http::Response;
use server_telemetry::{Pace, SenderConfig, SenderState, Senders};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[tokio::test]
async fn a_backend_that_is_down_gets_everything_when_it_is_up() {
    let said = Said::listen();
    let folder = Folder::new();
    let log = folder.open();
    let reserved = Reserved::new();
    append(&log, &["a"]).await;
    let senders = start(&log, vec![target(reserved.address)]);
    in_state(&senders, SenderState::Down).await;
    append(&log, &["b", "c"]).await;
    let now = status(&senders);
    assert_eq!((now.lag_batches, now.delivered_spans), (2, 0));
    assert!(!now.lag.is_zero());
    let words = "cannot be reached: the connection was refused";
    assert_eq!(now.last_error.as_deref(), Some(words));

    let backend = reserved.start();
    up_to_date(&senders).await;
    assert_eq!(backend.taken(), ["a", "b", "c"]);
    assert_eq!(said.times(&format!("Backend {words}")), 1, "{}", said.text());
    assert_eq!(said.times("Backend takes spans again"), 1, "{}", said.text());
    assert_eq!(said.times("spans=3"), 1, "{}", said.text());
    append(&log, &["d"]).await;
    stop(senders, log).await;
    assert_eq!(backend.taken(), ["a", "b", "c", "d"]);
    assert_eq!(said.times("takes spans again"), 1, "not when it never was away");
}

#[tokio::test]
async fn a_backend_that_is_slow_is_asked_again() {
    let said = Said::listen();
    let folder = Folder::new();
    let (log, backend) = (folder.open(), Backend::start().await);
    backend.answer(|_| Reply::Silence);
    append(&log, &["a"]).await;
    let mut target = backend.target();
    target.timeout = Duration::from_millis(50);
    let senders = start(&log, vec![target]);
    in_state(&senders, SenderState::Slow).await;
    asked(&backend, 3).await;
    backend.take_everything();
    up_to_date(&senders).await;
    assert_eq!(backend.taken(), ["a"]);
    assert_eq!(said.times("does not answer in time"), 1, "{}", said.text());
    stop(senders, log).await;
}

#[tokio::test]
async fn a_backend_that_throttles_or_is_unwell_gets_everything_in_the_end() {
    for (answer, state, words) in [
        (
            429,
            SenderState::Throttled,
            "asks for slower sending (429 Too Many Requests)",
        ),
        (
            503,
            SenderState::Unwell,
            "has an error of its own (503 Service Unavailable)",
        ),
        (
            500,
            SenderState::Unwell,
            "has an error of its own (500 Internal Server Error)",
        ),
    ] {
        let said = Said::listen();
        let folder = Folder::new();
        let (log, backend) = (folder.open(), Backend::start().await);
        backend.answer(move |_| {
            let response = Response::builder().status(answer).header("retry-after", "0");
            Reply::Say(response.body(Body::empty()).unwrap())
        });
        append(&log, &["a"]).await;
        let senders = start(&log, vec![backend.target()]);
        in_state(&senders, state).await;
        asked(&backend, 3).await;
        append(&log, &["b"]).await;
        backend.take_everything();
        up_to_date(&senders).await;
        assert_eq!(backend.taken(), ["a", "b"], "{answer}");
        assert_eq!(said.times(words), 1, "{}", said.text());
        assert_eq!(said.times("takes spans again"), 1, "{}", said.text());
        assert_eq!(status(&senders).refused_spans, 0);
        stop(senders, log).await;
    }
}

#[tokio::test]
async fn a_backend_is_left_alone_for_as_long_as_it_asks() {
    let folder = Folder::new();
    let (log, backend) = (folder.open(), Backend::start().await);
    let asked_before = AtomicBool::new(false);
    backend.answer(move |_| match asked_before.swap(true, Ordering::SeqCst) {
        true => Reply::Take,
        false => {
            let response = Response::builder().status(429).header("retry-after", "1");
            Reply::Say(response.body(Body::empty()).unwrap())
        }
    });
    append(&log, &["a"]).await;
    let config = SenderConfig {
        target: backend.target(),
        permission: None,
        pace: Pace {
            longest_retry_after: Duration::from_secs(60),
            ..quick()
        },
    };
    let senders = Senders::start(&log, &client(), vec![config]);
    in_state(&senders, SenderState::Throttled).await;
    up_to_date(&senders).await;
    let received = backend.received();
    assert_eq!((received.len(), backend.taken()), (2, vec!["a".to_owned()]));
    assert!(received[1].at - received[0].at >= Duration::from_secs(1));
    stop(senders, log).await;
}

#[tokio::test]
async fn a_key_that_is_refused_loses_nothing() {
    for (answer, state, words) in [
        (401, SenderState::KeyRefused, "refuses the key (401 Unauthorized)"),
        (403, SenderState::KeyRefused, "refuses the key (403 Forbidden)"),
        (
            404,
            SenderState::NotThere,
            "does not take OTLP there, or not in this format (404",
        ),
        (
            415,
            SenderState::NotThere,
            "does not take OTLP there, or not in this format (415",
        ),
    ] {
        let said = Said::listen();
        let folder = Folder::new();
        let (log, backend) = (folder.open(), Backend::start().await);
        backend.answer(move |_| Reply::status(answer));
        append(&log, &["a"]).await;
        let senders = start(&log, vec![backend.target()]);
        in_state(&senders, state).await;
        asked(&backend, 4).await;
        // Somebody lets the key in.
        backend.take_everything();
        up_to_date(&senders).await;
        assert_eq!(backend.taken(), ["a"]);
        assert_eq!(said.times(words), 1, "{}", said.text());
        stop(senders, log).await;
    }
}

#[tokio::test]
async fn another_key_goes_on_where_the_refused_one_was() {
    let folder = Folder::new();
    let backend = Backend::start().await;
    backend.answer(|request| match request.headers["x-honeycomb-team"] == "good" {
        true => Reply::Take,
        false => Reply::status(401),
    });
    let log = folder.open();
    append(&log, &["a"]).await;
    let senders = start(&log, vec![backend.target()]);
    in_state(&senders, SenderState::KeyRefused).await;
    stop(senders, log).await;

    let log = folder.open();
    let mut target = backend.target();
    target.headers.insert("x-honeycomb-team", "good".parse().unwrap());
    let senders = start(&log, vec![target]);
    up_to_date(&senders).await;
    assert_eq!(backend.taken(), ["a"]);
    stop(senders, log).await;
}

#[tokio::test]
async fn each_kind_of_trouble_is_said_once_however_often_they_take_turns() {
    let said = Said::listen();
    let folder = Folder::new();
    let (log, backend) = (folder.open(), Backend::start().await);
    let turn = std::sync::atomic::AtomicUsize::new(0);
    backend.answer(move |_| {
        let statuses = [429, 503, 401];
        Reply::status(statuses[turn.fetch_add(1, std::sync::atomic::Ordering::SeqCst) % 3])
    });
    append(&log, &["a"]).await;
    let senders = start(&log, vec![backend.target()]);
    asked(&backend, 9).await;
    backend.take_everything();
    up_to_date(&senders).await;
    assert_eq!(said.times("(said once)"), 3, "{}", said.text());
    stop(senders, log).await;
}
