//! The visit: who names it, what carries it, and who begins it.

use crate::page::navigate;
use crate::support::{Traced, get, send};
use axum::Router;
use axum::body::Body;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use axum::response::Redirect;
use axum::routing::get as on_get;
use server_telemetry::{PageTraces, set_user};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use trace_wire::Session;
use trace_wire::session::{COOKIE as NAME, MAX_SECONDS};

const ID: &str = "00112233445566778899aabbccddeeff";

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A shop whose pages are `/` and `/moved`; its API makes a span of its own and knows the user.
fn shop() -> (Traced, Router) {
    let mut pages = None;
    let traced = Traced::start_with(|sink| {
        let is_page = |route: &str| matches!(route, "/" | "/moved");
        pages = Some(PageTraces::new(sink, "frontend", is_page, Duration::from_secs(60)));
        pages.clone()
    });
    let (child, own) = (traced.child("child"), [(SET_COOKIE, "basket=7")]);
    let api = async move || {
        set_user("uuid-7", "andrew");
        child.make();
    };
    let app = Router::new()
        .route("/", on_get(async move || (own, "")))
        .route("/moved", on_get(async || Redirect::permanent("/")))
        .route("/api/items", on_get(api.clone()).post(api))
        .route("/traces", on_get(async || ""))
        .layer(traced.layer().pages(pages.unwrap()));
    (traced, app)
}

fn with(mut request: Request<Body>, name: &'static str, value: &str) -> Request<Body> {
    request.headers_mut().append(name, value.parse().unwrap());
    request
}

/// The cookie of a visit that began so many seconds ago, as browsers send it.
fn cookie(ago: u64) -> String {
    format!("theme=dark; {NAME}={ID}.{}", now() - ago)
}

/// The visit whose cookie is set.
fn set(headers: &HeaderMap) -> Option<Session> {
    let cookies = headers.get_all(SET_COOKIE).iter().map(HeaderValue::to_str);
    let mut ours = cookies.filter_map(|cookie| Session::in_cookies(cookie.unwrap()));
    let first = ours.next();
    assert_eq!(ours.next(), None);
    first
}

fn hex(id: [u8; 16]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn what_a_page_fetches_names_it_in_baggage_and_every_span_says_it() {
    let (traced, app) = shop();
    let baggage = format!("app.theme=dark,session.id={ID};secret=no");
    let request = with(get("/api/items"), "baggage", &baggage);
    let response = send(
        &app,
        with(request, "cookie", &format!("{NAME}={}.{}", "7".repeat(32), now())),
    )
    .await;
    assert_eq!(set(response.headers()), None, "a fetch sets no cookie");
    for name in ["GET /api/items", "child"] {
        assert_eq!(traced.span(name).text("session.id").as_deref(), Some(ID), "{name}");
        assert_eq!(traced.span(name).text("user.name").as_deref(), Some("andrew"), "{name}");
    }
}

#[tokio::test]
async fn without_baggage_the_cookie_names_it() {
    for (baggage, cookies, expected) in [
        (None, Some(cookie(60)), Some(ID)),
        (Some("session.id=forged".to_owned()), Some(cookie(60)), Some(ID)),
        (None, Some(cookie(MAX_SECONDS)), None),
        (None, Some(format!("{NAME}={ID}")), None),
        (Some(format!("session.id={}", "0".repeat(32))), None, None),
        (None, None, None),
    ] {
        let (traced, app) = shop();
        let mut request = get("/api/items");
        *request.method_mut() = Method::POST;
        if let Some(baggage) = &baggage {
            request = with(request, "baggage", baggage);
        }
        if let Some(cookies) = &cookies {
            request = with(request, "cookie", cookies);
        }
        let response = send(&app, request).await;
        assert_eq!(set(response.headers()), None);
        for name in ["POST /api/items", "child"] {
            let found = traced.span(name).text("session.id");
            assert_eq!(found.as_deref(), expected, "{name}: {baggage:?} {cookies:?}");
        }
    }
}

#[tokio::test]
async fn a_page_load_begins_one_and_sets_its_cookie_beside_the_apps_own() {
    let (traced, app) = shop();
    let before = now();
    let response = send(&app, navigate("/")).await;
    let session = set(response.headers()).expect("a visit");
    assert!((before..=now()).contains(&session.start));
    assert_eq!(traced.span("GET /").text("session.id"), Some(hex(session.id)));
    let cookies: Vec<_> = response.headers().get_all(SET_COOKIE).iter().collect();
    let ours = format!("{NAME}={session}; Path=/; Max-Age=1800; SameSite=Lax");
    assert_eq!(cookies, ["basket=7", &*ours]);

    let other = set(send(&app, navigate("/")).await.headers()).expect("another visit");
    assert_ne!(other.id, session.id);
}

#[tokio::test]
async fn a_page_load_lets_it_live_on_until_it_has_been_four_hours() {
    let (traced, app) = shop();
    let cookies = cookie(MAX_SECONDS - 60);
    let response = send(&app, with(navigate("/"), "cookie", &cookies)).await;
    assert_eq!(
        set(response.headers()),
        Session::in_cookies(&cookies),
        "the same, start and all"
    );
    assert_eq!(traced.span("GET /").text("session.id").as_deref(), Some(ID));

    for worthless in [cookie(MAX_SECONDS), format!("{NAME}={ID}.never"), format!("{NAME}=")] {
        let response = send(&app, with(navigate("/"), "cookie", &worthless)).await;
        let session = set(response.headers()).expect("a visit");
        assert_ne!(hex(session.id), ID, "{worthless}");
    }
}

#[tokio::test]
async fn a_redirect_to_a_page_carries_it_too() {
    let (traced, app) = shop();
    let response = send(&app, navigate("/moved")).await;
    assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT);
    let session = set(response.headers()).expect("a visit");
    assert_eq!(traced.span("GET /moved").text("session.id"), Some(hex(session.id)));
}

#[tokio::test]
async fn nothing_else_gets_the_cookie() {
    let (traced, app) = shop();
    let mut head = navigate("/");
    *head.method_mut() = Method::HEAD;
    for other in [
        get("/"),
        head,
        navigate("/api/items"),
        navigate("/nowhere"),
        with(navigate("/"), "traceparent", &format!("00-{ID}-b7ad6b7169203331-01")),
    ] {
        let what = format!("{other:?}");
        assert_eq!(set(send(&app, other).await.headers()), None, "{what}");
    }
    traced.spans();

    let (traced, app) = shop();
    let mut quiet = navigate("/traces");
    quiet.headers_mut().insert(COOKIE, cookie(60).parse().unwrap());
    assert_eq!(send(&app, quiet).await.headers().get(SET_COOKIE), None);
    assert!(traced.spans().is_empty());
}
