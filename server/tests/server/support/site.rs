//! What can be asked of every server, in this process or not.

use super::message::{Answer, Ask};
use super::trace::Trace;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The password of everybody whom the tests sign up.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// How long the tests wait for what should come at once.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody who has an account and is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) handle: String,
    pub(crate) uuid: String,
    /// As a browser sends it.
    pub(crate) cookie: String,
}

/// A server.
pub(crate) trait Site {
    fn send(&self, ask: Ask) -> Answer;

    /// Makes an account.
    fn sign_up(&self, handle: &str) -> Person {
        let fields = json!({
            "name": format!("The {handle}"), "email": email(handle), "username": handle, "password": PASSWORD,
        });
        let answer = self.send(Ask::json("/api/users/signup", &fields));
        assert_eq!(answer.status, 200, "{}", answer.text());
        Person {
            handle: handle.to_owned(),
            uuid: answer.json()["uuid"].as_str().unwrap().to_owned(),
            cookie: answer.cookie("cruddur_session"),
        }
    }

    /// Posts a crud, and gives its uuid.
    fn crud(&self, author: &Person, message: &str) -> String {
        let ask = Ask::json("/api/activities", &json!({ "message": message })).cookie(&author.cookie);
        let answer = self.send(ask);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["uuid"].as_str().unwrap().to_owned()
    }

    /// The handle of who is signed in with this cookie.
    fn viewer(&self, cookie: &str) -> Option<String> {
        let answer = self.send(Ask::get("/api/users/current").cookie(cookie));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["handle"].as_str().map(str::to_owned)
    }

    /// The rows of a trace; none where it is not known (yet).
    fn rows(&self, id: &str) -> Option<Trace> {
        let answer = self.send(Ask::get(&format!("/api/traces/{id}")));
        match answer.status {
            200 => Some(Trace::new(id, &answer.json())),
            404 => None,
            other => panic!("{other}: {}", answer.text()),
        }
    }

    /// The trace, as soon as it is as is demanded.
    fn trace_when(&self, id: &str, complete: impl Fn(&Trace) -> bool) -> Trace {
        let begun = Instant::now();
        loop {
            let trace = self.rows(id);
            match trace {
                Some(trace) if complete(&trace) => return trace,
                trace => assert!(begun.elapsed() < PATIENCE, "{id} is not complete: {trace:?}"),
            }
            // Over HTTP there is nothing to wait for but the next answer.
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The trace, as soon as the server's span is in it. It ends after all that it caused, and spans are written in the
    /// order of their ends.
    fn served_trace(&self, id: &str) -> Trace {
        self.trace_when(id, |trace| {
            trace.rows.iter().any(|row| row.text("span.kind") == "server")
        })
    }

    /// What `/health` says, as soon as it says what is demanded.
    fn health_when(&self, as_demanded: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let health = self.send(Ask::get("/health")).json();
            if as_demanded(&health) {
                return health;
            }
            assert!(begun.elapsed() < PATIENCE, "{health}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// When this returns, the store has every span that ended before the call.
    fn settle(&self) {
        let fence = self.send(Ask::get("/api/users/current"));
        self.served_trace(&fence.trace_id());
    }
}

/// Of whom the tests sign up with this handle.
pub(crate) fn email(handle: &str) -> String {
    format!("{handle}@example.org")
}
