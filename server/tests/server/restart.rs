//! What is still there when the server has ended, one way or the other.

use crate::support::message::Ask;
use crate::support::otlp::{batch, from_page, from_service};
use crate::support::server::Server;
use crate::support::site::Site;
use crate::support::trace::Caller;
use std::io::Read;
use std::net::TcpStream;
use std::sync::Mutex;

const KEY: [(&str, &str); 1] = [("CRUDDUR_INGEST_KEY", "key")];

#[test]
fn what_was_answered_with_2xx_survives_sigkill() {
    let data = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let server = Server::start(data.path(), &KEY);
        for caller in &acknowledged {
            assert_eq!(spans_of(&server, caller), ["kept"], "round {round}");
        }
        for sent in 0..5 {
            let caller = Caller::new();
            let batch = batch(&caller, "kept", &[]);
            let ask = if sent % 2 == 0 {
                from_service(&batch, "key")
            } else {
                from_page(&batch)
            };
            assert_eq!(server.send(ask).status, 200);
            acknowledged.push(caller);
        }
        server.kill();
    }
    let server = Server::start(data.path(), &KEY);
    for caller in &acknowledged {
        assert_eq!(spans_of(&server, caller), ["kept"]);
    }
    let health = server.send(Ask::get("/health")).json();
    assert!(health["log"]["batches"].as_u64().unwrap() >= 15, "{health}");
}

#[test]
fn what_was_answered_while_others_were_waiting_survives_as_well() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &KEY);
    let acknowledged = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let caller = Caller::new();
                    match server.try_send(from_service(&batch(&caller, "kept", &[]), "key")) {
                        Ok(answer) => assert_eq!(answer.status, 200),
                        Err(_) => break,
                    }
                    let mut acknowledged = acknowledged.lock().unwrap();
                    acknowledged.push(caller);
                    // In the middle of what the others send.
                    if acknowledged.len() == 40 {
                        server.send_signal("KILL");
                    }
                }
            });
        }
    });
    drop(server);
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() >= 40);
    let server = Server::start(data.path(), &KEY);
    for caller in &acknowledged {
        assert_eq!(spans_of(&server, caller), ["kept"]);
    }
}

fn spans_of(server: &Server, caller: &Caller) -> Vec<String> {
    let trace = server.trace_when(&caller.trace_id, |_| true);
    trace.names().into_iter().map(str::to_owned).collect()
}

#[test]
fn people_cruds_and_sessions_survive_sigkill() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let person = server.sign_up("survivor");
    let id = server.crud(&person, "still here");
    server.kill();
    let server = Server::start(data.path(), &[]);
    assert_eq!(server.viewer(&person.cookie).as_deref(), Some("survivor"));
    let shown = server.send(Ask::get(&format!("/api/activities/@survivor/status/{id}")));
    assert_eq!(shown.json()["message"], "still here");
}

#[test]
fn sigterm_ends_it_cleanly_with_the_last_spans_on_the_disk() {
    let data = tempfile::tempdir().unwrap();
    for signal in ["TERM", "INT"] {
        // With a delay that only a clean end cuts short.
        let server = Server::start(data.path(), &[("OTEL_BSP_SCHEDULE_DELAY", "600000")]);
        let person = server.sign_up(&format!("last_{}", signal.to_lowercase()));
        let caller = Caller::new();
        let ask = Ask::page("/")
            .cookie(&person.cookie)
            .header("traceparent", &caller.traceparent());
        assert_eq!(server.send(ask).status, 200);
        assert!(server.rows(&caller.trace_id).is_none(), "they wait in the queue");
        let (status, said) = server.signal(signal);
        assert_eq!(status.code(), Some(0), "{said}");
        assert!(!said.contains("ERROR") && !said.contains("panicked"), "{said}");

        let server = Server::start(data.path(), &[]);
        let trace = server.served_trace(&caller.trace_id);
        let select = trace.one("SELECT activities");
        assert_eq!(
            trace.way_to(select),
            [
                "GET /",
                "server_fn activities::home",
                "home.activities",
                "SELECT activities"
            ]
        );
    }
}

/// Somebody holds the span log's file, so nothing of it can be written: as with a disk that does not answer.
#[test]
fn a_disk_that_does_not_answer_does_not_keep_it_from_ending() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    // A page that nobody reports: there is something to write in its place.
    assert_eq!(server.send(Ask::page("/")).status, 200);
    server.settle();
    let held = rusqlite::Connection::open(data.path().join("spans.sqlite")).unwrap();
    held.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (status, said) = server.terminate();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("stopping took longer than 13 seconds"), "{said}");
}

#[test]
fn a_connection_that_says_nothing_does_not_keep_it_from_ending() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let mut idle = TcpStream::connect(server.address).unwrap();
    // Answered, so the connection has been accepted, and so has the one before it.
    assert_eq!(server.send(Ask::get("/health")).status, 200);
    let (status, said) = server.terminate();
    assert_eq!(status.code(), Some(0), "{said}");
    assert_eq!(idle.read(&mut [0; 1]).unwrap_or(0), 0, "it was closed");
}
