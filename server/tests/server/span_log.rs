//! The log at its bound, and the server without a store.

use crate::support::message::Ask;
use crate::support::otlp::{batch, from_page, from_service};
use crate::support::server::Server;
use crate::support::site::Site;
use crate::support::trace::Caller;

/// Text that hardly compresses: each digit is four bits.
fn noise(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes);
    while text.len() < bytes {
        text.push_str(&uuid::Uuid::new_v4().simple().to_string());
    }
    text
}

#[test]
fn at_its_bound_the_oldest_spans_go_and_are_counted() {
    let data = tempfile::tempdir().unwrap();
    let variables = [("CRUDDUR_SPAN_LOG_MB", "1"), ("CRUDDUR_INGEST_KEY", "key")];
    let server = Server::start(data.path(), &variables);
    let callers: Vec<_> = (0..20).map(|_| Caller::new()).collect();
    for caller in &callers {
        // 200 KB of random digits are 100 KB compressed: two megabytes go into a log of one.
        let noise = noise(200_000);
        let answer = server.send(from_service(&batch(caller, "big", &[("noise", &noise)]), "key"));
        assert_eq!(answer.status, 200);
    }
    let health = server.send(Ask::get("/health")).json();
    let log = |key: &str| health["log"][key].as_u64().unwrap();
    assert!((8..=12).contains(&log("evicted_spans")), "{health}");
    assert!(log("bytes") <= 1024 * 1024, "{health}");
    assert_eq!(log("spans"), 20, "{health}");
    assert_eq!(log("batches"), 20 - log("evicted_spans"), "{health}");
    assert_eq!((log("refused_spans"), log("failed_spans")), (0, 0));
    server.trace_when(&callers[19].trace_id, |_| true);
    server.trace_when(&callers[0].trace_id, |_| true);
    let stayed = log("batches") as usize;
    server.kill();

    // What the store shows after a restart is what the log still has.
    let server = Server::start(data.path(), &variables);
    for (number, caller) in callers.iter().enumerate().rev() {
        if number >= callers.len() - stayed {
            server.trace_when(&caller.trace_id, |_| true);
        } else {
            assert!(server.rows(&caller.trace_id).is_none(), "{number} was dropped");
        }
    }
}

#[test]
fn a_log_that_cannot_be_written_costs_spans_and_nothing_else() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    // SQLite answers as it does on a broken disk.
    let saboteur = rusqlite::Connection::open(data.path().join("spans.sqlite")).unwrap();
    saboteur
        .execute_batch("CREATE TRIGGER fire BEFORE INSERT ON batches BEGIN SELECT RAISE(ABORT, 'disk on fire'); END")
        .unwrap();

    let person = server.sign_up("unlogged");
    server.crud(&person, "life goes on");
    assert!(server.send(Ask::page("/@unlogged")).text().contains("life goes on"));
    let refused = server.send(from_page(&batch(&Caller::new(), "lost", &[])));
    assert_eq!((refused.status, refused.header("retry-after")), (503, "1"));
    assert!(!refused.text().contains("disk on fire"), "{}", refused.text());
    let health = server.health_when(|health| health["spans"]["server"]["dropped"].as_u64() > Some(0));
    assert_eq!(health["log"]["spans"], 0, "{health}");
    assert!(health["log"]["failed_spans"].as_u64() > Some(1), "{health}");

    saboteur.execute_batch("DROP TRIGGER fire").unwrap();
    let caller = Caller::new();
    let answer = server.send(Ask::page("/@unlogged").header("traceparent", &caller.traceparent()));
    assert_eq!(answer.status, 200);
    assert_eq!(server.send(from_page(&batch(&caller, "kept", &[]))).status, 200);
    let trace = server.served_trace(&caller.trace_id);
    assert_eq!(trace.server().text("name"), "GET /@{handle}");
    let (_, said) = server.terminate();
    assert_eq!(
        said.matches("the span log cannot be written").count(),
        1,
        "once, not for each: {said}"
    );
    assert!(said.contains("the span log can be written again"), "{said}");
}

#[test]
fn without_a_store_the_app_and_the_log_work_all_the_same() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[("CRUDDUR_TRACE_STORE", "off")]);
    for path in ["/traces", "/api/traces", "/traces/0af7651916cd43dd8448eb211c80319c"] {
        assert_eq!(server.send(Ask::page(path)).status, 404, "{path}");
    }
    let person = server.sign_up("storeless");
    server.crud(&person, "nobody looks, and it works");
    let page = server.send(Ask::page("/").cookie(&person.cookie));
    assert!(page.text().contains("nobody looks, and it works"));

    let caller = Caller::new();
    assert_eq!(server.send(from_page(&batch(&caller, "kept", &[]))).status, 200);
    let health = server.send(Ask::get("/health")).json();
    assert_eq!(health["store"], serde_json::Value::Null);
    assert_eq!(health["spans"]["relay"]["accepted"], 1);
    let (status, said) = server.terminate();
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(
        !said.contains("/traces"),
        "it does not point to what is not there: {said}"
    );

    let server = Server::start(data.path(), &[]);
    assert_eq!(server.trace_when(&caller.trace_id, |_| true).names(), ["kept"]);
}
