//! A start that cannot be: what is wrong is said, by name, and the process ends with a code that tells.

use crate::support::message::Ask;
use crate::support::otlp::{batch, from_page};
use crate::support::server::{Ended, Server, run};
use crate::support::site::Site;
use crate::support::trace::Caller;
use std::fs;
use std::net::TcpListener;

/// The one line that it ended with.
fn one_line(ended: &Ended) -> &str {
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let lines: Vec<_> = ended.stderr.lines().collect();
    let [line] = lines[..] else {
        panic!("not one line: {}", ended.stderr)
    };
    line.strip_prefix("cruddur: ").unwrap_or_else(|| panic!("{line}"))
}

#[test]
fn a_port_that_is_taken_touches_nothing() {
    let data = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = data.path().join("data");
    let ended = run(&folder, &[("LEPTOS_SITE_ADDR", &address)], &[]);
    let line = one_line(&ended);
    assert!(line.contains(&format!("cannot listen on {address}")), "{line}");
    assert!(
        line.contains("Stop what is listening there, or set LEPTOS_SITE_ADDR"),
        "{line}"
    );
    assert!(!folder.exists());
}

#[test]
fn every_variable_that_is_wrong_is_named() {
    let data = tempfile::tempdir().unwrap();
    let wrong = [
        ("LEPTOS_SITE_ADDR", "localhost"),
        ("CRUDDUR_SPAN_LOG_MB", "-3"),
        ("CRUDDUR_DEMO", "maybe"),
        ("CRUDDUR_TRACE_STORE", "postgres"),
        ("CRUDDUR_EXPLORER", "everyone"),
    ];
    let ended = run(data.path(), &wrong, &[]);
    assert_eq!(ended.code, Some(1));
    let lines: Vec<_> = ended.stderr.lines().collect();
    assert_eq!(lines.len(), wrong.len(), "{}", ended.stderr);
    for (name, value) in wrong {
        let told = lines
            .iter()
            .any(|line| line.contains(name) && line.contains(value) && line.contains("it takes"));
        assert!(told, "{name}: {}", ended.stderr);
    }
    assert!(
        fs::read_dir(data.path()).unwrap().next().is_none(),
        "nothing was written"
    );
}

#[test]
fn a_database_that_is_not_supported_is_named_without_its_password() {
    let data = tempfile::tempdir().unwrap();
    for url in ["postgres://cruddur:hunter2@db.internal/cruddur", "hunter2@nowhere"] {
        let ended = run(data.path(), &[("DATABASE_URL", url)], &[]);
        let line = one_line(&ended);
        assert!(line.contains("DATABASE_URL") && line.contains("sqlite:"), "{line}");
        assert!(!line.contains("hunter2") && !line.contains("db.internal"), "{line}");
    }
}

#[test]
fn a_database_somewhere_else_is_used() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("another.db");
    let url = format!("sqlite:{}", file.display());
    let server = Server::start(&data.path().join("data"), &[("DATABASE_URL", &url)]);
    server.sign_up("elsewhere");
    assert!(file.exists() && !data.path().join("data/cruddur.sqlite").exists());
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let data = tempfile::tempdir().unwrap();
    // Not by its permissions, which root (in containers, in CI) does not have to mind.
    let file = data.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let folder = file.join("data");
    let ended = run(&folder, &[], &[]);
    let line = one_line(&ended);
    assert!(
        line.contains("CRUDDUR_DATA_DIR") && line.contains(folder.to_str().unwrap()),
        "{line}"
    );

    // The folder is there, and its files cannot be made.
    fs::create_dir_all(data.path().join("odd/cruddur.sqlite")).unwrap();
    let ended = run(&data.path().join("odd"), &[], &[]);
    let line = one_line(&ended);
    assert!(line.contains("`cruddur.sqlite` cannot be opened"), "{line}");
}

#[test]
fn a_folder_that_another_server_uses_is_left_alone() {
    let data = tempfile::tempdir().unwrap();
    let first = Server::start(data.path(), &[]);
    let ended = run(data.path(), &[], &[]);
    let line = one_line(&ended);
    assert!(line.contains("in use by another process"), "{line}");
    assert_eq!(first.send(Ask::page("/")).status, 200);
}

#[test]
fn telemetrys_own_variables_are_checked_too() {
    let data = tempfile::tempdir().unwrap();
    for (name, value) in [("OTEL_BSP_MAX_QUEUE_SIZE", "many"), ("OTEL_SDK_DISABLED", "perhaps")] {
        let ended = run(data.path(), &[(name, value)], &[]);
        let line = one_line(&ended);
        assert!(line.contains(name) && line.contains(value), "{line}");
    }
}

#[test]
fn what_telemetry_does_not_support_stops_the_start_and_no_secret_is_shown() {
    let data = tempfile::tempdir().unwrap();
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");
    let headers = "OTEL_EXPORTER_OTLP_HEADERS";
    for (variables, words) in [
        (vec![("OTEL_TRACES_EXPORTER", "zipkin")], "it takes otlp, console, none"),
        (vec![("OTEL_TRACES_SAMPLER", "jaeger_remote")], "it takes always_on"),
        (vec![("OTEL_PROPAGATORS", "tracecontext,xray")], "not supported yet"),
        (vec![("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), endpoint], "http/protobuf"),
        (
            vec![("OTEL_EXPORTER_OTLP_CERTIFICATE", "ca.pem"), endpoint],
            "collector",
        ),
        (vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1:4318")], "http://"),
        (
            vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:hunter2@127.0.0.1")],
            "headers",
        ),
        (vec![(headers, "x-honeycomb-team hunter2"), endpoint], "entry 1"),
        (vec![("HONEYCOMB_API_KEY", "hunter2 \u{1}")], "a header cannot carry"),
    ] {
        let ended = run(data.path(), &variables, &[]);
        let line = one_line(&ended);
        assert!(line.starts_with(variables[0].0) && line.contains(words), "{line}");
        assert!(!line.contains("hunter2") && ended.stdout.is_empty(), "{line}");
    }
    assert!(
        fs::read_dir(data.path()).unwrap().next().is_none(),
        "nothing was written"
    );
}

#[test]
fn the_console_shows_spans_beside_the_log() {
    let data = tempfile::tempdir().unwrap();
    let variables = [
        ("OTEL_TRACES_EXPORTER", "console"),
        ("OTEL_SERVICE_NAME", "another"),
        ("OTEL_PROPAGATORS", "b3"),
    ];
    let server = Server::start(data.path(), &variables);
    let (trace, caller) = ("80f198ee56343ba864fe8b2a57d3eff7", "e457b5a2e4d86bd1");
    let ask = Ask::get("/api/users/current").header("b3", &format!("{trace}-{caller}-1"));
    assert_eq!(server.send(ask).status, 200);
    let stored = server.served_trace(trace);
    assert_eq!(stored.server().text("service.name"), "another");
    assert_eq!(stored.server().text("trace.parent_id"), caller);
    let span = stored.server().text("trace.span_id")[..8].to_owned();

    let printed = server.printed();
    let line = printed.lines().find(|line| line.contains("GET /api/users/current"));
    let line = line.unwrap_or_else(|| panic!("{printed}"));
    assert!(
        line.contains("  server  ") && line.contains(&format!("80f198ee/{span}<e457b5a2")),
        "{line}"
    );
    assert!(line.contains("http.response.status_code=200"), "{line}");
}

#[test]
fn telemetry_can_be_switched_off() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[("OTEL_SDK_DISABLED", "true")]);
    let answer = server.send(Ask::page("/"));
    assert_eq!((answer.status, answer.header("server-timing")), (200, ""));
    let health = server.send(Ask::get("/health")).json();
    assert_eq!(health["spans"]["server"]["exported"], 0);
}

#[test]
fn a_damaged_cookie_key_says_what_to_do() {
    let data = tempfile::tempdir().unwrap();
    fs::write(data.path().join("cookie.key"), "short").unwrap();
    let ended = run(data.path(), &[], &[]);
    let line = one_line(&ended);
    assert!(line.contains("cookie.key") && line.contains("remove it"), "{line}");
}

#[test]
fn without_an_ingest_key_no_key_is_right() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[("CRUDDUR_INGEST_KEY", "")]);
    for key in ["", "key"] {
        let answer = server.send(
            Ask::post("/v1/traces")
                .header("content-type", "application/json")
                .header("x-honeycomb-team", key),
        );
        assert_eq!(answer.status, 401);
        assert!(
            answer.text().contains("Set CRUDDUR_INGEST_KEY on the server"),
            "{}",
            answer.text()
        );
    }
}

#[test]
fn the_command_line_explains_itself() {
    let data = tempfile::tempdir().unwrap();
    let version = run(data.path(), &[], &["--version"]);
    assert_eq!(
        (version.code, version.stdout.trim()),
        (Some(0), concat!("cruddur ", env!("CARGO_PKG_VERSION")))
    );
    let help = run(data.path(), &[], &["--help"]);
    assert_eq!(help.code, Some(0));
    assert!(help.stdout.contains("cruddur [serve]"));
    let unknown = run(data.path(), &[], &["server"]);
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.stderr.contains("unknown arguments: server") && unknown.stderr.contains("Usage"));
}

#[test]
fn the_rate_of_the_relay_is_a_setting() {
    let data = tempfile::tempdir().unwrap();
    let slowly = [("CRUDDUR_RELAY_RATE", "1"), ("CRUDDUR_RELAY_BURST", "1")];
    let server = Server::start(data.path(), &slowly);
    // One a second: of many in a row one comes too soon, however slow this machine is.
    let refused = (0..200).find_map(|_| {
        let answer = server.send(from_page(&batch(&Caller::new(), "click", &[])));
        (answer.status != 200).then_some(answer)
    });
    let refused = refused.expect("too many at once");
    assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
    let health = server.send(Ask::get("/health")).json();
    assert_eq!(health["batches"]["relay"]["rate_limited"], 1, "{health}");
}
