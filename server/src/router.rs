//! Every route and every middleware, in one place and in order.

use crate::context::AppState;
use crate::{files, forms, health, json_api, one_address, peer, same_site, session};
use axum::Router;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use explorer::ExplorerConfig;
use leptos::server_fn::axum::server_fn_paths;
use leptos_axum::LeptosRoutes;
use server_telemetry::{QuietPaths, RequestSpanLayer};

/// What is served as it lies on the disk: no spans.
const FILES: [&str; 3] = ["/pkg/", "/favicon.svg", "/favicon.ico"];

/// The whole server.
pub fn router(state: AppState) -> Router {
    let quiet = if state.trace_explorer {
        QuietPaths::new(FILES)
    } else {
        QuietPaths::default().and(FILES)
    };
    // The outermost layer.
    let spans = RequestSpanLayer::new()
        .propagators(state.telemetry.propagators().clone())
        .quiet(quiet)
        .pages(state.pages.clone());
    without_spans(state).layer(spans)
}

/// The server but for the spans of its requests.
pub(crate) fn without_spans(state: AppState) -> Router {
    // What people use. Leptos' own routes for server functions know only one of those who call them.
    let functions: Vec<_> = server_fn_paths().collect();
    let exclusions = functions.iter().map(|(path, _)| (*path).to_owned()).collect();
    let pages = leptos_axum::generate_route_list_with_exclusions(app::App, Some(exclusions));
    let mut people = Router::new();
    for (path, method) in functions {
        let handler = match method {
            Method::POST => post(forms::take),
            _ => get(json_api::function),
        };
        people = people.route(path, handler);
    }
    let context = state.clone();
    let options = state.leptos.clone();
    let people = people
        .route("/api/activities/@{handle}", get(json_api::by_user))
        .route("/api/activities/@{handle}/status/{id}", get(json_api::show))
        .leptos_routes_with_context(
            &state,
            pages,
            move || context.provide(),
            move || app::shell(options.clone()),
        )
        .fallback(leptos_axum::file_and_error_handler_with_context::<AppState, _>(
            {
                let context = state.clone();
                move || context.provide()
            },
            app::shell,
        ))
        .layer(from_fn_with_state(state.clone(), session::hand_back_form))
        .layer(from_fn(one_address::without_slash))
        .layer(from_fn(same_site::require_same_site))
        .with_state(state.clone());

    // What developers use: the explorer, where there is something to explore.
    let developers = state.store.clone().map_or_else(Router::new, |store| {
        let config = ExplorerConfig {
            app_name: "Cruddur".into(),
            home_href: "/".into(),
            honeycomb: state.honeycomb.clone(),
            stopping: Some(state.stopping.subscribe()),
        };
        explorer::router(store, config).layer(from_fn_with_state(state.access.clone(), peer::guard_explorer))
    });

    // What machines use.
    let machines = Router::new()
        .route("/health", get(health::health))
        .with_state(state.clone());

    people
        .merge(developers)
        .merge(state.relay.router())
        .merge(machines)
        // The innermost first: a request passes these from the last to the first.
        .layer(from_fn_with_state(state.clone(), session::identify))
        .layer(from_fn_with_state(state.leptos.hash_files, files::set_headers))
}
