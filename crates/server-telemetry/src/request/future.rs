//! The handler's future, with the request's context current on every poll.

use super::SpanBody;
use super::open_span::OpenSpan;
use http::{HeaderValue, Response};
use http_body::Body;
use opentelemetry::Context;
use opentelemetry::trace::{SpanId, TraceContextExt};
use pin_project_lite::pin_project;
use std::future::Future;
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use trace_wire::{ServerTiming, TraceParent};

/// What the response head needs to know of the request.
pub(super) struct Head {
    pub(super) received: Instant,
    pub(super) received_at: SystemTime,
    /// The caller's span, which is echoed.
    pub(super) client: Option<SpanId>,
    pub(super) is_head: bool,
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
        duration_ms: head.received.elapsed().as_secs_f64() * 1000.0,
        received_unix_ms: head
            .received_at
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs_f64()
            * 1000.0,
        client: head.client.map(SpanId::to_bytes),
    };
    if let Ok(value) = HeaderValue::try_from(timing.to_string()) {
        response.headers_mut().append(trace_wire::SERVER_TIMING, value);
    }
}
