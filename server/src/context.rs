//! What every request shares, and what the app gets of it.

use crate::flash::Flashes;
use crate::follow::Follower;
use crate::peer::{self, Access};
use app::DemoHint;
use app::server_context::{ExplorerOpen, Flash, HandOver, Services, Viewer};
use axum::extract::FromRef;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use cookie::Key;
use cruddur::db::Db;
use explorer::HoneycombPlace;
use leptos::config::LeptosOptions;
use leptos::prelude::{provide_context, use_context};
use server_telemetry::{EndUser, PageTraces, Relay, Senders, Telemetry};
use span_log::SpanLog;
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;
use trace_store::TraceStore;

/// What every request shares.
#[derive(Clone)]
pub struct AppState {
    /// How the page was built.
    pub leptos: LeptosOptions,
    /// The app's data.
    pub db: Db,
    /// Signs the session's cookie.
    pub cookie_key: Key,
    /// Forms that wait for their page.
    pub flashes: Flashes,
    /// Who may open the explorer.
    pub access: Access,
    /// The demo people, where the database has them.
    pub demo: Option<DemoHint>,
    /// The way in for spans from outside.
    pub relay: Relay,
    /// The durable path of every span.
    pub log: SpanLog,
    /// The way from there to backends; none where no backend is named.
    pub senders: Option<Senders>,
    /// Page loads whose browser spans have not come yet.
    pub pages: PageTraces,
    /// What the explorer reads; none with `CRUDDUR_TRACE_STORE=off`.
    pub store: Option<TraceStore>,
    /// What brings the store its spans.
    pub follower: Option<Follower>,
    /// Where the explorer's traces are in Honeycomb, once it has said whose the key is.
    pub honeycomb: Arc<OnceLock<HoneycombPlace>>,
    /// The server's own spans.
    pub telemetry: Arc<Telemetry>,
    /// Says `true` when the server stops.
    pub stopping: watch::Sender<bool>,
    /// Whether the explorer and the relay make spans too.
    pub trace_explorer: bool,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}

impl AppState {
    /// Whether there is an explorer, and whoever made this request may open it.
    pub(crate) fn explorer_is_open(&self, extensions: &Extensions, headers: &HeaderMap) -> bool {
        self.store.is_some() && self.access.refusal(extensions, headers).is_none()
    }

    /// Gives a request's contexts to the app: pages and server functions alike.
    pub fn provide(&self) {
        // Without a request the list of routes is being made, and nothing is asked of the services.
        let Some(parts) = use_context::<Parts>() else { return };
        let allow_demo = self.access.allows_demo(&parts);
        provide_context(Services {
            db: self.db.clone(),
            cookie_key: self.cookie_key.clone(),
            secure_cookies: peer::is_https(&parts.headers),
            allow_demo,
            demo: self.demo.clone().filter(|_| allow_demo),
        });
        provide_context(ExplorerOpen(self.explorer_is_open(&parts.extensions, &parts.headers)));
        provide_context(parts.extensions.get::<Viewer>().cloned().unwrap_or_default());
        provide_context(parts.extensions.get::<Flash>().cloned().unwrap_or_default());
        provide_context(HandOver {
            page: server_telemetry::current_page(),
            generation: parts.extensions.get::<EndUser>().map(|user| user.generation.clone()),
        });
    }
}
