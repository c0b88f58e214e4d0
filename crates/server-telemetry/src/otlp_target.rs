//! A backend that takes OTLP over HTTP: what the environment names, and what senders post to.

use http::{HeaderMap, Uri};
use std::fmt;
use std::time::Duration;

/// Where spans go, and how. The headers may hold a key: [`fmt::Debug`] shows their names only.
#[derive(Clone, PartialEq, Eq)]
pub struct OtlpTarget {
    /// What it is called in words, in `/health` and in log lines, such as `Honeycomb` or `OTLP`. Never an address or a
    /// key.
    pub name: String,
    /// The whole address, `/v1/traces` included.
    pub endpoint: Uri,
    /// Sent with every request.
    pub headers: HeaderMap,
    /// How long one request may take.
    pub timeout: Duration,
    /// How bodies are packed.
    pub compression: OtlpCompression,
    /// What bodies are written in.
    pub protocol: OtlpProtocol,
}

/// How bodies are packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OtlpCompression {
    /// Not at all.
    None,
    /// `Content-Encoding: gzip`.
    #[default]
    Gzip,
}

/// What bodies are written in (<https://opentelemetry.io/docs/specs/otlp/#otlphttp>).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OtlpProtocol {
    /// `http/protobuf`.
    #[default]
    HttpProtobuf,
    /// `http/json`.
    HttpJson,
}

impl fmt::Debug for OtlpTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpTarget")
            .field("name", &self.name)
            .field(
                "headers",
                &self.headers.keys().map(http::HeaderName::as_str).collect::<Vec<_>>(),
            )
            .field("timeout", &self.timeout)
            .field("compression", &self.compression)
            .field("protocol", &self.protocol)
            .finish_non_exhaustive()
    }
}
