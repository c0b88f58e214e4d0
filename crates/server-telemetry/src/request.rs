//! The SERVER span of a request.
//!
//! A layer of our own and not tower-http's `TraceLayer`: that one makes `tracing` spans, which would have to be bridged
//! into OpenTelemetry and would not mix with spans made by its API (whose parent is OpenTelemetry's current context).
//! What is taken over from it is the care for the streamed body: a rendered page is produced while its body is
//! polled, long after the handler has returned, so the span stays open and current until the body is through.

pub(crate) mod attributes;
mod body;
mod future;
mod open_span;
mod parent;
mod quiet;
mod scope;
mod session;

pub use body::SpanBody;
pub use future::ResponseFuture;
pub use quiet::QuietPaths;
pub(crate) use scope::RequestScope;
pub use scope::{record_route, set_route, set_user};

use crate::page::{self, PageTraces};
use crate::propagators::Propagators;
use axum::extract::{MatchedPath, OriginalUri};
use http::{HeaderValue, Method, Request, Response};
use open_span::OpenSpan;
use opentelemetry::global::BoxedTracer;
use opentelemetry::trace::{Span, SpanKind, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, InstrumentationScope, global};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tower::{Layer, Service};
use trace_wire::PageTrace;

/// Makes a SERVER span of each request, named `{METHOD} {http.route}`, by the stable HTTP semantic conventions
/// (<https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span>).
///
/// - It joins the trace of a `traceparent` header, or what else the [`Propagators`] read; without one it starts a trace
///   (or hangs under the current span, if there is one).
/// - The handler, and the body while it is streamed, run with the span's [`Context`] current. The span ends when the
///   body is through. A request that is given up before (the client went away) ends it too, with
///   `error.type = cancelled`.
/// - The response carries `Server-Timing` ([`trace_wire::ServerTiming`]), beside such headers of the app's own.
/// - `session.id` is what `baggage` (if it is read) or the visit's cookie names ([`trace_wire::session`]).
/// - Paths in [`QuietPaths`] make no span, and nothing below them does.
///
/// Belongs into `axum::Router::layer` after the routes, where the matched route is known. Around a whole router it works
/// too: then [`record_route`] inside tells it the route.
#[derive(Clone)]
pub struct RequestSpanLayer {
    tracer: Arc<BoxedTracer>,
    quiet: Arc<QuietPaths>,
    pages: Option<PageTraces>,
    timing_origins: Option<HeaderValue>,
    propagators: Arc<Propagators>,
}

impl RequestSpanLayer {
    /// A layer whose spans go to the global tracer provider, which must have been set before this call.
    pub fn new() -> Self {
        Self::with_tracer(global::tracer_with_scope(instrumentation_scope()))
    }

    /// A layer whose spans go to the given provider.
    pub fn with_provider<P, T, S>(provider: &P) -> Self
    where
        P: TracerProvider<Tracer = T>,
        T: Tracer<Span = S> + Send + Sync + 'static,
        S: Span + Send + Sync + 'static,
    {
        let tracer = provider.tracer_with_scope(instrumentation_scope());
        Self::with_tracer(BoxedTracer::new(Box::new(tracer)))
    }

    fn with_tracer(tracer: BoxedTracer) -> Self {
        Self {
            tracer: Arc::new(tracer),
            quiet: Arc::new(QuietPaths::default()),
            pages: None,
            timing_origins: None,
            propagators: Arc::default(),
        }
    }

    /// Replaces how a request's trace is read from its headers: [`crate::Telemetry::propagators`] says what the
    /// environment names. Without this, it is W3C Trace Context and Baggage.
    #[must_use]
    pub fn propagators(self, propagators: Propagators) -> Self {
        Self {
            propagators: Arc::new(propagators),
            ..self
        }
    }

    /// Opens the traces of page loads on the browser's behalf, and keeps the visit's cookie
    /// ([`trace_wire::session::COOKIE`]): the answer to a page load that is recorded sets it, and no other does.
    #[must_use]
    pub fn pages(self, pages: PageTraces) -> Self {
        Self {
            pages: Some(pages),
            ..self
        }
    }

    /// Lets pages of these other origins (such as `https://shop.example`) see the phases of their requests to this
    /// server, and its `Server-Timing`, which browsers else keep from them: answers carry `Timing-Allow-Origin`
    /// (<https://www.w3.org/TR/resource-timing/#sec-timing-allow-origin>) and name `Server-Timing` in
    /// `Access-Control-Expose-Headers`.
    ///
    /// Whether such pages may ask at all, and with `traceparent` and `baggage`, is for the app's own CORS layer to say.
    #[must_use]
    pub fn timing_allow_origin(self, origins: impl IntoIterator<Item = HeaderValue>) -> Self {
        let origins: Vec<HeaderValue> = origins.into_iter().collect();
        let list = origins
            .iter()
            .map(HeaderValue::as_bytes)
            .collect::<Vec<_>>()
            .join(&b", "[..]);
        Self {
            timing_origins: HeaderValue::from_bytes(&list).ok().filter(|list| !list.is_empty()),
            ..self
        }
    }

    /// Replaces the paths that make no spans.
    #[must_use]
    pub fn quiet(self, quiet: QuietPaths) -> Self {
        Self {
            quiet: Arc::new(quiet),
            ..self
        }
    }
}

impl Default for RequestSpanLayer {
    fn default() -> Self {
        Self::new()
    }
}

/// The scope (`library.name`) of the request spans.
pub(crate) fn instrumentation_scope() -> InstrumentationScope {
    InstrumentationScope::builder(env!("CARGO_PKG_NAME"))
        .with_version(env!("CARGO_PKG_VERSION"))
        .build()
}

impl<S> Layer<S> for RequestSpanLayer {
    type Service = RequestSpanService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequestSpanService {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service that [`RequestSpanLayer`] makes.
#[derive(Clone)]
pub struct RequestSpanService<S> {
    inner: S,
    layer: RequestSpanLayer,
}

impl<S, B, R> Service<Request<B>> for RequestSpanService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: http_body::Body,
{
    type Response = Response<SpanBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // Two clocks: one for how long it takes, one for when it was. In this order: what is said to be the time of the
        // response, receipt and duration together, is then never later than the true one.
        let (started, received) = (SystemTime::now(), Instant::now());
        // A router that is nested takes its prefix off the URI; the span is about what the client asked for.
        let uri = match request.extensions().get::<OriginalUri>() {
            Some(OriginalUri(uri)) => uri,
            None => request.uri(),
        };
        if self.layer.quiet.contains(uri.path()) {
            let cx = Context::current().with_telemetry_suppressed();
            let inner = {
                let _attached = cx.clone().attach();
                self.inner.call(request)
            };
            return ResponseFuture::quiet(inner, cx);
        }

        let (mut parent, remote) = parent::remote_context(request.headers(), &self.layer.propagators);
        let page = match (&remote, &self.layer.pages) {
            (None, Some(pages)) => pages.reserve(&request),
            _ => None,
        };
        let now = started.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let visit = page.map(|_| session::of_page(request.headers(), now));
        let session = match visit {
            Some(visit) => Some(visit.id),
            None => session::named(&parent, request.headers(), now),
        };
        let session = session.map(session::attribute);

        let remote = remote.or_else(|| page.map(page::parent));
        let client = remote.as_ref().map(|remote| remote.span_id());
        if let Some(remote) = remote {
            parent = parent.with_remote_span_context(remote);
        }
        if let Some(page) = page {
            parent = parent.with_value(page);
        }
        let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
        let mut attributes = attributes::of_request(&request, uri, route);
        attributes.extend(session.clone());
        let builder = self
            .layer
            .tracer
            .span_builder(attributes::span_name(request.method(), route))
            .with_kind(SpanKind::Server)
            .with_start_time(started)
            .with_attributes(attributes);
        let span = self.layer.tracer.build_with_context(builder, &parent);
        // Not by the context alone: with the SDK switched off the span is the parent's own.
        let sampled = span.is_recording() && span.span_context().is_sampled();
        if let Some(page) = page {
            parent = parent.with_value(PageTrace { sampled, ..page });
            if let (false, Some(pages)) = (sampled, &self.layer.pages) {
                pages.let_go(page);
            }
        }
        let head = future::Head {
            received,
            received_at: started,
            client,
            is_head: request.method() == Method::HEAD,
            // No telemetry, no cookie.
            visit: visit.filter(|_| sampled),
            timing_origins: self.layer.timing_origins.clone(),
        };
        let (open, cx) = OpenSpan::new(parent.with_span(span), request.method().clone(), session);
        let inner = {
            let _attached = cx.clone().attach();
            self.inner.call(request)
        };
        ResponseFuture::traced(inner, cx, open, head)
    }
}
