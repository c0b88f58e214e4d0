//! The store's segments under a running server: what is in them, in memory and in the log is the same, once.

use crate::support::message::Ask;
use crate::support::otlp::{batch, from_service};
use crate::support::server::{Server, run};
use crate::support::site::Site;
use crate::support::trace::Caller;
use std::path::{Path, PathBuf};

const KEY: [(&str, &str); 1] = [("CRUDDUR_INGEST_KEY", "key")];

fn send(server: &Server, caller: &Caller) {
    assert_eq!(
        server.send(from_service(&batch(caller, "kept", &[]), "key")).status,
        200
    );
}

fn spans_of(server: &Server, caller: &Caller) -> usize {
    server.trace_when(&caller.trace_id, |_| true).names().len()
}

fn segments(data: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(data.join("traces"))
        .unwrap()
        .map(|file| file.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "parquet"))
        .collect()
}

#[test]
fn sigterm_seals_sigkill_replays_and_nothing_is_lost_or_doubled() {
    let data = tempfile::tempdir().unwrap();
    let sent: Vec<_> = (0..9).map(|_| Caller::new()).collect();
    for (round, callers) in sent.chunks(3).enumerate() {
        let server = Server::start(data.path(), &KEY);
        callers.iter().for_each(|caller| send(&server, caller));
        for caller in sent.iter().take(3 * round + 3) {
            assert_eq!(spans_of(&server, caller), 1, "round {round}");
        }
        // The second time there is a segment, and rows that are only in the log.
        match round {
            1 => server.kill(),
            _ => assert!(server.terminate().0.success()),
        }
        assert_eq!(segments(data.path()).len(), [1, 1, 2][round], "round {round}");
    }
    let server = Server::start(data.path(), &KEY);
    for caller in &sent {
        assert_eq!(spans_of(&server, caller), 1);
    }
    let listed = server.send(Ask::get("/api/traces?limit=1000")).json();
    let listed = listed["traces"].as_array().unwrap();
    for caller in &sent {
        let found = listed
            .iter()
            .filter(|trace| trace["trace.trace_id"] == caller.trace_id.as_str());
        assert_eq!(found.count(), 1);
    }
    let health = server.send(Ask::get("/health")).json();
    assert_eq!(health["store"]["segments"], 2, "{health}");
    assert_eq!(health["store"]["damaged_segments"], 0);
}

#[test]
fn a_damaged_segment_is_told_and_the_server_serves_the_rest() {
    let data = tempfile::tempdir().unwrap();
    let sent = [Caller::new(), Caller::new()];
    for caller in &sent {
        let server = Server::start(data.path(), &KEY);
        send(&server, caller);
        assert_eq!(spans_of(&server, caller), 1);
        assert!(server.terminate().0.success());
    }
    let mut files = segments(data.path());
    files.sort();
    std::fs::write(&files[0], "not any more").unwrap();

    let server = Server::start(data.path(), &KEY);
    assert_eq!(spans_of(&server, &sent[1]), 1);
    assert!(server.rows(&sent[0].trace_id).is_none());
    let health = server.send(Ask::get("/health")).json();
    assert_eq!(
        (&health["status"], &health["store"]["damaged_segments"]),
        (&"ok".into(), &1.into()),
        "{health}"
    );
    let (_, said) = server.terminate();
    assert!(said.contains("is damaged: it was renamed to"), "{said}");
}

#[test]
fn the_command_asks_what_is_written_with_and_without_the_server() {
    let data = tempfile::tempdir().unwrap();
    let sql = |statement: &str| run(data.path(), &[], &["sql", statement]);
    let none = sql("SELECT 1");
    assert_eq!(none.code, Some(1));
    assert!(none.stderr.contains("there are no traces in"), "{}", none.stderr);

    let caller = Caller::new();
    let server = Server::start(data.path(), &KEY);
    send(&server, &caller);
    assert_eq!(spans_of(&server, &caller), 1);
    assert!(server.terminate().0.success());
    let statement = format!(
        "SELECT name, count(*) FROM spans WHERE \"trace.trace_id\" = '{}' GROUP BY name",
        caller.trace_id
    );
    let expected = "name  count(*)\nkept         1\n";
    let ended = sql(&statement);
    assert_eq!((ended.code, &*ended.stdout), (Some(0), expected), "{}", ended.stderr);
    assert!(ended.stderr.starts_with("1 row of the "), "{}", ended.stderr);

    let server = Server::start(data.path(), &KEY);
    assert_eq!(sql(&statement).stdout, expected);
    drop(server);

    for wrong in ["DELETE FROM spans", "SELECT nothing FROM spans", ""] {
        let ended = sql(wrong);
        assert_eq!((ended.code, &*ended.stdout), (Some(1), ""), "{wrong}");
        assert!(
            ended.stderr.starts_with("cruddur: ") && ended.stderr.len() > 20,
            "{}",
            ended.stderr
        );
    }
    let ended = run(data.path(), &[], &["sql"]);
    assert!(
        ended.stderr.contains("takes one statement in quotes"),
        "{}",
        ended.stderr
    );
}
