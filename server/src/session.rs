//! Who made a request, and the form that came back to them: found once, before anything else looks.

use crate::context::AppState;
use crate::flash::Flashes;
use app::server_context::{Flash, Viewer};
use app::session_cookie;
use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::Response;
use server_telemetry::EndUser;

/// The middleware: puts [`Viewer`] (for the app and the explorer) and [`EndUser`] (for the relay, and with its generation
/// for the page that is rendered) into the request, and `user.id` and `user.name` on its span.
pub(crate) async fn identify(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    if let Some(token) = session_cookie::token(request.headers(), &state.cookie_key) {
        match cruddur::session::user_of(&state.db, &token).await {
            Ok(Some(user)) => {
                server_telemetry::set_user(&user.uuid, &user.handle);
                request.extensions_mut().insert(EndUser {
                    id: user.uuid.clone(),
                    name: user.handle.clone(),
                    generation: cruddur::session::public_name(&token),
                });
                request.extensions_mut().insert(Viewer(Some(user)));
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "a session could not be looked up: taken for signed out"),
        }
    }
    next.run(request).await
}

/// The middleware of pages: hands a form that came back to the page that follows it.
pub(crate) async fn hand_back_form(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let is_page = *request.method() == Method::GET
        && request
            .headers()
            .get(header::ACCEPT)
            .is_some_and(|accept| accept.to_str().is_ok_and(|it| it.contains("text/html")));
    if !is_page || !Flashes::is_expected(request.headers()) {
        return next.run(request).await;
    }
    let form = state.flashes.take(request.headers());
    request.extensions_mut().insert(Flash(form));
    let mut response = next.run(request).await;
    response.headers_mut().append(header::SET_COOKIE, Flashes::clear());
    response
}
