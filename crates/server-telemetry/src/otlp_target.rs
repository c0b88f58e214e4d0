//! A backend that takes OTLP over HTTP: what the environment names, and what senders post to.

#[cfg(feature = "client")]
use crate::client::Call;
#[cfg(feature = "client")]
use bytes::Bytes;
#[cfg(feature = "client")]
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, Uri};
#[cfg(feature = "client")]
use http::{HeaderValue, Method, Request, header};
use std::fmt;
#[cfg(feature = "client")]
use std::io::Write;
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

#[cfg(feature = "client")]
impl OtlpTarget {
    /// Posts a body, which is written in this target's protocol and packed by its compression.
    pub(crate) fn call(&self, body: Bytes) -> Call {
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.endpoint.clone();
        *request.headers_mut() = self.headers.clone();
        let headers = request.headers_mut();
        let kind = match self.protocol {
            OtlpProtocol::HttpProtobuf => trace_wire::PROTOBUF,
            OtlpProtocol::HttpJson => "application/json",
        };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        if self.compression == OtlpCompression::Gzip {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        Call::new(request).timeout(self.timeout).status_decides()
    }
}

#[cfg(feature = "client")]
impl OtlpCompression {
    /// Packs a body.
    pub(crate) fn pack(self, body: Vec<u8>) -> Bytes {
        match self {
            Self::None => body.into(),
            Self::Gzip => {
                let mut packed = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
                let packed = packed.write_all(&body).and_then(|()| packed.finish());
                packed.expect("writing to memory does not fail").into()
            }
        }
    }
}
