//! `cruddur health`.

use crate::support::server::{Ended, Server, run};
use std::io::{Read, Write};
use std::net::TcpListener;

fn health(address: &str) -> Ended {
    let data = tempfile::tempdir().unwrap();
    let ended = run(data.path(), &[("LEPTOS_SITE_ADDR", address)], &["health"]);
    assert!(
        std::fs::read_dir(data.path()).unwrap().next().is_none(),
        "it writes nothing"
    );
    ended
}

#[test]
fn a_server_that_is_well_says_so() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let everywhere = format!("0.0.0.0:{}", server.address.port());
    for address in [server.address.to_string(), everywhere] {
        let ended = health(&address);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let said: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!((said["status"].as_str(), said["log"].is_object()), (Some("ok"), true));
    }
}

#[test]
fn what_is_not_well_is_one_line_and_a_code() {
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let answers = std::thread::spawn(move || {
        for answer in ["200 OK", "503 Service Unavailable"] {
            let (mut connection, _) = other.accept().unwrap();
            let mut request = [0; 4096];
            let read = connection.read(&mut request).unwrap();
            assert!(request[..read].starts_with(b"GET /health HTTP/1.1\r\n"));
            let body = match answer {
                "200 OK" => "hello",
                _ => r#"{"status":"ok"}"#,
            };
            write!(
                connection,
                "HTTP/1.1 {answer}\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
        }
    });
    for (ended, words) in [
        (health(&nobody), "LEPTOS_SITE_ADDR): Connection refused"),
        (health(&address), "answers 200 OK, and not that it is well"),
        (
            health(&address),
            "answers 503 Service Unavailable, and not that it is well",
        ),
        (health("everywhere"), "LEPTOS_SITE_ADDR is \"everywhere\""),
    ] {
        assert_eq!(ended.code, Some(1), "{words}");
        assert_eq!(ended.stdout, "", "{words}");
        assert!(
            ended.stderr.contains(words) && ended.stderr.lines().count() == 1,
            "{}",
            ended.stderr
        );
    }
    answers.join().unwrap();
}
