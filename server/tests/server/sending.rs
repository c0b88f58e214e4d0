//! From the log to Honeycomb, and to whoever else takes OTLP.

use crate::support::honeycomb::{CONFIGURATION, Honeycomb, INGEST};
use crate::support::message::Ask;
use crate::support::server::{Server, run};
use crate::support::site::Site;
use crate::support::trace::Caller;
use axum::http::StatusCode;
use serde_json::Value;
use tempfile::TempDir;

fn serve(data: &TempDir, honeycomb: &Honeycomb, key: &str, more: &[(&str, &str)]) -> Server {
    let endpoint = honeycomb.endpoint();
    let mut variables = vec![("HONEYCOMB_API_KEY", key), ("HONEYCOMB_API_ENDPOINT", &endpoint)];
    variables.extend_from_slice(more);
    Server::start(data.path(), &variables)
}

/// A page is asked for in a trace; gives the trace's id.
fn visit(server: &Server) -> String {
    let caller = Caller::new();
    let answer = server.send(Ask::page("/").header("traceparent", &caller.traceparent()));
    assert_eq!(answer.status, 200);
    caller.trace_id
}

fn sender<'a>(health: &'a Value, name: &str) -> &'a Value {
    let senders = health["senders"].as_array().unwrap();
    let found = senders.iter().find(|sender| sender["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {health}"))
}

#[test]
fn with_a_key_alone_every_span_goes_to_honeycomb() {
    let (data, honeycomb) = (tempfile::tempdir().unwrap(), Honeycomb::start());
    let server = serve(&data, &honeycomb, INGEST, &[]);
    let trace = visit(&server);
    honeycomb.wait_for(&trace, "GET /");
    let health = server.health_when(|health| {
        let sender = sender(health, "Honeycomb");
        sender["state"] == "up to date" && sender["lag_batches"] == 0
    });
    let sender = sender(&health, "Honeycomb");
    assert_eq!(sender["delivered_spans"], honeycomb.spans().len());
    for nothing in ["refused_spans", "lost_batches", "lag_seconds"] {
        assert_eq!(sender[nothing].as_f64(), Some(0.0), "{sender}");
    }
    assert!(sender["last_error"].is_null());
    // What was delivered is what the explorer shows.
    let shown = server.served_trace(&trace);
    assert_eq!(shown.rows.len(), honeycomb.names(&trace).len());
    let (_, said) = server.terminate();
    for secret in [INGEST, &honeycomb.port()] {
        assert!(!said.contains(secret), "{said}");
        assert!(!health.to_string().contains(secret), "{health}");
    }
}

#[test]
fn several_backends_at_once_each_at_its_own_place() {
    let data = tempfile::tempdir().unwrap();
    let (dead, other) = (Honeycomb::down(), Honeycomb::start());
    let headers = format!("x-honeycomb-team={CONFIGURATION}");
    let endpoint = other.endpoint();
    let more = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", &headers),
    ];
    let server = serve(&data, &dead, INGEST, &more);
    let trace = visit(&server);
    other.wait_for(&trace, "GET /");
    let health = server.health_when(|health| sender(health, "Honeycomb")["state"] == "down");
    assert_eq!(health["status"], "ok");
    let waiting = sender(&health, "Honeycomb");
    assert!(waiting["lag_batches"].as_u64() > Some(0) && waiting["lag_seconds"].as_f64() > Some(0.0));
    assert_eq!(waiting["last_error"], "cannot be reached: the connection was refused");
    let (status, said) = server.terminate();
    assert!(status.success());
    assert_eq!(said.matches("Honeycomb cannot be reached").count(), 1, "{said}");
    for secret in [INGEST, CONFIGURATION, &dead.port(), &other.port()] {
        assert!(!said.contains(secret), "{said}");
    }

    // The one that was dead gets it all at the next start, and the other nothing twice.
    let mut risen = dead;
    risen.rise();
    let server = serve(&data, &risen, INGEST, &more);
    risen.wait_for(&trace, "GET /");
    let next = visit(&server);
    other.wait_for(&next, "GET /");
    for trace in [&trace, &next] {
        risen.wait_for(trace, "GET /");
        assert_eq!(risen.names(trace), other.names(trace));
    }
}

#[test]
fn the_last_spans_are_delivered_when_the_server_is_told_to_stop() {
    for signal in ["INT", "TERM"] {
        let (data, honeycomb) = (tempfile::tempdir().unwrap(), Honeycomb::start());
        let server = serve(&data, &honeycomb, INGEST, &[("OTEL_BSP_SCHEDULE_DELAY", "3600000")]);
        let trace = visit(&server);
        // The server's spans are still in memory.
        assert!(honeycomb.names(&trace).is_empty());
        let (status, said) = server.signal(signal);
        assert!(status.success(), "{said}");
        assert!(
            honeycomb.names(&trace).contains(&"GET /".to_owned()),
            "{signal}: {said}"
        );
    }
}

#[test]
fn a_backend_that_hangs_does_not_keep_the_server_from_ending() {
    let (data, honeycomb) = (tempfile::tempdir().unwrap(), Honeycomb::start());
    honeycomb.hang();
    let server = serve(&data, &honeycomb, INGEST, &[]);
    let trace = visit(&server);
    server.served_trace(&trace);
    let (status, said) = server.terminate();
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(said.contains("the rest is sent after the next start"), "{said}");
    assert!(!said.contains("ERROR"), "{said}");
}

#[test]
fn the_level_of_telemetrys_own_words_counts_where_rust_log_is_unset() {
    let dead = Honeycomb::down();
    for (variables, is_said) in [
        (&[("OTEL_LOG_LEVEL", "WARN")][..], true),
        (&[("OTEL_LOG_LEVEL", "ERROR")], false),
        (&[("OTEL_LOG_LEVEL", "none")], false),
        (&[("OTEL_LOG_LEVEL", "ERROR"), ("RUST_LOG", "info")], true),
    ] {
        let data = tempfile::tempdir().unwrap();
        let server = serve(&data, &dead, INGEST, variables);
        visit(&server);
        server.health_when(|health| sender(health, "Honeycomb")["state"] == "down");
        let (_, said) = server.terminate();
        assert_eq!(
            said.contains("Honeycomb cannot be reached"),
            is_said,
            "{variables:?}: {said}"
        );
        assert!(
            said.contains("INFO") && said.contains("stopping"),
            "the app's own words stay: {said}"
        );
    }
}

#[test]
fn sigkill_loses_nothing_and_doubles_nothing_that_was_written_down() {
    let (data, honeycomb) = (tempfile::tempdir().unwrap(), Honeycomb::start());
    let server = serve(&data, &honeycomb, INGEST, &[]);
    let delivered = visit(&server);
    honeycomb.wait_for(&delivered, "GET /");
    // How far the sender is, is on the disk half a second after the answer.
    let log = rusqlite::Connection::open(data.path().join("spans.sqlite")).unwrap();
    let behind = "SELECT (SELECT max(seq) FROM batches) - coalesce((SELECT max(seq) FROM cursors), 0)";
    while log.query_row(behind, [], |row| row.get::<_, i64>(0)).unwrap() > 0 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let before = honeycomb.names(&delivered);
    honeycomb.answer(Some(StatusCode::SERVICE_UNAVAILABLE));
    let waiting = visit(&server);
    server.served_trace(&waiting);
    server.kill();

    honeycomb.answer(None);
    let server = serve(&data, &honeycomb, INGEST, &[]);
    honeycomb.wait_for(&waiting, "GET /");
    let last = visit(&server);
    honeycomb.wait_for(&last, "GET /");
    assert_eq!(honeycomb.names(&delivered), before);
    let whole = honeycomb.names(&waiting);
    assert_eq!(whole.iter().filter(|name| *name == "GET /").count(), 1, "{whole:?}");
}

#[test]
fn a_key_that_is_refused_is_said_once_and_delivered_later() {
    let (data, honeycomb) = (tempfile::tempdir().unwrap(), Honeycomb::start());
    honeycomb.answer(Some(StatusCode::UNAUTHORIZED));
    let server = serve(&data, &honeycomb, INGEST, &[]);
    let trace = visit(&server);
    let health = server.health_when(|health| sender(health, "Honeycomb")["state"] == "key refused");
    assert_eq!(sender(&health, "Honeycomb")["refused_spans"], 0);
    honeycomb.answer(None);
    let (_, said) = server.terminate();
    assert_eq!(
        said.matches("Honeycomb refuses the key (401 Unauthorized)").count(),
        1,
        "{said}"
    );
    assert!(honeycomb.names(&trace).contains(&"GET /".to_owned()), "{said}");
}

#[test]
fn a_key_for_another_environment_stops_the_start_and_touches_nothing() {
    let honeycomb = Honeycomb::start();
    let (data, endpoint) = (tempfile::tempdir().unwrap(), honeycomb.endpoint());
    let folder = data.path().join("data");
    for (key, actual) in [
        (INGEST, "the environment Test (test)"),
        (
            crate::support::honeycomb::CLASSIC,
            "Honeycomb Classic, which has no environments",
        ),
    ] {
        let variables = [
            ("HONEYCOMB_API_KEY", key),
            ("HONEYCOMB_API_ENDPOINT", &endpoint),
            ("HONEYCOMB_ENVIRONMENT", "production"),
        ];
        let ended = run(&folder, &variables, &[]);
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        let lines: Vec<_> = ended.stderr.lines().collect();
        let [line] = lines[..] else {
            panic!("not one line: {}", ended.stderr)
        };
        assert!(
            line.contains(&format!("HONEYCOMB_API_KEY writes to {actual}")),
            "{line}"
        );
        assert!(line.contains("HONEYCOMB_ENVIRONMENT is \"production\""), "{line}");
        assert!(!line.contains(key) && !line.contains(&honeycomb.port()), "{line}");
    }
    assert!(!folder.exists() && honeycomb.spans().is_empty());
}

#[test]
fn the_right_environment_is_right_by_either_name() {
    let honeycomb = Honeycomb::start();
    for name in ["PRODUCTION", "production"] {
        let data = tempfile::tempdir().unwrap();
        let server = serve(&data, &honeycomb, CONFIGURATION, &[("HONEYCOMB_ENVIRONMENT", name)]);
        let trace = visit(&server);
        honeycomb.wait_for(&trace, "GET /");
    }
}

#[test]
fn while_honeycomb_cannot_be_asked_nothing_is_sent_there() {
    let data = tempfile::tempdir().unwrap();
    let (mut right, mut wrong) = (Honeycomb::down(), Honeycomb::down());
    let named = [("HONEYCOMB_ENVIRONMENT", "test")];
    let other = tempfile::tempdir().unwrap();
    let servers = [
        serve(&data, &right, INGEST, &named),
        serve(&other, &wrong, CONFIGURATION, &named),
    ];
    let traces = [visit(&servers[0]), visit(&servers[1])];
    let [first, second] = &servers;
    for server in &servers {
        let health = server.health_when(|health| sender(health, "Honeycomb")["lag_batches"].as_u64() > Some(0));
        let state = "held: the key's environment is not checked yet";
        assert_eq!(sender(&health, "Honeycomb")["state"], state, "{health}");
    }
    right.rise();
    right.wait_for(&traces[0], "GET /");
    wrong.rise();
    let state = "held: the key is for another environment";
    second.health_when(|health| sender(health, "Honeycomb")["state"] == state);
    assert!(first.health_when(|health| sender(health, "Honeycomb")["state"] == "up to date")["status"] == "ok");
    let [first, second] = servers;
    let (_, said) = first.terminate();
    assert!(
        said.contains("Honeycomb cannot be reached: the connection was refused. Nothing is sent"),
        "{said}"
    );
    assert!(said.contains("sending begins"), "{said}");
    let (_, said) = second.terminate();
    assert!(
        said.contains("nothing is sent to Honeycomb: HONEYCOMB_API_KEY writes to"),
        "{said}"
    );
    assert!(wrong.spans().is_empty());
}

#[test]
fn debugging_shows_no_address_either() {
    let (data, honeycomb) = (tempfile::tempdir().unwrap(), Honeycomb::start());
    let server = serve(&data, &honeycomb, INGEST, &[("RUST_LOG", "trace")]);
    let trace = visit(&server);
    honeycomb.wait_for(&trace, "GET /");
    let (_, said) = server.terminate();
    assert!(said.contains("TRACE"), "it does say a lot");
    for secret in [INGEST, &honeycomb.port()] {
        let line = said.lines().find(|line| line.contains(secret));
        assert_eq!(line, None);
    }
}
