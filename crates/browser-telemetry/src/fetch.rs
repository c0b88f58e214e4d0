//! `fetch` with a CLIENT span: context out, phases in, and an end that is told apart from an abort.
//!
//! The span begins at the call and ends with the last byte of the body (`responseEnd` of the resource-timing entry
//! that carries the echo of its id; without such an entry: when the body has been read). The body is read once, by
//! whoever wants it: it is neither cloned nor teed. A response whose body nobody reads ends its span when it is
//! dropped; a future that is dropped before its response is complete ends it as aborted.

use crate::resource_timing::Times;
use crate::state::state;
use crate::tracer::{self, BrowserSpan};
use crate::{clock, otlp, page, start};
use gloo_net::Error;
pub use gloo_net::http::Request;
use opentelemetry::trace::{Span, SpanContext, SpanKind, Status};
use opentelemetry::{Context, KeyValue};
use trace_wire::{TraceParent, attribute};
use wasm_bindgen::{JsCast, JsValue};

/// Sends a request as a CLIENT span named `{METHOD}`: the URL of a plain request may have any number of values, so it
/// is no name. [`fetch_route`] takes one.
///
/// # Errors
///
/// Those of the browser: the network failed, the request was aborted or not allowed. The span then has `error.type`.
pub async fn fetch(request: Request) -> Result<Response, Error> {
    send(request, None).await
}

/// Sends a request as a CLIENT span named `{METHOD} {route}`, where `route` is the low-cardinality template of its
/// path, such as `/api/activities/@{handle}`.
///
/// # Errors
///
/// As [`fetch`].
pub async fn fetch_route(request: Request, route: &str) -> Result<Response, Error> {
    send(request, Some(route)).await
}

async fn send(request: Request, route: Option<&str>) -> Result<Response, Error> {
    let mut request = request;
    let mut span = FetchSpan::start(&mut request, route);
    match request.send().await {
        Ok(response) => {
            span.head(response.status());
            Ok(Response { response, span })
        }
        Err(error) => {
            span.failed(&error_type(&error));
            Err(error)
        }
    }
}

/// A response whose span ends when its body has been read.
#[derive(Debug)]
pub struct Response {
    response: gloo_net::http::Response,
    span: FetchSpan,
}

impl Response {
    /// The status code.
    pub fn status(&self) -> u16 {
        self.response.status()
    }

    /// Whether the status is 2xx.
    pub fn ok(&self) -> bool {
        self.response.ok()
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<String> {
        self.response.headers().get(name)
    }

    /// Reads the body as text.
    ///
    /// # Errors
    ///
    /// Where the connection breaks before its end.
    pub async fn text(self) -> Result<String, Error> {
        let Self { response, span } = self;
        span.body(response.text(), error_type).await
    }

    /// Reads the body as bytes.
    ///
    /// # Errors
    ///
    /// Where the connection breaks before its end.
    pub async fn binary(self) -> Result<Vec<u8>, Error> {
        let Self { response, span } = self;
        span.body(response.binary(), error_type).await
    }
}

/// The name of the JavaScript exception: what OpenTelemetry wants as `error.type` of a request without a response.
fn error_type(error: &Error) -> String {
    match error {
        Error::JsError(error) => error.name.clone(),
        _ => "_OTHER".into(),
    }
}

/// The span of one request.
#[derive(Debug)]
pub(crate) struct FetchSpan {
    span: BrowserSpan,
    url: String,
    /// When it was begun, in milliseconds of the performance time line.
    start: f64,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    /// Waiting for the response's head.
    Sent,
    /// The head is there; nobody has asked for the body.
    Head,
    /// The body is being read.
    Body,
    Ended,
}

impl FetchSpan {
    /// Opens the span in the current context, and puts the context into the request's headers where it goes to the
    /// page's own origin or to a configured one.
    pub(crate) fn start(request: &mut Request, route: Option<&str>) -> Self {
        // A `Request` writes its URL whole, and has no credentials in it (Fetch standard, §5.4).
        let url = request.url();
        let method = method(request);
        let mut attributes = Vec::new();
        otlp::text(&mut attributes, attribute::HTTP_REQUEST_METHOD, method.clone());
        otlp::text(&mut attributes, attribute::URL_FULL, url.clone());
        let mut host = page::ask("address", &url);
        if let Some(colon) = host.bytes().rposition(|byte| byte == b':') {
            let digits = host.bytes().skip(colon + 1);
            let port = digits.fold(0, |port, digit| port * 10 + i64::from(digit & 15));
            host.truncate(colon);
            otlp::text(&mut attributes, attribute::SERVER_ADDRESS, host);
            otlp::integer(&mut attributes, attribute::SERVER_PORT, port);
        }
        let name = match route {
            Some(route) => {
                otlp::text(&mut attributes, attribute::URL_TEMPLATE, route.to_owned());
                method + " " + route
            }
            None => method,
        };
        clock::check();
        let start = page::performance_now();
        let parent = Context::current();
        let span = state()
            .tracer
            .begin(&parent, name.into(), SpanKind::Client, clock::at(start), attributes);
        if start::propagates_to(&url) {
            // `set`, not `append`: a request that is sent again has one parent.
            let headers = request.headers();
            headers.set(trace_wire::TRACEPARENT, &traceparent(span.span_context()));
            // Asking for the visit begins one: not on a page that records nothing.
            if span.span_context().is_sampled() {
                let session = attribute::SESSION_ID.to_owned() + "=" + &page::ask("session", "");
                headers.set(trace_wire::BAGGAGE, &session);
            }
        }
        Self {
            span,
            url,
            start,
            stage: Stage::Sent,
        }
    }

    fn set(&self, attribute: KeyValue) {
        tracer::set(self.span.id(), attribute);
    }

    fn fail(&mut self, error_type: String) {
        self.set(KeyValue::new(attribute::ERROR_TYPE, error_type));
        self.span.set_status(Status::error(""));
    }

    /// The response's head has come.
    pub(crate) fn head(&mut self, status: u16) {
        self.stage = Stage::Head;
        if status > 0 {
            self.set(KeyValue::new(attribute::HTTP_RESPONSE_STATUS_CODE, i64::from(status)));
        }
        if status >= 400 {
            self.fail(u32::from(status).to_string());
        }
    }

    /// Reads the body, and ends the span with it.
    pub(crate) async fn body<T, E>(
        mut self,
        read: impl Future<Output = Result<T, E>>,
        error_type: impl FnOnce(&E) -> String,
    ) -> Result<T, E> {
        self.reading();
        let body = read.await;
        match &body {
            Ok(_) => self.done(),
            Err(error) => self.failed(&error_type(error)),
        }
        body
    }

    /// Somebody has begun to read the body.
    pub(crate) fn reading(&mut self) {
        self.stage = Stage::Body;
    }

    /// The body is complete.
    pub(crate) fn done(mut self) {
        self.end();
    }

    /// No response, or not all of it.
    pub(crate) fn failed(mut self, error_type: &str) {
        // Who aborts a request knows what they do: no error (OpenTelemetry semantic conventions, HTTP spans).
        if error_type == "AbortError" {
            return self.aborted();
        }
        self.fail(error_type.to_owned());
        self.end();
    }

    fn aborted(&mut self) {
        self.stage = Stage::Ended;
        self.set(KeyValue::new(attribute::SPAN_ABORTED, true));
        tracer::end(self.span.id(), clock::now());
    }

    fn end(&mut self) {
        self.stage = Stage::Ended;
        clock::check();
        let id = self.span.id();
        let Some(times) = Times::find(&self.url, &trace_wire::hex::write(&id.to_bytes())) else {
            return tracer::end(id, clock::now());
        };
        if start::is_own(&self.url) {
            times.set_clock();
        }
        if let Some(mut record) = tracer::record(id) {
            times.write(self.start, &mut record.attributes);
        }
        tracer::end(id, clock::at(times.response_end));
    }
}

impl Drop for FetchSpan {
    fn drop(&mut self) {
        match self.stage {
            Stage::Ended => {}
            // Nobody wanted the body.
            Stage::Head => self.end(),
            Stage::Sent | Stage::Body => self.aborted(),
        }
    }
}

/// The method as text, past `gloo_net`, which would read it into an `http::Method`: 1 KB of the page's WASM.
fn method(request: &mut Request) -> String {
    let nothing: web_sys::Request = JsValue::UNDEFINED.unchecked_into();
    let raw: web_sys::Request = std::mem::replace(request, nothing.into()).into();
    let method = raw.method();
    *request = raw.into();
    method
}

fn traceparent(context: &SpanContext) -> String {
    TraceParent {
        trace_id: context.trace_id().to_bytes(),
        span_id: context.span_id().to_bytes(),
        flags: context.trace_flags().to_u8(),
    }
    .to_string()
}
