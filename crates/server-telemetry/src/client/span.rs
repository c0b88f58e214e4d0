//! The CLIENT span of a call, from before it is sent until its answer's body has been read.

use super::{Call, ClientError, inject};
use crate::request::attributes::{self, cut, protocol_version, redact};
use bytes::Bytes;
use http::{Request, Response, Uri};
use opentelemetry::global::BoxedTracer;
use opentelemetry::trace::{SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};
use trace_wire::attribute;

/// `error.type` of a call that was given up: its future was dropped.
const CANCELLED: &str = "cancelled";

/// Ends its span when dropped.
pub(super) struct CallSpan {
    cx: Context,
    answered: bool,
}

impl CallSpan {
    /// Opens the span, and lets the trace go on in the call's headers; neither where telemetry is suppressed.
    pub(super) fn open(tracer: &BoxedTracer, mut call: Call) -> (Option<Self>, Call) {
        let parent = Context::current();
        if parent.is_telemetry_suppressed() {
            return (None, call);
        }
        let builder = tracer
            .span_builder(attributes::span_name(call.request.method(), call.template))
            .with_kind(SpanKind::Client)
            .with_attributes(of_call(&call));
        let cx = parent.with_span(tracer.build_with_context(builder, &parent));
        inject(&cx, call.request.headers_mut());
        (Some(Self { cx, answered: false }), call)
    }

    /// A status of 4xx or 5xx is an error of the call.
    pub(super) fn end(mut self, answer: &Result<Response<Bytes>, ClientError>) {
        self.answered = true;
        let span = self.cx.span();
        let error = match answer {
            Ok(response) => {
                let status = response.status();
                span.set_attribute(KeyValue::new(
                    attribute::HTTP_RESPONSE_STATUS_CODE,
                    i64::from(status.as_u16()),
                ));
                if let Some(version) = protocol_version(response.version()) {
                    span.set_attribute(KeyValue::new(attribute::NETWORK_PROTOCOL_VERSION, version));
                }
                (status.is_client_error() || status.is_server_error()).then(|| status.as_str().to_owned())
            }
            Err(error) => Some(error.error_type().to_owned()),
        };
        if let Some(error) = error {
            span.set_attribute(KeyValue::new(attribute::ERROR_TYPE, error));
            span.set_status(Status::error(""));
        }
    }
}

impl Drop for CallSpan {
    fn drop(&mut self) {
        let span = self.cx.span();
        if !self.answered {
            span.set_attribute(KeyValue::new(attribute::ERROR_TYPE, CANCELLED));
            span.set_attribute(KeyValue::new(attribute::SPAN_ABORTED, true));
        }
        span.end();
    }
}

fn of_call(call: &Call) -> Vec<KeyValue> {
    let (request, uri): (&Request<Bytes>, &Uri) = (&call.request, call.request.uri());
    let mut attributes = Vec::with_capacity(6);
    attributes::add_method(request.method(), &mut attributes);
    if let Some(template) = call.template {
        attributes.push(KeyValue::new(attribute::URL_TEMPLATE, template));
    }
    if let Some(peer) = call.peer {
        attributes.push(KeyValue::new(attribute::SERVICE_PEER_NAME, peer));
        return attributes;
    }
    if let Some(host) = uri.host() {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        attributes.push(KeyValue::new(attribute::SERVER_ADDRESS, cut(host).to_owned()));
    }
    let port = uri.port_u16().or_else(|| match uri.scheme_str() {
        Some("https") => Some(443),
        Some("http") => Some(80),
        _ => None,
    });
    if let Some(port) = port {
        attributes.push(KeyValue::new(attribute::SERVER_PORT, i64::from(port)));
    }
    attributes.push(KeyValue::new(attribute::URL_FULL, cut(&url(uri)).to_owned()));
    attributes
}

/// The URL without a user, a password and the values of credentials in its query.
fn url(uri: &Uri) -> String {
    let mut url = String::new();
    if let Some(scheme) = uri.scheme_str() {
        url.push_str(scheme);
        url.push_str("://");
    }
    if let Some(authority) = uri.authority() {
        match authority.as_str().rsplit_once('@') {
            Some((_, host)) => {
                url.push_str("REDACTED:REDACTED@");
                url.push_str(host);
            }
            None => url.push_str(authority.as_str()),
        }
    }
    url.push_str(uri.path());
    if let Some(query) = uri.query() {
        url.push('?');
        url.push_str(&redact(query));
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_loses_its_credentials_and_nothing_else() {
        let url = |text: &str| url(&text.parse().unwrap());
        assert_eq!(
            url("https://api.example.org:8443/a/b?x=1"),
            "https://api.example.org:8443/a/b?x=1"
        );
        assert_eq!(
            url("http://me:hunter2@example.org/?token=abc&x=1"),
            "http://REDACTED:REDACTED@example.org/?token=REDACTED&x=1"
        );
    }

    #[test]
    fn who_is_named_has_no_address() {
        let request = Request::get("https://secret.example.org/1/auth")
            .body(Bytes::new())
            .unwrap();
        let attributes = of_call(&Call::new(request).template("/1/auth").peer("Honeycomb"));
        let all = format!("{attributes:?}");
        assert!(all.contains("Honeycomb") && all.contains("/1/auth"), "{all}");
        assert!(!all.contains("secret.example.org"), "{all}");
    }
}
