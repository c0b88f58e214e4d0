//! What makes no spans: telemetry's own traffic, files and health, and the SQL under them.

use crate::support::app::{HASH, app};
use crate::support::message::Ask;
use crate::support::site::Site;
use crate::support::trace::Caller;

#[test]
fn telemetry_files_and_health_make_no_spans() {
    let person = app().sign_up("quiet_person");
    let quiet: Vec<_> = [
        "/health".to_owned(),
        "/traces".to_owned(),
        "/traces/0af7651916cd43dd8448eb211c80319c".to_owned(),
        "/traces/style.css".to_owned(),
        "/api/traces".to_owned(),
        "/api/traces/0af7651916cd43dd8448eb211c80319c".to_owned(),
        "/v1/traces".to_owned(),
        "/favicon.svg".to_owned(),
        format!("/pkg/cruddur.{HASH}.js"),
        "/pkg/gone.js".to_owned(),
    ]
    .into_iter()
    .map(|path| (path, Caller::new()))
    .collect();
    for (path, caller) in &quiet {
        // Signed in, so that there is SQL below it.
        let ask = Ask::get(path)
            .cookie(&person.cookie)
            .header("traceparent", &caller.traceparent());
        let answer = app().send(ask);
        assert_eq!(answer.header("server-timing"), "", "{path}");
    }
    app().settle();
    for (path, caller) in &quiet {
        let trace = app().rows(&caller.trace_id);
        assert!(trace.is_none(), "{path}: {trace:?}");
    }
    // And no trace begins with SQL that has lost its request.
    let seen = app().send(Ask::get("/api/traces?limit=1000")).json();
    for trace in seen["traces"].as_array().unwrap() {
        let name = trace["name"].as_str().unwrap();
        assert!(!name.contains("/traces") && !name.contains("/health"), "{name}");
        if name.starts_with("SELECT") {
            // That of another test, whose request was not through yet.
            let trace = app().rows(trace["trace.trace_id"].as_str().unwrap()).unwrap();
            let statements = trace.rows.iter().filter(|row| row.text("name").starts_with("SELECT"));
            for statement in statements {
                assert!(statement.get("trace.parent_id").is_string(), "{trace:?}");
            }
        }
    }
}
