//! The handler's future, with the request's context current on every poll.

use super::SpanBody;
use super::open_span::OpenSpan;
use http::{HeaderName, HeaderValue, Response, header};
use http_body::Body;
use opentelemetry::Context;
use opentelemetry::trace::{SpanId, TraceContextExt};
use pin_project_lite::pin_project;
use std::future::Future;
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use trace_wire::{ServerTiming, Session, TraceParent};

const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");

/// What the response head needs to know of the request.
pub(super) struct Head {
    pub(super) received: Instant,
    pub(super) received_at: SystemTime,
    /// The caller's span, which is echoed.
    pub(super) client: Option<SpanId>,
    pub(super) is_head: bool,
    /// The visit whose cookie is set.
    pub(super) visit: Option<Session>,
    /// The other origins whose pages may see what `Server-Timing` says.
    pub(super) timing_origins: Option<HeaderValue>,
}

pin_project! {
    /// The future of [`super::RequestSpanService`].
    pub struct ResponseFuture<F> {
        // Before `open`: fields are dropped in this order, so the spans inside end before the SERVER span does.
        #[pin]
        inner: F,
        cx: Context,
        open: Option<(OpenSpan, Head)>,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn quiet(inner: F, cx: Context) -> Self {
        Self { inner, cx, open: None }
    }

    pub(super) fn traced(inner: F, cx: Context, open: OpenSpan, head: Head) -> Self {
        Self {
            inner,
            cx,
            open: Some((open, head)),
        }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<SpanBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, task: &mut std::task::Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = {
            let _attached = this.cx.clone().attach();
            ready!(this.inner.poll(task))
        };
        let open = this.open.take();
        let mut response = match result {
            Ok(response) => response,
            Err(error) => {
                if let Some((open, _)) = open {
                    open.service_failed();
                }
                return Poll::Ready(Err(error));
            }
        };
        let open = open.map(|(open, head)| {
            open.responded(response.status());
            add_server_timing(&mut response, this.cx, &head);
            // Appended as well: the app has cookies of its own.
            if let Some(Ok(cookie)) = head.visit.map(|visit| HeaderValue::try_from(visit.cookie())) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            (open, head.is_head)
        });
        let cx = this.cx.clone();
        Poll::Ready(Ok(SpanBody::wrap(response, cx, open)))
    }
}

/// Appends `Server-Timing`, so that such headers of the app's own stay.
fn add_server_timing<B>(response: &mut Response<B>, cx: &Context, head: &Head) {
    let span = cx.span();
    let server = span.span_context();
    // With the SDK switched off the span is the caller's own, and there is nothing to tell.
    if !server.is_valid() || server.is_remote() || Some(server.span_id()) == head.client {
        return;
    }
    let timing = ServerTiming {
        server: TraceParent {
            trace_id: server.trace_id().to_bytes(),
            span_id: server.span_id().to_bytes(),
            flags: server.trace_flags().to_u8(),
        },
        duration_ms: ms_down_to_us(head.received.elapsed()),
        received_unix_ms: ms_down_to_us(head.received_at.duration_since(UNIX_EPOCH).unwrap_or_default()),
        client: head.client.map(SpanId::to_bytes),
    };
    if let Ok(value) = HeaderValue::try_from(timing.to_string()) {
        response.headers_mut().append(trace_wire::SERVER_TIMING, value);
    }
    if let Some(origins) = &head.timing_origins {
        let headers = response.headers_mut();
        headers.append(TIMING_ALLOW_ORIGIN, origins.clone());
        let name = HeaderValue::from_static(trace_wire::SERVER_TIMING);
        headers.append(header::ACCESS_CONTROL_EXPOSE_HEADERS, name);
    }
}

/// Milliseconds, without what lies below a microsecond: written with three decimals nothing is rounded up, so that
/// receipt and duration together are not later than they were.
fn ms_down_to_us(time: Duration) -> f64 {
    time.as_micros() as f64 / 1000.0
}
