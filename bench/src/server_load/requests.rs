//! The requests, as a browser sends them.

use anyhow::{Result, bail};
use bench::connection::Connection;
use bench::random::Random;

const AGENT: &str = "user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36\r\n";

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// The feed as JSON, as the hydrated page asks for it: with the trace of a click.
    Feed,
    /// The feed as a page.
    Page,
    /// A crud is posted.
    Post,
}

impl Request {
    /// Posting last: it makes the feed longer.
    pub(crate) const ALL: [Self; 3] = [Self::Feed, Self::Page, Self::Post];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Feed => "JSON feed  GET /api/activities/home",
            Self::Page => "SSR feed   GET /",
            Self::Post => "posting    POST /api/activities",
        }
    }

    /// Sends one and reads its answer.
    pub(crate) fn send(self, connection: &mut Connection, cookie: &str, random: &mut Random) -> Result<()> {
        let trace = format!(
            "traceparent: 00-{:016x}{:016x}-{:016x}-01\r\nbaggage: session.id=0d9a7c1e5b3f4c2a9e8d7f6b5a4c3d2e\r\n",
            random.next() | 1,
            random.next(),
            random.next() | 1,
        );
        let answer = match self {
            Self::Feed => connection.send(
                "GET /api/activities/home",
                &format!("{AGENT}accept: application/json\r\n{trace}"),
                &[],
            )?,
            Self::Page => connection.send(
                "GET /",
                &format!("{AGENT}accept: text/html,application/xhtml+xml\r\n"),
                &[],
            )?,
            Self::Post => connection.send(
                "POST /api/activities",
                &format!(
                    "{AGENT}accept: application/json\r\ncontent-type: application/json\r\ncookie: {cookie}\r\n{trace}"
                ),
                format!(r#"{{"message":"Measured {:016x}","ttl":"7-days"}}"#, random.next()).as_bytes(),
            )?,
        };
        if answer.status != 200 {
            bail!(
                "{} was answered {}: {}",
                self.title(),
                answer.status,
                String::from_utf8_lossy(&answer.body)
            );
        }
        Ok(())
    }
}
