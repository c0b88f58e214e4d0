//! Outgoing HTTP: the one client for all that the server asks of others.
//!
//! A call makes a CLIENT span by the stable HTTP semantic conventions
//! (<https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client>) and carries the trace on in the headers of
//! the global propagator. Under a suppressed context it does neither: telemetry's own traffic makes no telemetry.
//!
//! It is reqwest with rustls below. Redirects are not followed: what is sent goes where it was meant to go, and a key in
//! a header goes nowhere else.

mod error;
mod span;

pub use error::ClientError;

use crate::request::instrumentation_scope;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use opentelemetry::global::BoxedTracer;
use opentelemetry::propagation::Injector;
use opentelemetry::trace::{Span, Tracer, TracerProvider};
use opentelemetry::{Context, global};
use span::CallSpan;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The longest answer that is read, in bytes.
pub const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// How long a call takes at most where it does not say otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// One request to somebody else's server, and what is to be known about it.
#[derive(Clone)]
pub struct Call {
    request: Request<Bytes>,
    template: Option<&'static str>,
    peer: Option<&'static str>,
    timeout: Duration,
    status_decides: bool,
}

impl Call {
    /// A call that takes at most ten seconds.
    pub fn new(request: Request<Bytes>) -> Self {
        Self {
            request,
            template: None,
            peer: None,
            timeout: TIMEOUT,
            status_decides: false,
        }
    }

    /// The low-cardinality form of the URL's path, such as `/users/{id}`: the span is named after it.
    #[must_use]
    pub fn template(self, template: &'static str) -> Self {
        Self {
            template: Some(template),
            ..self
        }
    }

    /// Whom it goes to, in a word, **in place of** the address: the span then has `service.peer.name` and none of
    /// `server.address`, `server.port` and `url.full`. For addresses that are nobody's business, such as telemetry
    /// backends'.
    #[must_use]
    pub fn peer(self, peer: &'static str) -> Self {
        Self {
            peer: Some(peer),
            ..self
        }
    }

    /// An answer whose body breaks off, is too long or does not end in time is an answer with an empty body: for calls
    /// where the status says what became of the request, and a second one would do again what is done.
    #[must_use]
    pub fn status_decides(self) -> Self {
        Self {
            status_decides: true,
            ..self
        }
    }

    /// How long it may take, from the start to the end of the answer's body.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }
}

impl fmt::Debug for Call {
    /// Without the headers and the address, either of which may hold a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("method", self.request.method())
            .field("template", &self.template)
            .field("peer", &self.peer)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// The client. Clones share its connections.
#[derive(Clone)]
pub struct TracedClient {
    http: reqwest::Client,
    tracer: Arc<BoxedTracer>,
}

impl TracedClient {
    /// A client whose spans go to the global tracer provider, which must have been set before this call.
    ///
    /// # Errors
    ///
    /// [`ClientError::Setup`] where this system has no certificates that TLS could trust.
    pub fn new() -> Result<Self, ClientError> {
        Self::with_tracer(global::tracer_with_scope(instrumentation_scope()))
    }

    /// A client whose spans go to the given provider.
    ///
    /// # Errors
    ///
    /// As [`TracedClient::new`].
    pub fn with_provider<P, T, S>(provider: &P) -> Result<Self, ClientError>
    where
        P: TracerProvider<Tracer = T>,
        T: Tracer<Span = S> + Send + Sync + 'static,
        S: Span + Send + Sync + 'static,
    {
        let tracer = provider.tracer_with_scope(instrumentation_scope());
        Self::with_tracer(BoxedTracer::new(Box::new(tracer)))
    }

    fn with_tracer(tracer: BoxedTracer) -> Result<Self, ClientError> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| ClientError::Setup)?;
        Ok(Self {
            http,
            tracer: Arc::new(tracer),
        })
    }

    /// Sends a request and reads the whole answer. Any status is an answer.
    ///
    /// # Errors
    ///
    /// [`ClientError`] where there is no (whole) answer.
    pub async fn send(&self, call: Call) -> Result<Response<Bytes>, ClientError> {
        let (span, call) = CallSpan::open(&self.tracer, call);
        let answer = self.exchange(call).await;
        if let Some(span) = span {
            span.end(&answer);
        }
        answer
    }

    async fn exchange(&self, call: Call) -> Result<Response<Bytes>, ClientError> {
        let (head, body) = call.request.into_parts();
        // Not reqwest's own conversion: this way it takes a user and a password out of the URL, and into a header.
        let mut request = self
            .http
            .request(head.method, head.uri.to_string())
            .headers(head.headers)
            .timeout(call.timeout);
        if !body.is_empty() {
            request = request.body(body);
        }
        let mut answer = request.send().await.map_err(|error| ClientError::of(&error))?;
        let body = match read(&mut answer).await {
            Err(_) if call.status_decides => Bytes::new(),
            read => read?,
        };
        let mut response = Response::new(body);
        *response.status_mut() = answer.status();
        *response.version_mut() = answer.version();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }
}

/// Reads an answer's body to its end.
async fn read(answer: &mut reqwest::Response) -> Result<Bytes, ClientError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| ClientError::of(&error))? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(ClientError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

impl fmt::Debug for TracedClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TracedClient")
    }
}

/// Writes what the propagators have to say into headers.
struct HeaderInjector<'a>(&'a mut HeaderMap);

impl Injector for HeaderInjector<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(key), HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}

/// Lets the current trace go on in these headers.
fn inject(cx: &Context, headers: &mut HeaderMap) {
    global::get_text_map_propagator(|propagator| propagator.inject_context(cx, &mut HeaderInjector(headers)));
}
