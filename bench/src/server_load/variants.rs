//! The same server with four kinds of tracing.

use crate::options::Options;
use crate::receiver::Receiver;
use anyhow::{Context as _, Result};
use bench::connection::Connection;
use bench::process::Server;

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

    /// Spans that have left the server so far, and spans that it has lost and knows of.
    pub(crate) fn spans(&self, receiver: &mut Receiver) -> Result<(u64, u64)> {
        if self.tracing == Tracing::Peer {
            return Ok((receiver.spans()?, 0));
        }
        let health = self.server.health()?;
        let own = &health["spans"]["server"];
        let count = |name: &str| {
            own[name]
                .as_u64()
                .with_context(|| format!("/health has no spans.server.{name}"))
        };
        Ok((count("exported")?, count("dropped")?))
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
