//! `POST /v1/traces`: OTLP over HTTP, from the pages of this origin and, with a key, from other services
//! (<https://opentelemetry.io/docs/specs/otlp/#otlphttp>).
//!
//! Whoever can open a page can send anything here, so a browser's batch is believed in nothing that the server knows
//! better: the service's name and the user are set by the relay, and size, count and times are bounded. A service
//! with the ingest key is believed, and its bytes go on as they came. Both are answered when the sink says that the
//! batch is safe.

mod answer;
mod browser;
mod counts;
mod encoding;
mod ids;
mod limits;
mod sender;

pub use counts::{RelayCounts, RequestRefusals, SpanRefusals};

use crate::page::PageTraces;
use crate::sink::{EncodedBatch, SinkError, SpanSink};
use answer::{Format, Refusal};
use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;
use browser::Stamp;
use bytes::Bytes;
use counts::Counters;
use encoding::Encoding;
use http::header;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use prost::Message;
use sender::Sender;
use std::sync::Arc;
use std::time::SystemTime;

/// A body of this size or less is decoded where it is; a larger or a compressed one on a thread for such work, so that
/// other requests do not wait for it.
const INLINE_BYTES: usize = 256 * 1024;

/// What the relay needs to know.
#[derive(Clone)]
pub struct RelayConfig {
    /// Where batches go.
    pub sink: Arc<dyn SpanSink>,
    /// `service.name` of every span that a page sends.
    pub frontend_service: String,
    /// The key with which other services may send theirs, in `x-honeycomb-team`; none: they may not.
    pub ingest_key: Option<String>,
    /// How the setting for `ingest_key` is called, for the words of a 401.
    pub ingest_key_setting: String,
    /// The page loads that wait for their browser's spans; none where the app opens none.
    pub pages: Option<PageTraces>,
    /// The largest body from a page, in bytes, decompressed.
    pub browser_limit: usize,
    /// The largest body with the key, in bytes, decompressed.
    pub ingest_limit: usize,
}

impl RelayConfig {
    /// The limits of 1 MiB for a page and 20 MiB with the key, and no key yet.
    pub fn new(sink: Arc<dyn SpanSink>, frontend_service: impl Into<String>) -> Self {
        Self {
            sink,
            frontend_service: frontend_service.into(),
            ingest_key: None,
            ingest_key_setting: "the ingest key".to_owned(),
            pages: None,
            browser_limit: 1024 * 1024,
            ingest_limit: 20 * 1024 * 1024,
        }
    }
}

/// Who is signed in on the page that sends a batch. The app's session middleware puts it into the request's extensions;
/// without it spans carry no user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndUser {
    /// The stable id, `user.id`.
    pub id: String,
    /// The handle, `user.name`.
    pub name: String,
}

/// The relay; clones share their counters.
#[derive(Clone)]
pub struct Relay {
    shared: Arc<Shared>,
}

struct Shared {
    config: RelayConfig,
    counters: Counters,
}

impl Relay {
    /// A relay that appends to the configured sink.
    pub fn new(mut config: RelayConfig) -> Self {
        config.ingest_key = config.ingest_key.filter(|key| !key.is_empty());
        Self {
            shared: Arc::new(Shared {
                config,
                counters: Counters::default(),
            }),
        }
    }

    /// The route `POST /v1/traces`, to be merged into an app of any state. It allows no other origin (no CORS headers).
    ///
    /// Answers 200 (with `partial_success`, where spans were refused) after the batch is safe; 400 for what is no
    /// OTLP, 401 for a wrong key, 403 for another site, 413 for too much, 415 for another type, 503 with `Retry-After`
    /// where the sink does not take the batch.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        Router::new()
            .route(trace_wire::TRACES_PATH, post(receive))
            .with_state(self.clone())
    }

    /// What the relay took and refused, since the start.
    pub fn counts(&self) -> RelayCounts {
        self.shared.counters.read()
    }
}

async fn receive(State(relay): State<Relay>, request: Request) -> Response {
    let format = Format::of_request(request.headers());
    let result = match format {
        Some(format) => relay.take(format, request).await,
        None => Err(Refusal::UnsupportedType),
    };
    match result {
        Ok(outcome) => {
            relay.shared.counters.accepted(outcome.accepted, &outcome.refused);
            answer::success(format.unwrap_or(Format::Json), &outcome.refused)
        }
        Err(refusal) => {
            relay.shared.counters.refused(&refusal);
            answer::refusal(format.unwrap_or(Format::Json), &refusal)
        }
    }
}

/// What became of a batch that was understood.
struct Outcome {
    accepted: u32,
    refused: SpanRefusals,
}

impl Relay {
    async fn take(&self, format: Format, request: Request) -> Result<Outcome, Refusal> {
        let config = &self.shared.config;
        let sender = sender::identify(&request, config)?;
        let limit = match sender {
            Sender::Page => config.browser_limit,
            Sender::Service => config.ingest_limit,
        };
        let encoding = Encoding::of_request(request.headers())?;
        let stamp = (sender == Sender::Page).then(|| Stamp {
            service: config.frontend_service.clone(),
            user: request.extensions().get::<EndUser>().cloned(),
            now: SystemTime::now(),
            pages: config.pages.clone(),
        });
        let body = read(request, limit).await?;

        let is_work = encoding == Encoding::Gzip || body.len() > INLINE_BYTES;
        let prepare = move || prepare(body, format, encoding, limit, stamp.as_ref());
        let (batch, refused) = if is_work {
            tokio::task::spawn_blocking(prepare)
                .await
                .map_err(|_| Refusal::Malformed("it could not be decoded".to_owned()))??
        } else {
            prepare()?
        };
        let accepted = batch.spans;
        if accepted > 0 {
            self.keep(batch).await?;
        }
        Ok(Outcome { accepted, refused })
    }

    /// Appends a batch, and waits until it is safe.
    async fn keep(&self, batch: EncodedBatch) -> Result<(), Refusal> {
        let kept = match self.shared.config.sink.append(batch) {
            Ok(ack) => ack.await,
            Err(error) => Err(error),
        };
        kept.map_err(|error| {
            if let SinkError::Failed(cause) = &error {
                tracing::error!(%cause, "a relayed batch is refused: {error}");
            }
            Refusal::Unavailable
        })
    }
}

/// Reads a body as it was sent, up to a limit.
async fn read(request: Request, limit: usize) -> Result<Bytes, Refusal> {
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(Refusal::TooLarge { limit });
    }
    match Limited::new(request.into_body(), limit).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::TooLarge { limit }),
        Err(_) => Err(Refusal::Malformed("the body broke off".to_owned())),
    }
}

/// From the bytes of a request to what the sink takes: a page's batch cleaned and stamped, a service's as it came.
fn prepare(
    body: Bytes,
    format: Format,
    encoding: Encoding,
    limit: usize,
    stamp: Option<&Stamp>,
) -> Result<(EncodedBatch, SpanRefusals), Refusal> {
    let body = encoding.decode(body, limit)?;
    let mut batch = format.decode(&body)?;
    let (refused, changed) = match stamp {
        Some(stamp) => (browser::clean(&mut batch, stamp), true),
        None => {
            let refused = ids::retain_valid(&mut batch);
            (refused, format == Format::Json || refused.total() > 0)
        }
    };
    let spans = batch
        .resource_spans
        .iter()
        .flat_map(|resource| &resource.scope_spans)
        .map(|scope| scope.spans.len())
        .sum::<usize>();
    let body = if changed { batch.encode_to_vec() } else { body.into() };
    let spans = u32::try_from(spans).unwrap_or(u32::MAX);
    Ok((EncodedBatch { body, spans }, refused))
}
