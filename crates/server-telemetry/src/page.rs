//! Page loads: the server opens the trace on the browser's behalf.
//!
//! A navigation carries no `traceparent`. So for a request of a page the ids of the browser's `documentLoad` and
//! `documentFetch` spans are reserved ([`PageTrace`]), the SERVER span becomes a child of the second, and the app writes
//! the ids into the page ([`current_page`]). When the page has loaded, the browser sends these two spans with these ids.
//!
//! A page that was closed early, has JavaScript off, is read by a crawler or turned out to be a redirect never sends
//! them. Then the server makes both from its own times, marked [`attribute::SPAN_SYNTHETIC`], so that no trace is left
//! without a root; a pair that comes later is refused and counted.
//!
//! Whether the page records at all is decided here as well ([`PageSampler`]) and handed over with the ids. For a page that
//! is not recorded nothing waits.

mod sampler;
mod synthetic;
mod waiting;

pub use sampler::PageSampler;

use crate::sink::SpanSink;
use axum::extract::MatchedPath;
use http::{HeaderMap, Method, Request, header};
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, Span, SpanData, SpanProcessor};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use trace_wire::PageTrace;
#[cfg(doc)]
use trace_wire::attribute;
use waiting::Pages;

/// How long a page may take to send its spans.
pub const WAIT: Duration = Duration::from_secs(60);
/// How often pages that waited long enough are looked for.
const SWEEP: Duration = Duration::from_secs(5);

/// The page loads whose browser spans have not come yet. Clones share them.
///
/// It belongs to three: [`crate::RequestSpanLayer::pages`] reserves, [`crate::RelayConfig::pages`] sees what comes, and
/// [`crate::SinkProcessor::pages`] (which [`crate::Config::pages`] uses) tells it the times of the SERVER span; beside
/// another exporter's processor it is a processor of its own.
#[derive(Clone)]
pub struct PageTraces(Arc<Inner>);

/// Page loads, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageCounts {
    /// Whose browser has not reported, now.
    pub waiting: u64,
    /// Since the start: came when too many others waited, so that their traces begin at the server.
    pub without_room: u64,
}

struct Inner {
    sink: Arc<dyn SpanSink>,
    service: String,
    is_page: fn(&str) -> bool,
    wait: Duration,
    pages: Mutex<Pages>,
}

impl std::fmt::Debug for PageTraces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("PageTraces").field(&self.0.service).finish()
    }
}

impl PageTraces {
    /// Page loads of the frontend `service`. `is_page` says which routes (as axum writes them) are pages, and `wait` how
    /// long their spans may take ([`WAIT`]). Where no route was matched, `is_page` is asked about `""`: what then says
    /// that there is nothing at this address may be a page of the app, too.
    pub fn new(sink: Arc<dyn SpanSink>, service: impl Into<String>, is_page: fn(&str) -> bool, wait: Duration) -> Self {
        Self(Arc::new(Inner {
            sink,
            service: service.into(),
            is_page,
            wait,
            pages: Mutex::default(),
        }))
    }

    /// Makes the spans that did not come, every few seconds. Runs until the task is aborted.
    pub async fn run(self) {
        let mut ticks = tokio::time::interval(SWEEP.min(self.0.wait));
        loop {
            ticks.tick().await;
            self.give_up(self.0.wait).await;
        }
    }

    /// Makes the spans that have not come by now, because the server stops.
    pub async fn finish(&self) {
        self.give_up(Duration::ZERO).await;
    }

    async fn give_up(&self, after: Duration) {
        let overdue = self.pages().overdue(after, Instant::now());
        if overdue.is_empty() {
            return;
        }
        let kept = match self.0.sink.append(synthetic::batch(&self.0.service, &overdue)) {
            Ok(ack) => ack.await,
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            tracing::warn!(
                pages = overdue.len(),
                "traces of page loads have no root until it can be written: {error}"
            );
            self.pages().put_back(overdue);
        }
    }

    /// The page loads that were given up in the last minutes. After [`Self::finish`], to be kept for the next start.
    pub fn given_up(&self) -> Vec<PageTrace> {
        self.pages().given_up()
    }

    /// What the process before this one had given up: the spans of these page loads come too late here as well.
    pub fn give_up_as_before(&self, pages: impl IntoIterator<Item = PageTrace>) {
        self.pages().give_up(pages, Instant::now());
    }

    /// How many wait, and how many found no room to.
    pub fn counts(&self) -> PageCounts {
        self.pages().counts()
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a page's trace, if this request is for a page. Not recorded, it is to be let go again.
    pub(crate) fn reserve<B>(&self, request: &Request<B>) -> Option<PageTrace> {
        let route = request.extensions().get::<MatchedPath>();
        let route = route.map_or("", MatchedPath::as_str);
        if request.method() != Method::GET || !(self.0.is_page)(route) || !is_navigation(request.headers()) {
            return None;
        }
        let ids = RandomIdGenerator::default();
        let page = PageTrace {
            trace_id: ids.new_trace_id().to_bytes(),
            document_load: ids.new_span_id().to_bytes(),
            document_fetch: ids.new_span_id().to_bytes(),
            sampled: true,
        };
        self.pages().reserve(page, Instant::now()).then_some(page)
    }

    /// Waits no longer for a page: it is not recorded, so nothing will come.
    pub(crate) fn let_go(&self, page: PageTrace) {
        self.pages().let_go(page);
    }

    /// A span of the server's own has ended.
    pub(crate) fn ended(&self, span: &SpanData) {
        if span.span_kind == SpanKind::Server && span.parent_span_id != SpanId::INVALID {
            self.pages().served(span);
        }
    }

    /// A batch from a page is being read.
    pub(crate) fn arrivals(&self) -> Arrivals {
        Arrivals {
            pages: self.clone(),
            trace_ids: Vec::new(),
        }
    }
}

/// The page loads whose browser spans are in a batch. Dropped, they are waited for as before.
pub(crate) struct Arrivals {
    pages: PageTraces,
    trace_ids: Vec<[u8; 16]>,
}

impl Arrivals {
    /// Whether a span from a page may pass: not if the server has made the same span already.
    pub(crate) fn admit(&mut self, trace_id: &[u8], span_id: &[u8]) -> bool {
        self.pages.pages().admits(trace_id, span_id, &mut self.trace_ids)
    }

    /// The batch is safe.
    pub(crate) fn kept(mut self) {
        let trace_ids = std::mem::take(&mut self.trace_ids);
        self.pages.pages().arrived(&trace_ids, true);
    }
}

impl Drop for Arrivals {
    fn drop(&mut self) {
        if !self.trace_ids.is_empty() {
            self.pages.pages().arrived(&self.trace_ids, false);
        }
    }
}

impl SpanProcessor for PageTraces {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.ended(&span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// The page load that the current request is for: what the app writes into `<meta name="page-trace">`.
pub fn current_page() -> Option<PageTrace> {
    Context::map_current(|cx| cx.get::<PageTrace>().copied())
}

/// The context of `documentFetch`.
pub(crate) fn parent(page: PageTrace) -> SpanContext {
    SpanContext::new(
        TraceId::from_bytes(page.trace_id),
        SpanId::from_bytes(page.document_fetch),
        TraceFlags::SAMPLED,
        true,
        TraceState::default(),
    )
}

/// Whether a browser asks for a document. On plain http beyond this machine there is no `Sec-Fetch-Mode`.
fn is_navigation(headers: &HeaderMap) -> bool {
    match headers.get("sec-fetch-mode") {
        Some(mode) => mode == "navigate",
        None => headers
            .get(header::ACCEPT)
            .is_some_and(|accept| accept.to_str().is_ok_and(|accept| accept.contains("text/html"))),
    }
}
