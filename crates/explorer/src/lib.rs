//! The trace explorer: pages and JSON API over the trace store; mounted by any axum app with one line.
//!
//! ```no_run
//! # use explorer::ExplorerConfig;
//! let store = trace_store::TraceStore::default();
//! let config = ExplorerConfig { app_name: "Shop".into(), home_href: "/".into(), ..Default::default() };
//! let app: axum::Router = axum::Router::new().merge(explorer::router(store, config));
//! ```
//!
//! Pages are whole documents, made on the server from Leptos components, and need no JavaScript: links navigate, the
//! filter is a form whose result is a permalink, a span is chosen by a link. Where there is JavaScript, plain modules
//! (`assets/`, with their types in JSDoc) add to that: the list is live, histograms filter by dragging, large traces are
//! quick, and all can be done from the keyboard; they need no build. There is no inline script, so a strict content
//! security policy holds; bar positions are inline `style` attributes (`style-src-attr`).
//!
//! Who may see traces is the caller's decision: put a layer around the router. Pages of other sites may lead here, and embed
//! or fetch nothing. The explorer makes no spans of itself.

#![forbid(unsafe_code)]

mod api;
mod assets;
mod chart;
mod elsewhere;
mod format;
mod honeycomb_place;
mod honeycomb_query;
mod href;
mod live;
mod page;
mod pages;
mod saved;
mod statement;
mod stylesheet;
mod waterfall;

use axum::Router;
use axum::routing::{MethodRouter, get, post};
pub use honeycomb_place::HoneycombPlace;
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;
use trace_store::TraceStore;

/// What the explorer says about the app that it is part of.
#[derive(Clone, Debug, Default)]
pub struct ExplorerConfig {
    /// The app's name, at the left of the top bar and in titles.
    pub app_name: String,
    /// Where the app's name leads to.
    pub home_href: String,
    /// Where the same spans are in Honeycomb, if they are sent there. It may become known later (what a key is, Honeycomb
    /// has to be asked); pages link there from then on.
    pub honeycomb: Arc<OnceLock<HoneycombPlace>>,
    /// Becomes `true` when the server stops: then live lists hear no more, and no connection of theirs keeps the server
    /// waiting. Without it they end with their connections.
    pub stopping: Option<watch::Receiver<bool>>,
}

/// What every handler needs.
#[derive(Clone)]
struct Explorer {
    store: TraceStore,
    config: Arc<ExplorerConfig>,
}

/// All routes of the explorer, below `/traces` and `/api/traces`. The router has no state left open, so that it merges
/// into any other.
pub fn router(store: TraceStore, config: ExplorerConfig) -> Router {
    let routes = routes().into_iter();
    let router = routes.fold(Router::new(), |router, (path, method)| router.route(path, method));
    let router = router.route_layer(axum::middleware::from_fn(elsewhere::only_links));
    router.with_state(Explorer {
        store,
        config: Arc::new(config),
    })
}

/// The paths of [`router`] as axum writes them, for whoever has to be sure that a guard is before each.
pub fn paths() -> impl Iterator<Item = &'static str> {
    routes().into_iter().map(|(path, _)| path)
}

fn routes() -> [(&'static str, MethodRouter<Explorer>); 17] {
    [
        ("/traces", get(pages::traces)),
        ("/traces/{trace_id}", get(pages::trace::page)),
        ("/traces/{trace_id}/spans/{span_id}", get(pages::trace::span)),
        ("/traces/live", get(live::live)),
        ("/traces/queries", get(pages::queries::list)),
        ("/traces/queries/{name}", get(pages::queries::query)),
        ("/traces/sql", get(pages::sql::sql)),
        ("/traces/style.css", get(stylesheet::serve)),
        ("/traces/assets/{version}/{name}", get(assets::serve)),
        ("/api/traces", get(api::traces)),
        ("/api/traces/latency", get(api::latency)),
        ("/api/traces/suggestions", get(api::suggestions)),
        ("/api/traces/query", post(api::query::run)),
        ("/api/traces/{trace_id}", get(api::trace)),
        ("/api/traces/{trace_id}/skeleton", get(api::spans::skeleton)),
        ("/api/traces/{trace_id}/search", get(api::spans::search)),
        ("/api/traces/{trace_id}/spans/{span_id}", get(api::spans::span)),
    ]
}
