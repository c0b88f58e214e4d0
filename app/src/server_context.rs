//! What the server gives to a request before the app renders a page or runs a server function.
//!
//! The app defines these types and the server fills them, so that the arrow between the two points one way. They arrive as
//! Leptos contexts; while the list of routes is made there are none, and pages then render as for a signed-out visitor.

use crate::{ApiError, DemoHint, FormFlash, page_start::PageStart};
use cruddur::{db::Db, user::User};
use leptos::prelude::*;
use trace_wire::PageTrace;

/// What server functions work with.
#[derive(Clone)]
pub struct Services {
    /// The app's database.
    pub db: Db,
    /// Signs the session's cookie.
    pub cookie_key: cookie::Key,
    /// Whether this request came over HTTPS, so that the cookie may be bound to it.
    pub secure_cookies: bool,
    /// Whether the demo people may sign in from where this request came from.
    pub allow_demo: bool,
    /// The demo people, when there are any and [`Services::allow_demo`] holds: shown on the sign-in page.
    pub demo: Option<DemoHint>,
}

/// The person who made this request, if their session holds.
#[derive(Clone, Debug, Default)]
pub struct Viewer(pub Option<User>);

/// Whether the person who made this request may open the trace explorer.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExplorerOpen(pub bool);

/// The form that this visitor just sent without JavaScript, where its page has something to say of it. To be given once.
#[derive(Clone, Debug, Default)]
pub struct Flash(pub Option<FormFlash>);

/// What the page that is being rendered hands over to its own telemetry.
#[derive(Clone, Debug, Default)]
pub struct HandOver {
    /// The load of this page, where the server has opened its trace ([`trace_wire::page::META`]).
    pub page: Option<PageTrace>,
    /// The sign-in that it is rendered for ([`trace_wire::page::GENERATION_META`]).
    pub generation: Option<String>,
}

/// The hand-over of this request; nothing without one.
pub(crate) fn hand_over() -> HandOver {
    use_context().unwrap_or_default()
}

/// The services of this request.
pub(crate) fn services() -> Result<Services, ApiError> {
    use_context().ok_or_else(|| {
        tracing::error!("no Services were provided for this request");
        ApiError::Internal { trace_id: None }
    })
}

/// The person who made this request; 401 without one.
pub(crate) fn signed_in() -> Result<User, ApiError> {
    viewer().ok_or(ApiError::SignInRequired)
}

/// The person who made this request, if any.
pub(crate) fn viewer() -> Option<User> {
    use_context::<Viewer>().and_then(|Viewer(user)| user)
}

/// The hand-over for the page that is being rendered. Its time is the domain's: what expires by it is what is not shown.
pub(crate) fn page_start() -> PageStart {
    let services = use_context::<Services>();
    PageStart {
        now_ms: services
            .as_ref()
            .map(|services| services.db.now() / 1_000)
            .unwrap_or_default(),
        viewer: viewer(),
        flash: use_context::<Flash>().and_then(|Flash(form)| form),
        demo: services
            .filter(|services| services.allow_demo)
            .and_then(|services| services.demo),
        explorer: use_context::<ExplorerOpen>().is_some_and(|ExplorerOpen(open)| open),
        trace_id: crate::current_trace_id(),
    }
}
