//! The span of a domain operation, and its absence.

use crate::{Error, user::User};
use opentelemetry::trace::{FutureExt, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue, global};
use trace_wire::attribute::{APP_INVALID, ERROR_TYPE, SPAN_ABORTED, USER_ID, USER_NAME};

/// The instrumentation scope of the domain's spans.
pub(crate) const SCOPE: &str = "cruddur";

/// Runs `work` in an INTERNAL span `name`, and notes on it how that went.
///
/// Input that does not hold is no error of the operation: its codes are on the span, its status stays unset. A failure of
/// ours is one. Given up (the future is dropped), the span ends then and says so.
pub(crate) async fn in_span<T>(
    name: &'static str,
    attributes: Vec<KeyValue>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    in_span_of_scope(SCOPE, name, attributes, work).await
}

/// [`in_span`] for the one span that has a scope of its own.
pub(crate) async fn in_span_of_scope<T>(
    scope: &'static str,
    name: &'static str,
    attributes: Vec<KeyValue>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let open = OpenSpan::start(scope, name, SpanKind::Internal, attributes);
    let result = work.with_context(open.context.clone()).await;
    match &result {
        Err(Error::Invalid(invalid)) => {
            let codes: Vec<_> = invalid.codes().collect();
            open.set(KeyValue::new(APP_INVALID, codes.join(",")));
        }
        Err(error) => {
            if let Some(kind) = error.kind() {
                open.fail(kind, error.to_string());
            }
        }
        Ok(_) => {}
    }
    open.end();
    result
}

/// Who does it, as attributes.
pub(crate) fn acting(user: &User) -> Vec<KeyValue> {
    vec![
        KeyValue::new(USER_ID, user.uuid.clone()),
        KeyValue::new(USER_NAME, user.handle.clone()),
    ]
}

/// Sets an attribute of the span that is current.
pub(crate) fn note(attribute: KeyValue) {
    Context::map_current(|context| context.span().set_attribute(attribute));
}

/// Runs `work` so that neither it nor its SQL makes spans.
pub(crate) async fn quiet<T>(work: impl Future<Output = T>) -> T {
    let context = Context::map_current(Context::with_telemetry_suppressed);
    work.with_context(context).await
}

/// A span that ends on every way out, also when its future is dropped half-way.
pub(crate) struct OpenSpan {
    /// The context with the span in it, to run the work in.
    pub(crate) context: Context,
    ended: bool,
}

impl OpenSpan {
    /// A child of the current span, or a root.
    pub(crate) fn start(
        scope: &'static str,
        name: impl Into<std::borrow::Cow<'static, str>>,
        kind: SpanKind,
        attributes: Vec<KeyValue>,
    ) -> Self {
        let tracer = global::tracer(scope);
        let builder = tracer.span_builder(name).with_kind(kind).with_attributes(attributes);
        Self {
            context: Context::current_with_span(tracer.build(builder)),
            ended: false,
        }
    }

    pub(crate) fn set(&self, attribute: KeyValue) {
        self.context.span().set_attribute(attribute);
    }

    pub(crate) fn fail(&self, kind: &str, words: String) {
        self.set(KeyValue::new(ERROR_TYPE, kind.to_owned()));
        self.context.span().set_status(Status::error(words));
    }

    pub(crate) fn end(mut self) {
        self.ended = true;
    }
}

impl Drop for OpenSpan {
    fn drop(&mut self) {
        if !self.ended {
            self.set(KeyValue::new(SPAN_ABORTED, true));
        }
        self.context.span().end();
    }
}
