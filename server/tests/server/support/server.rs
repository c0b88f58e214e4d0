//! The binary `cruddur`, as a person starts it.

use super::message::{Answer, Ask};
use super::site::{PATIENCE, Site};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

/// A running server. It is killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// Gives all that the server said, when it has ended.
    said: Option<JoinHandle<String>>,
    /// Gives all that the server printed, when it has ended.
    printed: Option<JoinHandle<String>>,
}

impl Server {
    /// Starts it on a port of its own, and returns when it listens.
    pub(crate) fn start(data_dir: &Path, variables: &[(&str, &str)]) -> Self {
        let mut child = command(data_dir, variables).spawn().expect("the binary");
        let (lines, said) = follow(&mut child);
        let mut stdout = child.stdout.take().unwrap();
        let printed = std::thread::spawn(move || {
            let mut printed = String::new();
            stdout.read_to_string(&mut printed).unwrap();
            printed
        });
        let address = loop {
            match lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    if let Some((_, address)) = line.split_once("Cruddur is at http://") {
                        break address.trim_end_matches('/').parse().expect("an address");
                    }
                }
                Err(_) => {
                    _ = child.kill();
                    panic!("the server did not start: {}", said.join().unwrap());
                }
            }
        };
        Self {
            child,
            address,
            said: Some(said),
            printed: Some(printed),
        }
    }

    /// Sends a request, unless the server is gone, or goes before it has answered. HTTP/1.0: one request a connection,
    /// and the body ends with it.
    pub(crate) fn try_send(&self, ask: Ask) -> io::Result<Answer> {
        let mut request = format!("{} {} HTTP/1.0\r\n", ask.method, ask.path).into_bytes();
        for (name, value) in &ask.headers {
            request.extend_from_slice(format!("{name}: ").as_bytes());
            request.extend_from_slice(value.as_bytes());
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(format!("content-length: {}\r\n\r\n", ask.body.len()).as_bytes());
        request.extend_from_slice(&ask.body);

        let mut connection = TcpStream::connect(self.address)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        connection.write_all(&request)?;
        let mut response = Vec::new();
        connection.read_to_end(&mut response)?;
        read(&response)
    }

    /// SIGKILL: no chance to do anything any more.
    pub(crate) fn kill(mut self) {
        self.send_signal("KILL");
        assert!(!self.child.wait().unwrap().success());
    }

    /// Sends a signal, and does not wait.
    pub(crate) fn send_signal(&self, name: &str) {
        let process = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &process]).status().unwrap();
        assert!(sent.success());
    }

    /// SIGTERM, as containers and init systems send it; gives how it ended and all that it said.
    pub(crate) fn terminate(self) -> (ExitStatus, String) {
        self.signal("TERM")
    }

    /// Ends it, and gives all that it printed on standard output.
    pub(crate) fn printed(mut self) -> String {
        let printed = self.printed.take().unwrap();
        let (status, said) = self.terminate();
        assert!(status.success(), "{said}");
        printed.join().unwrap()
    }

    /// Sends a signal, and waits for the end.
    pub(crate) fn signal(mut self, name: &str) -> (ExitStatus, String) {
        self.send_signal(name);
        let status = self.child.wait().unwrap();
        (status, self.said.take().unwrap().join().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl Site for Server {
    fn send(&self, ask: Ask) -> Answer {
        self.try_send(ask).expect("a server that answers")
    }
}

fn read(response: &[u8]) -> io::Result<Answer> {
    let broken_off = || io::Error::from(ErrorKind::UnexpectedEof);
    let end = response.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = response.split_at(end.ok_or_else(broken_off)? + 4);
    let head = std::str::from_utf8(head).expect("text");
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let mut answer = Answer {
        status: status.expect("a status line").parse().expect("a status"),
        headers: HeaderMap::new(),
        body: body.to_vec(),
    };
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let name = name.parse::<HeaderName>().unwrap();
        answer.headers.append(name, HeaderValue::from_str(value).unwrap());
    }
    match answer.header("content-length").parse() {
        Ok(length) if body.len() < length => Err(broken_off()),
        _ => Ok(answer),
    }
}

/// A start that comes to nothing, or a command that ends by itself.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the binary to its end.
pub(crate) fn run(data_dir: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Ended {
    let output = command(data_dir, variables)
        .args(arguments)
        .output()
        .expect("the binary");
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The binary with these variables, and none of those of whoever runs the tests.
fn command(data_dir: &Path, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cruddur"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let ours = ["OTEL_", "HONEYCOMB_", "CRUDDUR_", "LEPTOS_", "RUST_LOG"];
        if name == "DATABASE_URL" || ours.iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
    command
        .env("LEPTOS_OUTPUT_NAME", "cruddur")
        .env("LEPTOS_SITE_ADDR", "127.0.0.1:0")
        .env("CRUDDUR_DATA_DIR", data_dir)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Reads what the server says, line by line, so that it never waits for us.
fn follow(child: &mut Child) -> (Receiver<String>, JoinHandle<String>) {
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let (line, lines) = channel();
    let said = std::thread::spawn(move || {
        let mut said = String::new();
        for read in stderr.lines() {
            let read = read.unwrap();
            said.push_str(&read);
            said.push('\n');
            _ = line.send(read);
        }
        said
    });
    (lines, said)
}
