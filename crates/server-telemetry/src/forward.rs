//! The sink of an app without a log: each batch goes straight on to a backend that takes OTLP over HTTP.
//!
//! Nothing is kept here and nothing is tried again: a batch is safe when the backend has answered 2xx, and whoever
//! handed it in hears of everything else. So the relay answers 503, the browser keeps its spans and comes again, and
//! a backend that is down costs spans of those pages only that are closed meanwhile. An app that wants more takes the
//! span log (feature `span-log`).
//!
//! The backend's address and headers go nowhere but into the request: no error and no log line holds them.

use crate::client::{ClientError, TracedClient};
use crate::environment::{EnvErrors, Environment};
use crate::otlp_target::{OtlpProtocol, OtlpTarget};
use crate::sink::{Ack, EncodedBatch, SinkError, SpanSink};
use http::StatusCode;
use opentelemetry::Context;
use opentelemetry::trace::FutureExt;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// The most batches that are under way at once. One from a page has a megabyte at most.
const UNDER_WAY: usize = 32;

/// Why there is no forwarder, or why a batch did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// Variables of the environment cannot be understood. (The value of one that holds a key is not shown.)
    #[error(transparent)]
    Env(#[from] EnvErrors),
    /// The environment names no backend.
    #[error("there is nowhere to forward spans to: set OTEL_EXPORTER_OTLP_ENDPOINT")]
    Nowhere,
    /// The target wants JSON.
    #[error("spans are forwarded as http/protobuf only; set the exporter's protocol to that")]
    Json,
    /// There was no answer, or there is no HTTP client at all.
    #[error("the OTLP endpoint could not be reached: {0}")]
    Unreachable(#[from] ClientError),
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
    client: TracedClient,
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
    /// [`ForwardError::Json`], and [`ForwardError::Unreachable`] where this system has no certificates to trust.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn new(target: OtlpTarget) -> Result<Self, ForwardError> {
        if target.protocol == OtlpProtocol::HttpJson {
            return Err(ForwardError::Json);
        }
        Ok(Self {
            target: Arc::new(target),
            client: TracedClient::new()?,
            runtime: Handle::current(),
            room: Arc::new(Semaphore::new(UNDER_WAY)),
        })
    }

    /// A forwarder to the backend that `OTEL_EXPORTER_OTLP_*` names, as the `opentelemetry-otlp` exporter beside it reads
    /// them (see [`Environment`]), and without any to the specification's default, `http://localhost:4318/v1/traces`.
    ///
    /// # Errors
    ///
    /// [`ForwardError::Env`], and those of [`Self::new`].
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn from_env() -> Result<Self, ForwardError> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ForwardError> {
        let environment = Environment::from_lookup(|name| match name {
            "OTEL_TRACES_EXPORTER" => Some("otlp".to_owned()),
            // The rest is for those who set telemetry up by it; here the app does that itself.
            _ if name.starts_with("OTEL_EXPORTER_OTLP_") => lookup(name),
            _ => None,
        })?;
        let target = environment.targets.into_iter().next();
        Self::new(target.ok_or(ForwardError::Nowhere)?)
    }
}

impl SpanSink for OtlpForwarder {
    fn append(&self, batch: EncodedBatch) -> Result<Ack, SinkError> {
        let Ok(place) = self.room.clone().try_acquire_owned() else {
            return Err(SinkError::Full);
        };
        let (client, target) = (self.client.clone(), self.target.clone());
        // A task of its own: whoever waits may go away, and may be a plain thread. It makes no spans about spans.
        let quiet = Context::new().with_telemetry_suppressed();
        let sending = async move {
            let _place = place;
            send(&client, &target, batch.body).await
        };
        let sent = self.runtime.spawn(sending.with_context(quiet));
        Ok(Ack::new(async move {
            let sent = sent.await.unwrap_or_else(|gone| Err(ForwardError::GivenUp(gone)));
            sent.map_err(|error| SinkError::Failed(Box::new(error)))
        }))
    }
}

async fn send(client: &TracedClient, target: &OtlpTarget, body: Vec<u8>) -> Result<(), ForwardError> {
    let compression = target.compression;
    let body = tokio::task::spawn_blocking(move || compression.pack(body))
        .await
        .map_err(ForwardError::GivenUp)?;
    let response = client.send(target.call(body)).await?;
    if !response.status().is_success() {
        return Err(ForwardError::Refused(response.status()));
    }
    let refused = ExportTraceServiceResponse::decode(response.into_body())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Result<OtlpForwarder, ForwardError> {
        OtlpForwarder::from_lookup(|name| {
            let pair = pairs.iter().find(|(key, _)| *key == name);
            pair.map(|(_, value)| (*value).to_owned())
        })
    }

    #[tokio::test]
    async fn the_environment_names_the_backend_and_nothing_else_counts() {
        let endpoint = |pairs: &[(&str, &str)]| of(pairs).unwrap().target.endpoint.to_string();
        let off = [("OTEL_SDK_DISABLED", "true"), ("HONEYCOMB_API_KEY", "key")];
        for pairs in [&[][..], &off] {
            assert_eq!(endpoint(pairs), "http://localhost:4318/v1/traces");
        }
        let named = [("OTEL_EXPORTER_OTLP_ENDPOINT", "https://otlp.example/base/")];
        assert_eq!(endpoint(&named), "https://otlp.example/base/v1/traces");
        let wrong = of(&[("OTEL_EXPORTER_OTLP_TIMEOUT", "soon")]).unwrap_err();
        assert!(wrong.to_string().contains("OTEL_EXPORTER_OTLP_TIMEOUT"), "{wrong}");
        let json = of(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")]).unwrap_err();
        assert!(matches!(json, ForwardError::Json), "{json}");
    }
}
