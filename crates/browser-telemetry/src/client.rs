//! The client that every server function names: `#[server(client = browser_telemetry::TracedClient)]`.

use crate::fetch::{FetchSpan, Route};
use crate::{export, interaction};
use bytes::Bytes;
use futures::{Sink, Stream};
use send_wrapper::SendWrapper;
use server_fn::client::Client;
use server_fn::client::browser::BrowserClient;
use server_fn::error::FromServerFnError;
use server_fn::request::browser::BrowserRequest;
use server_fn::response::ClientRes;
use server_fn::response::browser::BrowserResponse;
use std::pin::Pin;
use std::task::{Context, Poll};

/// `server_fn`'s browser client with a CLIENT span around each call, named `{METHOD} {path}`: the path of a server
/// function is literal, and so is its own route.
pub struct TracedClient;

/// Boxed: else all of a future is compiled anew into each server function.
type Boxed<T> = Pin<Box<dyn Future<Output = T>>>;

/// The only way in which a browser's `fetch` fails without a response and without being aborted. `BrowserClient`
/// hands on the message alone.
const NETWORK_ERROR: &str = "TypeError";

impl<E, I, O> Client<E, I, O> for TracedClient
where
    E: FromServerFnError,
    I: FromServerFnError,
    O: FromServerFnError,
{
    type Request = BrowserRequest;
    type Response = TracedClientResponse;

    fn send(request: BrowserRequest) -> impl Future<Output = Result<TracedClientResponse, E>> + Send {
        let sent: Boxed<Result<TracedClientResponse, E>> = Box::pin(async move {
            let mut request = request;
            if let Some(answered) = export::flushed() {
                _ = answered.await;
            }
            let mut span = FetchSpan::start(&mut request, Route::Path);
            match <BrowserClient as Client<E, I, O>>::send(request).await {
                Ok(response) => {
                    span.head(ClientRes::<E>::status(&response));
                    Ok(TracedClientResponse(Box::new((response, span))))
                }
                Err(error) => {
                    span.failed(NETWORK_ERROR);
                    Err(error)
                }
            }
        });
        SendWrapper::new(sent)
    }

    fn open_websocket(
        path: &str,
    ) -> impl Future<
        Output = Result<
            (
                impl Stream<Item = Result<Bytes, Bytes>> + Send + 'static,
                impl Sink<Bytes> + Send + 'static,
            ),
            E,
        >,
    > + Send {
        <BrowserClient as Client<E, I, O>>::open_websocket(path)
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) {
        <BrowserClient as Client<E, I, O>>::spawn(trace_executor::AdoptingTask::new(future, interaction::is_over));
    }
}

/// A response whose span ends when its body has been read.
pub struct TracedClientResponse(Box<(BrowserResponse, FetchSpan)>);

impl<E: FromServerFnError> ClientRes<E> for TracedClientResponse {
    fn try_into_string(self) -> impl Future<Output = Result<String, E>> + Send {
        let (response, span) = *self.0;
        let body: Boxed<Result<String, E>> =
            Box::pin(span.body(response.try_into_string(), |_: &E| NETWORK_ERROR.into()));
        SendWrapper::new(body)
    }

    fn try_into_bytes(self) -> impl Future<Output = Result<Bytes, E>> + Send {
        let (response, span) = *self.0;
        let body: Boxed<Result<Bytes, E>> =
            Box::pin(span.body(response.try_into_bytes(), |_: &E| NETWORK_ERROR.into()));
        SendWrapper::new(body)
    }

    fn try_into_stream(self) -> Result<impl Stream<Item = Result<Bytes, Bytes>> + Send + Sync + 'static, E> {
        let (response, mut span) = *self.0;
        span.reading();
        let stream = ClientRes::<E>::try_into_stream(response)?;
        Ok(SendWrapper::new(TracedStream {
            stream: Box::pin(stream),
            span: Some(span),
        }))
    }

    fn status(&self) -> u16 {
        ClientRes::<E>::status(&self.0.0)
    }

    fn status_text(&self) -> String {
        ClientRes::<E>::status_text(&self.0.0)
    }

    fn location(&self) -> String {
        ClientRes::<E>::location(&self.0.0)
    }

    fn has_redirect(&self) -> bool {
        ClientRes::<E>::has_redirect(&self.0.0)
    }
}

/// A streamed body; dropped before its end, it ends its span as aborted.
struct TracedStream<S> {
    stream: Pin<Box<S>>,
    span: Option<FetchSpan>,
}

impl<S: Stream<Item = Result<Bytes, Bytes>>> Stream for TracedStream<S> {
    type Item = Result<Bytes, Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.stream.as_mut().poll_next(cx);
        match &next {
            Poll::Ready(None) => {
                if let Some(span) = self.span.take() {
                    span.done();
                }
            }
            Poll::Ready(Some(Err(_))) => {
                if let Some(span) = self.span.take() {
                    span.failed(NETWORK_ERROR);
                }
            }
            _ => {}
        }
        next
    }
}
