//! The sink of an app without a log: each batch goes straight on to a backend that takes OTLP over HTTP.
//!
//! Nothing is kept here and nothing is tried again: a batch is safe when the backend has answered 2xx, and whoever
//! handed it in hears of everything else. So the relay answers 503, the browser keeps its spans and comes again, and
//! a backend that is down costs spans of those pages only that are closed meanwhile. An app that wants more takes the
//! span log (feature `span-log`).
//!
//! The backend's address and headers go nowhere but into the request: no error and no log line holds them.

use crate::otlp_target::{OtlpCompression, OtlpProtocol, OtlpTarget};
use crate::sink::{Ack, EncodedBatch, SinkError, SpanSink};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// The most batches that are under way at once. One from a page has a megabyte at most.
const UNDER_WAY: usize = 32;

/// What the specification gives a request where the environment says nothing.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why there is no forwarder, or why a batch did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// A variable of the environment cannot be understood. (The value of one that holds a key is not shown.)
    #[error("{name} cannot be understood: {expected}")]
    Env {
        /// The variable.
        name: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// The target wants JSON.
    #[error("spans are forwarded as http/protobuf only; set the exporter's protocol to that")]
    Json,
    /// There is no HTTP client, for example because the machine's certificates cannot be read.
    #[error("there is no HTTP client")]
    Client(#[source] reqwest::Error),
    /// The request broke off. The client's own error is not kept: its causes hold the address.
    #[error("the OTLP endpoint could not be reached: {0}")]
    Unreachable(&'static str),
    /// The backend does not take the batch.
    #[error("the OTLP endpoint answered {0}")]
    Refused(StatusCode),
    /// The task that sent the batch is gone: the process stops.
    #[error("the batch was given up")]
    GivenUp(#[source] tokio::task::JoinError),
}

/// Sends each batch on, as it comes.
#[derive(Clone)]
pub struct OtlpForwarder {
    target: Arc<OtlpTarget>,
    client: reqwest::Client,
    runtime: Handle,
    room: Arc<Semaphore>,
}

impl std::fmt::Debug for OtlpForwarder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("OtlpForwarder").field(&self.target).finish()
    }
}

impl OtlpForwarder {
    /// A forwarder to this backend. It works on the tokio runtime in which it is made.
    ///
    /// # Errors
    ///
    /// [`ForwardError::Json`] and [`ForwardError::Client`].
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn new(target: OtlpTarget) -> Result<Self, ForwardError> {
        if target.protocol == OtlpProtocol::HttpJson {
            return Err(ForwardError::Json);
        }
        let client = reqwest::Client::builder()
            .timeout(target.timeout)
            // A redirect would carry the key to wherever it points.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| ForwardError::Client(error.without_url()))?;
        Ok(Self {
            target: Arc::new(target),
            client,
            runtime: Handle::current(),
            room: Arc::new(Semaphore::new(UNDER_WAY)),
        })
    }

    /// A forwarder to the backend that the environment names, as the `opentelemetry-otlp` exporter reads it:
    /// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, or `OTEL_EXPORTER_OTLP_ENDPOINT` with `/v1/traces` behind it (default
    /// `http://localhost:4318`), and `…_HEADERS` and `…_TIMEOUT` (milliseconds) in the same order.
    ///
    /// # Errors
    ///
    /// [`ForwardError::Env`], and those of [`Self::new`].
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn from_env() -> Result<Self, ForwardError> {
        Self::new(target(|name| {
            std::env::var(name).ok().filter(|value| !value.is_empty())
        })?)
    }
}

impl SpanSink for OtlpForwarder {
    fn append(&self, batch: EncodedBatch) -> Result<Ack, SinkError> {
        let Ok(place) = self.room.clone().try_acquire_owned() else {
            return Err(SinkError::Full);
        };
        let (client, target) = (self.client.clone(), self.target.clone());
        // A task of its own: whoever waits may go away, and may be a plain thread.
        let sent = self.runtime.spawn(async move {
            let _place = place;
            send(&client, &target, batch.body).await
        });
        Ok(Ack::new(async move {
            let sent = sent.await.unwrap_or_else(|gone| Err(ForwardError::GivenUp(gone)));
            sent.map_err(|error| SinkError::Failed(Box::new(error)))
        }))
    }
}

async fn send(client: &reqwest::Client, target: &OtlpTarget, body: Vec<u8>) -> Result<(), ForwardError> {
    let mut request = client
        .post(target.endpoint.to_string())
        .headers(target.headers.clone())
        .header(header::CONTENT_TYPE, trace_wire::PROTOBUF);
    let body = match target.compression {
        OtlpCompression::None => body,
        OtlpCompression::Gzip => {
            request = request.header(header::CONTENT_ENCODING, "gzip");
            tokio::task::spawn_blocking(move || gzip(&body))
                .await
                .map_err(ForwardError::GivenUp)?
        }
    };
    let response = request.body(body).send().await.map_err(unreachable)?;
    let status = response.status();
    if !status.is_success() {
        return Err(ForwardError::Refused(status));
    }
    let answer = response.bytes().await.map_err(unreachable)?;
    let refused = ExportTraceServiceResponse::decode(answer)
        .ok()
        .and_then(|answer| answer.partial_success)
        .map_or(0, |partial| partial.rejected_spans);
    if refused > 0 {
        tracing::warn!(
            spans = refused,
            "the OTLP endpoint took a batch without some of its spans"
        );
    }
    Ok(())
}

fn unreachable(error: reqwest::Error) -> ForwardError {
    ForwardError::Unreachable(if error.is_timeout() {
        "it did not answer in time"
    } else if error.is_connect() {
        "there is no connection"
    } else {
        "the connection broke off"
    })
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    // Writing into memory does not fail.
    _ = encoder.write_all(body);
    encoder.finish().unwrap_or_default()
}

/// The target that the environment names.
fn target(lookup: impl Fn(&str) -> Option<String>) -> Result<OtlpTarget, ForwardError> {
    const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
    const TIMEOUT_MS: &str = "OTEL_EXPORTER_OTLP_TIMEOUT";

    let endpoint = match lookup(TRACES_ENDPOINT) {
        Some(endpoint) => uri(TRACES_ENDPOINT, &endpoint)?,
        None => {
            let base = lookup(ENDPOINT).unwrap_or_else(|| "http://localhost:4318".to_owned());
            uri(
                ENDPOINT,
                &(base.trim_end_matches('/').to_owned() + trace_wire::TRACES_PATH),
            )?
        }
    };
    let listed = lookup("OTEL_EXPORTER_OTLP_TRACES_HEADERS").or_else(|| lookup(HEADERS));
    let timeout = match lookup("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT").or_else(|| lookup(TIMEOUT_MS)) {
        None => TIMEOUT,
        Some(text) => Duration::from_millis(text.trim().parse().map_err(|_| ForwardError::Env {
            name: TIMEOUT_MS,
            expected: "milliseconds are expected",
        })?),
    };
    Ok(OtlpTarget {
        name: "OTLP".to_owned(),
        endpoint,
        headers: headers(&listed.unwrap_or_default()).ok_or(ForwardError::Env {
            name: HEADERS,
            expected: "a list like name=value,other=value is expected",
        })?,
        timeout,
        compression: OtlpCompression::None,
        protocol: OtlpProtocol::HttpProtobuf,
    })
}

fn uri(name: &'static str, text: &str) -> Result<Uri, ForwardError> {
    let uri: Option<Uri> = text.trim().parse().ok();
    uri.filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
        .ok_or(ForwardError::Env {
            name,
            expected: "an address like http://localhost:4318 is expected",
        })
}

/// `name=value,other=value`, the values percent-encoded; they may be keys, so none is ever shown.
fn headers(list: &str) -> Option<HeaderMap> {
    let pairs = list.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let mut value = HeaderValue::from_bytes(&percent_decoded(value.trim())?).ok()?;
            value.set_sensitive(true);
            Some((name.trim().parse::<HeaderName>().ok()?, value))
        })
        .collect()
}

fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?
            }
            plain => plain,
        });
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Result<OtlpTarget, ForwardError> {
        target(|name| {
            let pair = pairs.iter().find(|(key, _)| *key == name);
            pair.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_names_the_backend() {
        let default = of(&[]).unwrap();
        assert_eq!(default.endpoint, "http://localhost:4318/v1/traces");
        assert_eq!((default.timeout, default.headers.len()), (TIMEOUT, 0));

        let all = of(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://otlp.example/base/"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20b%3D, other = c=d ,"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"),
        ])
        .unwrap();
        assert_eq!(all.endpoint, "https://otlp.example/base/v1/traces");
        assert_eq!(
            (&all.headers["x-key"], &all.headers["other"]),
            (&HeaderValue::from_static("a b="), &HeaderValue::from_static("c=d"))
        );
        assert_eq!(all.timeout, Duration::from_millis(2500));

        let whole = [
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://one.example/in"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://other.example"),
        ];
        assert_eq!(of(&whole).unwrap().endpoint, "http://one.example/in");
    }

    #[test]
    fn what_cannot_be_understood_is_named_and_no_value_is_shown() {
        for (name, value) in [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "secret.example"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://secret.example"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "secret"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=secret%2"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "secret"),
        ] {
            let error = of(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(name) && !error.contains("secret"), "{error}");
        }
    }
}
