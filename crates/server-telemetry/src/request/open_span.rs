//! The SERVER span while it is open: whoever holds it last ends it, whatever way the request goes.

use super::scope::RequestScope;
use http::{Method, StatusCode};
use opentelemetry::trace::{Status, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use trace_wire::attribute;

/// `error.type` of a request that was given up: the client went away.
const CANCELLED: &str = "cancelled";
/// `error.type` of a request whose handler, or whose body, panicked.
const PANIC: &str = "panic";
/// `error.type` of a response that broke off because its body failed.
const BODY_ERROR: &str = "response_body_error";
/// `error.type` of a service that gave an error in place of a response.
const SERVICE_ERROR: &str = "service_error";

/// Ends its span when dropped. Dropped before [`OpenSpan::complete`], the request has been given up.
pub(super) struct OpenSpan {
    scope: RequestScope,
    complete: bool,
}

impl OpenSpan {
    /// Takes over the span of `server`, and gives the context for the handler and for the body. `session` is the visit
    /// that the request belongs to.
    pub(super) fn new(server: Context, method: Method, session: Option<KeyValue>) -> (Self, Context) {
        let scope = RequestScope::new(server.clone(), method, session);
        let cx = server.with_value(scope.clone());
        (Self { scope, complete: false }, cx)
    }

    /// Sets the status code. An answer of 5xx is the server's error; one of 4xx is the client's and leaves the status unset.
    pub(super) fn responded(&self, status: StatusCode) {
        let span = self.scope.server().span();
        span.set_attribute(KeyValue::new(
            attribute::HTTP_RESPONSE_STATUS_CODE,
            i64::from(status.as_u16()),
        ));
        if status.is_server_error() {
            span.set_attribute(KeyValue::new(attribute::ERROR_TYPE, status.as_str().to_owned()));
            span.set_status(Status::error(""));
        }
    }

    /// The response is through: the span ends here.
    pub(super) fn complete(mut self) {
        self.complete = true;
    }

    /// The body broke off with an error.
    pub(super) fn body_failed(self) {
        self.failed(BODY_ERROR);
    }

    /// There was no response but an error. (axum's own services never do that.)
    pub(super) fn service_failed(self) {
        self.failed(SERVICE_ERROR);
    }

    fn failed(mut self, error_type: &'static str) {
        self.complete = true;
        self.fail(error_type);
    }

    fn fail(&self, error_type: &'static str) {
        let span = self.scope.server().span();
        span.set_attribute(KeyValue::new(attribute::ERROR_TYPE, error_type));
        span.set_status(Status::error(""));
    }
}

impl Drop for OpenSpan {
    fn drop(&mut self) {
        let span = self.scope.server().span();
        if !self.complete && std::thread::panicking() {
            self.fail(PANIC);
        } else if !self.complete {
            // Not the server's fault, so the status stays unset.
            span.set_attribute(KeyValue::new(attribute::ERROR_TYPE, CANCELLED));
            span.set_attribute(KeyValue::new(attribute::SPAN_ABORTED, true));
        }
        span.end();
    }
}
