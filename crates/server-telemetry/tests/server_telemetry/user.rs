//! Who a request is by.

use crate::support::{Traced, get, send};
use axum::Router;
use axum::routing::get as on_get;
use server_telemetry::set_user;

#[tokio::test]
async fn the_user_is_on_the_server_span_and_on_what_follows() {
    let traced = Traced::start();
    let (early, outer, late) = (traced.child("early"), traced.child("outer"), traced.child("late"));
    let app = Router::new()
        .route(
            "/",
            on_get(async move || {
                early.make();
                // From inside a nested span it is the SERVER span that is found.
                outer
                    .around(async {
                        tokio::task::yield_now().await;
                        set_user("uuid-7", "andrew");
                        late.make();
                    })
                    .await;
            }),
        )
        .route("/signed-out", on_get(async || ""))
        .layer(traced.layer());
    send(&app, get("/")).await;
    send(&app, get("/signed-out")).await;

    for (name, id, handle) in [
        ("GET /", Some("uuid-7"), Some("andrew")),
        ("late", Some("uuid-7"), Some("andrew")),
        ("early", None, None),
        ("outer", None, None),
        ("GET /signed-out", None, None),
    ] {
        let span = traced.span(name);
        assert_eq!(span.text("user.id").as_deref(), id, "{name}");
        assert_eq!(span.text("user.name").as_deref(), handle, "{name}");
    }
}

#[test]
fn outside_a_request_nothing_happens() {
    let traced = Traced::start();
    traced.child("alone").within(|| set_user("7", "andrew"));
    assert_eq!(traced.span("alone").text("user.id"), None);
}
