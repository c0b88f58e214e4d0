//! What all server functions do around their work: a span, the HTTP status, and no internals to the client.

use crate::{ApiError, trace::current_trace_id};
use http::{HeaderValue, StatusCode, header};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use opentelemetry::trace::{FutureExt, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue, global};
use std::{error::Error, iter};
use trace_wire::attribute;

/// Runs a server function's work in a span of its own, and sets the HTTP status of what comes out.
///
/// # Errors
///
/// Those of the work.
pub(crate) async fn traced<T>(
    function: &'static str,
    work: impl Future<Output = Result<T, ApiError>> + Send,
) -> Result<T, ApiError> {
    let tracer = global::tracer("cruddur.app");
    let span = tracer
        .span_builder(format!("server_fn {function}"))
        .with_kind(SpanKind::Internal)
        .with_attributes([KeyValue::new(
            attribute::CODE_FUNCTION_NAME,
            format!("app::api::{function}"),
        )])
        .start(&tracer);
    let context = Context::current_with_span(span);
    let result = work.with_context(context.clone()).await;
    if let Err(error) = &result {
        if error.status() >= 500 {
            context
                .span()
                .set_attribute(KeyValue::new(attribute::ERROR_TYPE, error.status().to_string()));
            context.span().set_status(Status::error(error.to_string()));
        }
        set_status(error);
    }
    context.span().end();
    result
}

/// Gives the response of this request the status of `error`: of a page as well as of a call.
pub(crate) fn set_status(error: &ApiError) {
    if let (Some(response), Ok(status)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(error.status())) {
        response.set_status(status);
    }
}

/// Adds a header to the response of this request.
pub(crate) fn add_header(name: header::HeaderName, value: HeaderValue) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.append_header(name, value);
    }
}

/// The headers of this request; none where there is no request (the list of routes is being made).
pub(crate) fn request_headers() -> http::HeaderMap {
    use_context::<http::request::Parts>()
        .map(|parts| parts.headers)
        .unwrap_or_default()
}

/// `Link: rel="next"` of a feed that goes on, to its callers over HTTP (a page has a link of its own).
///
/// `path` is the feed's address with its own parameters, `next` the cursor, and `limit` what the caller asked for.
pub(crate) fn link_next(path: &str, next: Option<&str>, limit: Option<&str>) {
    let called = use_context::<http::request::Parts>().is_some_and(|parts| parts.uri.path().starts_with(super::PREFIX));
    let (true, Some(next)) = (called, next) else { return };
    let separator = if path.contains('?') { '&' } else { '?' };
    let limit = limit.map(|limit| format!("&limit={limit}")).unwrap_or_default();
    if let Ok(value) = HeaderValue::from_str(&format!("<{path}{separator}before={next}{limit}>; rel=\"next\"")) {
        add_header(header::LINK, value);
    }
}

impl From<cruddur::Error> for ApiError {
    /// What the client may know of a domain error. The cause of an internal one is logged here, where it becomes invisible.
    fn from(error: cruddur::Error) -> Self {
        match error {
            cruddur::Error::Invalid(cruddur::Invalid(errors)) => Self::Invalid(errors),
            cruddur::Error::NotFound => Self::NotFound,
            error => {
                let trace_id = current_trace_id();
                tracing::error!(error = %with_causes(&error), trace_id = trace_id.as_deref(), "a request failed");
                Self::Internal { trace_id }
            }
        }
    }
}

/// An error and all its causes, in one line.
fn with_causes(error: &(dyn Error + 'static)) -> String {
    iter::successors(Some(error), |&error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
