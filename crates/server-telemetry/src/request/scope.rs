//! What a request knows about itself, carried in the OpenTelemetry context: the SERVER span, however deep the current
//! span lies below it, the visit that it belongs to, and the signed-in user, once known.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use trace_wire::attribute;

/// The value that [`super::RequestSpanLayer`] puts into the request's context.
#[derive(Clone)]
pub(crate) struct RequestScope(Arc<Inner>);

struct Inner {
    /// Holds the SERVER span, and not this scope (or neither would ever be freed).
    server: Context,
    method: Method,
    session: Option<KeyValue>,
    user: Mutex<Option<[KeyValue; 2]>>,
    route: OnceLock<()>,
}

impl RequestScope {
    pub(super) fn new(server: Context, method: Method, session: Option<KeyValue>) -> Self {
        Self(Arc::new(Inner {
            server,
            method,
            session,
            user: Mutex::new(None),
            route: OnceLock::new(),
        }))
    }

    /// What every span of this request says: `session.id`, and `user.id` and `user.name` once known.
    pub(crate) fn shared(&self) -> impl Iterator<Item = KeyValue> + use<> {
        let user = self.0.user.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.0.session.clone().into_iter().chain(user.into_iter().flatten())
    }

    pub(super) fn server(&self) -> &Context {
        &self.0.server
    }
}

/// Says who the current request is by: sets `user.id` and `user.name` on its SERVER span, and on every span that is
/// made under it from now on (by [`crate::SinkProcessor`]).
///
/// `id` is the user's stable id, `name` the handle. Outside a request, and on a quiet path, it does nothing.
pub fn set_user(id: &str, name: &str) {
    let Some(scope) = current() else { return };
    let user = [
        KeyValue::new(attribute::USER_ID, id.to_owned()),
        KeyValue::new(attribute::USER_NAME, name.to_owned()),
    ];
    *scope.0.user.lock().unwrap_or_else(PoisonError::into_inner) = Some(user.clone());
    scope.0.server.span().set_attributes(user);
}

/// Says which route the current request took, where the span's layer could not see it: sets `http.route` and the
/// SERVER span's name. The first call wins. Outside a request it does nothing.
pub fn set_route(route: &str) {
    let Some(scope) = current() else { return };
    if scope.0.route.set(()).is_ok() {
        let span = scope.0.server.span();
        span.update_name(super::attributes::span_name(&scope.0.method, Some(route)));
        span.set_attribute(KeyValue::new(attribute::HTTP_ROUTE, route.to_owned()));
    }
}

/// Middleware for `axum::middleware::from_fn`, on a router whose span layer is further out: calls [`set_route`] with the
/// matched path.
pub async fn record_route(request: Request, next: Next) -> Response {
    if let Some(route) = request.extensions().get::<MatchedPath>() {
        set_route(route.as_str());
    }
    next.run(request).await
}

fn current() -> Option<RequestScope> {
    Context::map_current(|cx| cx.get::<RequestScope>().cloned())
}
