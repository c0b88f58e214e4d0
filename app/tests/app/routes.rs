//! The table of patterns is the router's own.

use app::{App, routes};

#[tokio::test]
async fn the_patterns_are_those_that_the_router_generates() {
    let generated = leptos_axum::generate_route_list(App);
    let paths: Vec<&str> = generated.iter().map(leptos_axum::AxumRouteListing::path).collect();
    assert_eq!(paths, routes::PATTERNS);
}

#[tokio::test]
async fn every_page_is_rendered_in_one_piece() {
    for route in leptos_axum::generate_route_list(App) {
        // Debug, since the mode has no equality of its own.
        assert_eq!(format!("{:?}", route.mode()), "Async", "{}", route.path());
    }
}
