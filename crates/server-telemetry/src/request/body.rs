//! The response body, with the request's context current while it is polled, and the SERVER span open until it is
//! through.

use super::open_span::OpenSpan;
use http::{Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use opentelemetry::Context;
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Poll, ready};

pin_project! {
    /// The body of a traced response.
    pub struct SpanBody<B> {
        // Before `open`: fields are dropped in this order, so the spans inside end before the SERVER span does.
        #[pin]
        inner: B,
        cx: Context,
        // Bytes still to come, where the head says how many. A server stops polling at that number and does not wait
        // for the end of the stream.
        left: Option<u64>,
        open: Option<OpenSpan>,
    }
}

impl<B: Body> SpanBody<B> {
    /// Wraps a response's body; `open` is the span and whether the request was a HEAD.
    pub(super) fn wrap(response: Response<B>, cx: Context, open: Option<(OpenSpan, bool)>) -> Response<Self> {
        let status = response.status();
        let length = content_length(&response);
        let open = open.and_then(|(open, is_head)| {
            // Such a response has no body, and whatever is in it is never polled.
            let bodiless = is_head
                || status.is_informational()
                || status == StatusCode::NO_CONTENT
                || status == StatusCode::NOT_MODIFIED
                || length == Some(0)
                || response.body().is_end_stream();
            if bodiless {
                open.complete();
                None
            } else {
                Some(open)
            }
        });
        response.map(|inner| Self {
            inner,
            cx,
            left: length,
            open,
        })
    }
}

fn content_length<B>(response: &Response<B>) -> Option<u64> {
    let value = response.headers().get(header::CONTENT_LENGTH)?;
    value.to_str().ok()?.parse().ok()
}

impl<B: Body> Body for SpanBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut std::task::Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        let frame = {
            let _attached = this.cx.clone().attach();
            ready!(this.inner.as_mut().poll_frame(task))
        };
        let through = match &frame {
            None => true,
            Some(Err(_)) => {
                if let Some(open) = this.open.take() {
                    open.body_failed();
                }
                false
            }
            Some(Ok(frame)) => {
                if let (Some(left), Some(data)) = (this.left.as_mut(), frame.data_ref()) {
                    *left = left.saturating_sub(bytes::Buf::remaining(data) as u64);
                }
                // Whoever sees this does not poll again.
                *this.left == Some(0) || this.inner.is_end_stream()
            }
        };
        if through && let Some(open) = this.open.take() {
            open.complete();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B: Default> Default for SpanBody<B> {
    /// An empty body that belongs to no span.
    fn default() -> Self {
        Self {
            inner: B::default(),
            cx: Context::new(),
            left: None,
            open: None,
        }
    }
}
