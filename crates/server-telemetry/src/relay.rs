//! `POST /v1/traces`: OTLP over HTTP, from the pages of this origin and, with a key, from other services
//! (<https://opentelemetry.io/docs/specs/otlp/#otlphttp>).
//!
//! Whoever can open a page can send anything here, so a browser's batch is believed in nothing that the server knows
//! better: the service's name and the user are set by the relay, and rate, size, count and times are bounded. A service
//! with the ingest key is believed, and its bytes go on as they came. Both are answered when the sink says that the
//! batch is safe.

mod answer;
mod attribute;
mod browser;
mod clock;
mod config;
mod counts;
mod encoding;
mod ids;
mod limits;
mod rate;
mod resource;
mod seen;
mod sender;

pub use config::{EndUser, RelayConfig, behind_proxy};
pub use counts::{PageFindings, RelayCounts, RequestRefusals, SpanRefusals};
pub use rate::RelayRate;

use crate::page::Arrivals;
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
use rate::Rates;
use seen::{Reservation, Seen};
use sender::Sender;
use std::sync::Arc;
use std::time::SystemTime;

/// A body of this size or less is decoded where it is; a larger or a compressed one on a thread for such work, so that
/// other requests do not wait for it.
const INLINE_BYTES: usize = 256 * 1024;

/// The relay; clones share their counters.
#[derive(Clone)]
pub struct Relay {
    shared: Arc<Shared>,
}

struct Shared {
    config: RelayConfig,
    counters: Counters,
    rates: Rates,
    seen: Arc<Seen>,
}

impl Relay {
    /// A relay that appends to the configured sink.
    pub fn new(mut config: RelayConfig) -> Self {
        config.ingest_key = config.ingest_key.filter(|key| !key.is_empty());
        Self {
            shared: Arc::new(Shared {
                rates: Rates::new(config.session_rate, config.address_rate),
                config,
                counters: Counters::default(),
                seen: Arc::default(),
            }),
        }
    }

    /// The route `POST /v1/traces`, to be merged into an app of any state. It allows no other origin (no CORS headers).
    ///
    /// Answers 200 (with `partial_success`, where spans were refused) after the batch is safe; 400 for what is no
    /// OTLP, 401 for a missing or wrong key, 403 for another site, 413 for too much, 415 for another type or encoding,
    /// 429 for too often and 503 where the sink does not take the batch, both with `Retry-After`.
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
            let Outcome {
                accepted,
                refused,
                pages,
            } = &outcome;
            relay.shared.counters.accepted(*accepted, refused, pages);
            answer::success(format.unwrap_or(Format::Json), refused)
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
    pages: PageFindings,
}

/// A batch that the sink can take.
struct Prepared {
    batch: EncodedBatch,
    refused: SpanRefusals,
    pages: PageFindings,
    /// A page's: services' batches are not looked through for spans that are here already.
    held: Option<(Reservation, Option<Arrivals>)>,
}

impl Relay {
    async fn take(&self, format: Format, request: Request) -> Result<Outcome, Refusal> {
        let Shared {
            config, rates, seen, ..
        } = &*self.shared;
        let sender = sender::identify(&request, config)?;
        let limit = match sender {
            Sender::Page => {
                let address = (config.client_address)(request.extensions(), request.headers());
                rates.admit(request.headers(), address)?;
                config.browser_limit
            }
            Sender::Service => config.ingest_limit,
        };
        let encoding = Encoding::of_request(request.headers())?;
        let stamp = (sender == Sender::Page).then(|| Stamp {
            service: config.frontend_service.clone(),
            user: request.extensions().get::<EndUser>().cloned(),
            now: SystemTime::now(),
            pages: config.pages.clone(),
            seen: seen.clone(),
        });
        let body = read(request, limit).await?;

        let is_work = encoding != Encoding::Identity || body.len() > INLINE_BYTES;
        let prepare = move || prepare(body, format, encoding, limit, stamp.as_ref());
        let prepared = if is_work {
            tokio::task::spawn_blocking(prepare)
                .await
                .map_err(|_| Refusal::Malformed("it could not be decoded".to_owned()))??
        } else {
            prepare()?
        };
        let Prepared {
            batch,
            refused,
            mut pages,
            held,
        } = prepared;
        let accepted = batch.spans;
        if accepted == 0 {
            if pages.duplicates > 0 {
                // All of it was here before, and with it what it says of drops.
                pages.dropped_in_pages = 0;
            }
        } else if let Some((reservation, arrivals)) = held {
            // A task of its own: a page that gives up leaves this function where it waits, and whether its spans are here
            // has to be known all the same when it sends them again.
            let kept = keep(config.sink.clone(), batch);
            let settled = async move {
                kept.await?;
                reservation.kept();
                if let Some(arrivals) = arrivals {
                    arrivals.kept();
                }
                Ok(())
            };
            tokio::spawn(settled).await.map_err(|_| Refusal::Unavailable)??;
        } else {
            keep(config.sink.clone(), batch).await?;
        }
        Ok(Outcome {
            accepted,
            refused,
            pages,
        })
    }
}

/// Appends a batch, and waits until it is safe.
async fn keep(sink: Arc<dyn SpanSink>, batch: EncodedBatch) -> Result<(), Refusal> {
    let kept = match sink.append(batch) {
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
) -> Result<Prepared, Refusal> {
    let body = encoding.decode(body, limit)?;
    let mut batch = format.decode(&body)?;
    let (refused, pages, held, is_changed) = match stamp {
        Some(stamp) => {
            let cleaned = browser::clean(&mut batch, stamp)?;
            let held = (cleaned.reservation, cleaned.arrivals);
            (cleaned.refused, cleaned.findings, Some(held), true)
        }
        None => {
            let refused = ids::retain_valid(&mut batch);
            let is_changed = format == Format::Json || refused.total() > 0;
            (refused, PageFindings::default(), None, is_changed)
        }
    };
    let spans = batch
        .resource_spans
        .iter()
        .flat_map(|resource| &resource.scope_spans)
        .map(|scope| scope.spans.len())
        .sum::<usize>();
    let body = if is_changed { batch.encode_to_vec() } else { body.into() };
    let spans = u32::try_from(spans).unwrap_or(u32::MAX);
    Ok(Prepared {
        batch: EncodedBatch { body, spans },
        refused,
        pages,
        held,
    })
}
