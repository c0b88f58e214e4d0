//! The end of a sender: what is left is delivered, within a bound.

use crate::backend::{Backend, Reply, Reserved, target};
use crate::support::{Folder, append, append_padded, asked, client, in_state, start, status, stop, until, up_to_date};
use server_telemetry::{Pace, Permission, SenderConfig, SenderState, Senders};
use std::time::Duration;
use tokio::sync::watch;

/// So long that no test would live to see it.
const NEVER: Duration = Duration::from_secs(3_600);

fn patient() -> Pace {
    Pace {
        gather: NEVER,
        first: NEVER,
        longest: NEVER,
        refused: NEVER,
        longest_retry_after: NEVER,
    }
}

fn patiently(target: server_telemetry::OtlpTarget) -> SenderConfig {
    SenderConfig {
        target,
        permission: None,
        pace: patient(),
    }
}

#[tokio::test]
async fn what_was_being_gathered_is_delivered() {
    let folder = Folder::new();
    let (log, backend) = (folder.open(), Backend::start().await);
    let senders = Senders::start(&log, &client(), vec![patiently(backend.target())]);
    up_to_date(&senders).await;
    append(&log, &["last"]).await;
    append_padded(&log, &["words"], 800_000).await;
    append_padded(&log, &["indeed"], 800_000).await;
    stop(senders, log).await;
    assert_eq!(backend.taken(), ["last", "words", "indeed"]);
}

#[tokio::test]
async fn a_backend_in_trouble_gets_one_more_attempt() {
    let folder = Folder::new();
    let log = folder.open();
    let reserved = Reserved::new();
    append(&log, &["a"]).await;
    let senders = Senders::start(&log, &client(), vec![patiently(target(reserved.address))]);
    in_state(&senders, SenderState::Down).await;
    let backend = reserved.start();
    stop(senders, log).await;
    assert_eq!(backend.taken(), ["a"]);

    let log = folder.open();
    backend.answer(|_| Reply::status(503));
    append(&log, &["b"]).await;
    let senders = Senders::start(&log, &client(), vec![patiently(backend.target())]);
    in_state(&senders, SenderState::Unwell).await;
    let before = backend.received().len();
    stop(senders, log).await;
    assert_eq!(backend.received().len(), before + 1);
}

#[tokio::test]
async fn a_backend_that_asked_for_peace_has_it() {
    let folder = Folder::new();
    let (log, backend) = (folder.open(), Backend::start().await);
    backend.answer(|_| Reply::status(429));
    append(&log, &["a"]).await;
    let senders = Senders::start(&log, &client(), vec![patiently(backend.target())]);
    in_state(&senders, SenderState::Throttled).await;
    stop(senders, log).await;
    assert_eq!(backend.received().len(), 1);
}

#[tokio::test]
async fn a_backend_that_hangs_does_not_keep_the_process() {
    let folder = Folder::new();
    let (log, backend, alive) = (folder.open(), Backend::start().await, Backend::start().await);
    backend.answer(|_| Reply::Silence);
    append(&log, &["a"]).await;
    let mut hanging = backend.target();
    hanging.timeout = NEVER;
    let senders = start(&log, vec![hanging, alive.target()]);
    asked(&backend, 1).await;
    append(&log, &["b"]).await;
    until("the living", || alive.taken() == ["a", "b"]).await;
    // It returns at all, that is the test.
    senders.stop(Duration::from_millis(100)).await;
    assert!(
        senders
            .status()
            .iter()
            .all(|status| status.state == SenderState::Stopped)
    );
    tokio::task::spawn_blocking(move || log.close()).await.unwrap();

    backend.take_everything();
    let log = folder.open();
    let senders = start(&log, vec![backend.target(), alive.target()]);
    up_to_date(&senders).await;
    assert_eq!(backend.taken(), ["a", "b"]);
    assert_eq!(alive.taken(), ["a", "b"]);
    stop(senders, log).await;
}

#[tokio::test]
async fn one_that_is_held_ends_as_well() {
    let folder = Folder::new();
    let (log, backend) = (folder.open(), Backend::start().await);
    append(&log, &["a"]).await;
    let (_permission, watched) = watch::channel(Permission::Held("no".to_owned()));
    let held = SenderConfig {
        permission: Some(watched),
        ..patiently(backend.target())
    };
    let senders = Senders::start(&log, &client(), vec![held]);
    stop(senders.clone(), log).await;
    assert_eq!(
        (status(&senders).state, status(&senders).lag_batches),
        (SenderState::Stopped, 1)
    );
    assert!(backend.received().is_empty());
}

#[tokio::test]
async fn senders_end_with_the_log() {
    let folder = Folder::new();
    let (log, backend) = (folder.open(), Backend::start().await);
    let senders = start(&log, vec![backend.target()]);
    up_to_date(&senders).await;
    tokio::task::spawn_blocking(move || log.close()).await.unwrap();
    in_state(&senders, SenderState::Stopped).await;
}
