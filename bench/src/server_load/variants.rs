//! The same server with four kinds of tracing.

use crate::options::Options;
use crate::receiver::Receiver;
use anyhow::{Context as _, Result};
use bench::connection::Connection;
use bench::process::Server;
use std::time::Duration;

/// The SDK's batch processor waits for up to five seconds for more.
const PEER_DELAY: Duration = Duration::from_secs(6);

/// What is done with spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tracing {
    /// None is made; what the others are held against.
    Off,
    /// They are made and encoded, and kept nowhere.
    Encode,
    /// As the server comes: they go to the log, and from there into the store.
    Full,
    /// axum-tracing-opentelemetry and the SDK's own exporter.
    Peer,
}

impl Tracing {
    pub(crate) const ALL: [Self; 4] = [Self::Off, Self::Encode, Self::Full, Self::Peer];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Off => "tracing off",
            Self::Encode => "spans made and encoded, no sink",
            Self::Full => "span log and store (the default)",
            Self::Peer => "axum-tracing-opentelemetry, OTLP exporter",
        }
    }
}

/// What has become of a server's spans so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spans {
    pub(crate) sent: u64,
    /// And it knows of it.
    pub(crate) lost: u64,
    /// Pages that began at the server, because too many others waited for their browser, which this load has not: it
    /// never sends a page's own spans.
    pub(crate) without_room: u64,
}

impl Spans {
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            sent: self.sent - before.sent,
            lost: self.lost - before.lost,
            without_room: self.without_room - before.without_room,
        }
    }
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Variant {
    pub(crate) tracing: Tracing,
    pub(crate) server: Server,
    /// Of somebody who is signed in.
    pub(crate) cookie: String,
}

impl Variant {
    pub(crate) fn start(tracing: Tracing, options: &Options, receiver: &Receiver) -> Result<Self> {
        let endpoint = format!("http://{}/v1/traces", receiver.address);
        let peer = ["peer", &endpoint];
        let (binary, arguments, environment): (_, &[&str], &[(&str, &str)]) = match tracing {
            Tracing::Off => (
                &options.server,
                &[],
                &[("OTEL_SDK_DISABLED", "true"), ("CRUDDUR_TRACE_STORE", "off")],
            ),
            Tracing::Encode => (&options.variant, &["encode"], &[("CRUDDUR_TRACE_STORE", "off")]),
            Tracing::Full => (&options.server, &[], &[]),
            Tracing::Peer => (
                &options.variant,
                &peer,
                &[("OTEL_SDK_DISABLED", "true"), ("CRUDDUR_TRACE_STORE", "off")],
            ),
        };
        let environment = [environment, &[("CRUDDUR_DEMO", "1")]].concat();
        let name = format!("server-load-{tracing:?}").to_lowercase();
        let server = Server::start(binary, arguments, &options.folder, &name, &environment)?;
        let cookie = sign_in(&server)?;
        Ok(Self {
            tracing,
            server,
            cookie,
        })
    }

    /// To be asked when no request is under way.
    pub(crate) fn spans(&self, receiver: &mut Receiver) -> Result<Spans> {
        if self.tracing == Tracing::Peer {
            std::thread::sleep(PEER_DELAY);
            return Ok(Spans {
                sent: receiver.spans()?,
                ..Spans::default()
            });
        }
        let health = self.server.health()?;
        let count = |pointer: &str| {
            let count = health.pointer(pointer).and_then(serde_json::Value::as_u64);
            count.with_context(|| format!("/health has no {pointer}"))
        };
        Ok(Spans {
            sent: count("/spans/server/exported")?,
            lost: count("/spans/server/dropped")?,
            without_room: count("/page_loads/without_room")?,
        })
    }
}

/// As one of the demo people.
fn sign_in(server: &Server) -> Result<String> {
    let body = br#"{"email":"andrewbrown@cruddur.example","password":"just crud it!"}"#;
    let answer = Connection::open(server.address)?.send(
        "POST /api/users/signin",
        "content-type: application/json\r\naccept: application/json\r\n",
        body,
    )?;
    answer.cookie.with_context(|| {
        format!(
            "a demo person cannot sign in: {} {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        )
    })
}
