//! `fetch` with a CLIENT span: context out, phases in, and an end that is told apart from an abort.
//!
//! The span begins at the call and ends with the last byte of the body (`responseEnd` of the resource-timing entry
//! that carries the echo of its id; without such an entry: when the body has been read). The body is read once, by
//! whoever wants it: it is neither cloned nor teed. A response whose body nobody reads ends its span when it is
//! dropped; a future that is dropped before its response is complete ends it as aborted.
//!
//! What telemetry has to do with a response it does after whoever waited for it: the next request of a page goes out first.
//! Still in the same task of the browser, and before anything is flushed.

use crate::resource_timing::Times;
use crate::state::state;
use crate::{clock, otlp, page, start, tracer};
use gloo_net::Error;
pub use gloo_net::http::Request;
use opentelemetry::trace::{SpanId, SpanKind, Status};
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
    let mut span = FetchSpan::start(&mut request, route.map_or(Route::Unknown, Route::Template));
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

/// What stands beside the method in the name of a request's span.
pub(crate) enum Route<'a> {
    /// Nothing: the URL may have any number of values.
    Unknown,
    Template(&'a str),
    /// The path of its URL.
    #[cfg(feature = "server-fn")]
    Path,
}

/// The span of one request.
#[derive(Debug)]
pub(crate) struct FetchSpan {
    span: SpanId,
    /// Whether it goes to the page's own origin.
    is_own: bool,
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
    pub(crate) fn start(request: &mut Request, route: Route<'_>) -> Self {
        // Past `gloo_net`, which would read the method into an `http::Method`: 1 KB of the page's WASM.
        let nothing: web_sys::Request = JsValue::UNDEFINED.unchecked_into();
        let raw: web_sys::Request = std::mem::replace(request, nothing.into()).into();
        let span = Self::of(&raw, route);
        *request = raw.into();
        span
    }

    fn of(request: &web_sys::Request, route: Route<'_>) -> Self {
        let target = page::target(request);
        let mut rest = target.as_str();
        let mut next = || page::first(&mut rest);
        // A `Request` writes its URL whole, and has no credentials in it (Fetch standard, §5.4).
        let (method, url, host, port, own) = (next(), next(), next(), next(), next());
        let mut attributes = Vec::new();
        otlp::text(&mut attributes, attribute::HTTP_REQUEST_METHOD, method.to_owned());
        otlp::text(&mut attributes, attribute::URL_FULL, url.to_owned());
        otlp::text(&mut attributes, attribute::SERVER_ADDRESS, host.to_owned());
        let port = port.bytes().fold(0, |port, digit| port * 10 + i64::from(digit & 15));
        otlp::integer(&mut attributes, attribute::SERVER_PORT, port);
        let route = match route {
            Route::Unknown => None,
            Route::Template(template) => Some(template),
            #[cfg(feature = "server-fn")]
            Route::Path => path(url),
        };
        let mut name = method.to_owned();
        if let Some(route) = route {
            otlp::text(&mut attributes, attribute::URL_TEMPLATE, route.to_owned());
            name = name + " " + route;
        }
        let is_own = !own.is_empty();

        let start = clock::check();
        let parent = Context::current();
        let begun = state()
            .tracer
            .begin(&parent, name.into(), SpanKind::Client, clock::at(start), attributes);
        if start::propagates_to(url, is_own) {
            let traceparent = TraceParent {
                trace_id: begun.trace.to_bytes(),
                span_id: begun.span.to_bytes(),
                flags: begun.flags.to_u8(),
            };
            // Asking for the visit begins one: not on a page that records nothing.
            page::carry(request, &traceparent.write(), begun.flags.is_sampled());
        }
        Self {
            span: begun.span,
            is_own,
            start,
            stage: Stage::Sent,
        }
    }

    fn fail(&self, error_type: String) {
        if let Some(mut record) = tracer::record(self.span) {
            // In place of a status that was an error before the body failed.
            tracer::set(&mut record, KeyValue::new(attribute::ERROR_TYPE, error_type));
            record.status = Status::error("");
        }
    }

    /// The response's head has come.
    pub(crate) fn head(&mut self, status: u16) {
        self.stage = Stage::Head;
        if status > 0
            && let Some(mut record) = tracer::record(self.span)
        {
            let attributes = &mut record.attributes;
            otlp::integer(attributes, attribute::HTTP_RESPONSE_STATUS_CODE, status.into());
        }
        if status >= 400 {
            self.fail(otlp::decimal(status.into()));
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
        if let Some(mut record) = tracer::record(self.span) {
            otlp::truth(&mut record.attributes, attribute::SPAN_ABORTED);
        }
        tracer::end(self.span, clock::now());
    }

    #[inline(never)]
    fn end(&mut self) {
        self.stage = Stage::Ended;
        let read = Read {
            span: self.span,
            is_own: self.is_own,
            start: self.start,
            end: page::performance_now(),
        };
        // What was read just before it, in the same breath: one is enough to remember.
        end_read();
        state().read.set(Some(read));
        page::call_after(-1, page::Call::Read, 0);
    }
}

/// The span of a request whose response has been read, until it is ended: after whoever waited for the response has gone
/// on, so that what they do with it (another request, say) does not wait for telemetry, but in the same task of the
/// browser.
pub(crate) struct Read {
    span: SpanId,
    is_own: bool,
    start: f64,
    /// When it had been read.
    end: f64,
}

/// Ends the span of what has been read, if there is one.
pub(crate) fn end_read() {
    clock::check();
    if let Some(mut read) = state().read.take() {
        if let Some(times) = Times::find("request", &trace_wire::hex::write(&read.span.to_bytes())) {
            if read.is_own {
                times.set_clock();
            }
            if let Some(mut record) = tracer::record(read.span) {
                times.write(read.start, &mut record.attributes);
            }
            read.end = times.response_end;
        }
        tracer::end(read.span, clock::at(read.end));
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

/// The path of an absolute URL, as a browser writes it: from the third slash on. (By bytes: a search for `://` brings
/// 1 KB of substring searcher into the page's WASM.)
pub(crate) fn path(url: &str) -> Option<&str> {
    let bytes = url.as_bytes();
    let mut slashes = (0..bytes.len()).filter(|at| bytes[*at] == b'/');
    let start = slashes.nth(2)?;
    let end = bytes.iter().position(|byte| matches!(byte, b'?' | b'#'));
    url.get(start..end.unwrap_or(bytes.len()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_route_of_a_server_function_is_its_path() {
        for (url, route) in [
            (
                "http://localhost:3000/api/activities/home?limit=20",
                Some("/api/activities/home"),
            ),
            ("https://cruddur.example/api/activities#x", Some("/api/activities")),
            ("https://cruddur.example", None),
            ("nonsense", None),
        ] {
            assert_eq!(super::path(url), route, "{url}");
        }
    }
}
