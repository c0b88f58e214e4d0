//! Page loads: the browser is the root of their trace, whether it reports or not.

use crate::relay::{batch, page, span};
use crate::support::{Flat, MemorySink, Mode, Traced, get, send};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use axum::response::Redirect;
use axum::routing::get as on_get;
use opentelemetry::trace::noop::NoopTracerProvider;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, ShouldSample};
use prost::Message;
use server_telemetry::{
    BatchConfig, PageSampler, PageTraces, Relay, RelayConfig, RequestSpanLayer, SinkProcessor, current_page,
};
use std::sync::Arc;
use std::time::Duration;
use trace_wire::{PageTrace, TraceParent};

const BROWSER: &str = "text/html,application/xhtml+xml,*/*;q=0.8";
const WAIT: Duration = Duration::from_secs(60);

struct Shop {
    traced: Traced,
    pages: PageTraces,
    relay: Relay,
    app: Router,
}

impl Shop {
    fn open() -> Self {
        let mut pages = None;
        let traced = Traced::start_with(|sink| {
            let is_page = |route: &str| matches!(route, "" | "/" | "/old/{id}");
            pages = Some(PageTraces::new(sink, "frontend", is_page, WAIT));
            pages.clone()
        });
        let pages = pages.unwrap();
        let sink: Arc<MemorySink> = traced.sink.clone();
        let relay = Relay::new(RelayConfig {
            pages: Some(pages.clone()),
            ..RelayConfig::new(sink, "frontend")
        });
        let hand_over = async || current_page().map(|page| page.to_string()).unwrap_or_default();
        let app = Router::new()
            .route("/", on_get(hand_over).post(hand_over))
            .route("/old/{id}", on_get(async || Redirect::to("/")))
            .route("/api/items", on_get(hand_over))
            .layer(traced.layer().pages(pages.clone()));
        Self {
            traced,
            pages,
            relay,
            app,
        }
    }

    /// Asks for a page as a browser does, and reads the hand-over in it.
    async fn load(&self) -> PageTrace {
        let response = send(&self.app, navigate("/")).await;
        let timing = response.headers()["server-timing"].to_str().unwrap().to_owned();
        let page = PageTrace::parse(std::str::from_utf8(response.body()).unwrap()).unwrap();
        let echo: String = page.document_fetch.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(timing.contains(&format!("client;desc=\"{echo}\"")), "{timing}");
        page
    }

    /// Sends the browser's pair, and says how many spans were refused.
    async fn report(&self, of: PageTrace) -> i64 {
        let response = self.try_to_report(of, 0).await;
        assert_eq!(response.status(), StatusCode::OK);
        let answer = ExportTraceServiceResponse::decode(&**response.body()).unwrap();
        answer.partial_success.map_or(0, |partial| partial.rejected_spans)
    }

    /// Sends the browser's pair, after so many other spans.
    async fn try_to_report(&self, of: PageTrace, others: usize) -> Response<Vec<u8>> {
        let pair = [("documentFetch", of.document_fetch), ("documentLoad", of.document_load)];
        let spans = pair.map(|(name, id)| {
            let mut span = span(name);
            span.trace_id = of.trace_id.to_vec();
            span.span_id = id.to_vec();
            span
        });
        let mut all: Vec<_> = (0..others).map(|_| span("another")).collect();
        all.extend(spans);
        let request = page("application/x-protobuf", batch(all).encode_to_vec());
        send(&self.relay.router(), request).await
    }

    fn named(&self, name: &str) -> Vec<Flat> {
        self.traced
            .spans()
            .into_iter()
            .filter(|span| span.name == name)
            .collect()
    }
}

pub(crate) fn navigate(path: &str) -> Request<Body> {
    Request::get(path)
        .header("sec-fetch-mode", "navigate")
        .header(header::ACCEPT, BROWSER)
        .body(Body::empty())
        .unwrap()
}

#[tokio::test]
async fn the_servers_span_hangs_under_the_browsers_fetch_of_the_document() {
    let shop = Shop::open();
    let page = shop.load().await;
    let server = shop.traced.span("GET /");
    assert_eq!(server.trace_id, page.trace_id);
    assert_eq!(server.parent_span_id, page.document_fetch);
}

#[tokio::test]
async fn what_is_at_no_address_is_a_page_if_the_app_says_so() {
    let shop = Shop::open();
    assert_eq!(
        send(&shop.app, navigate("/nowhere")).await.status(),
        StatusCode::NOT_FOUND
    );
    shop.traced.spans();
    shop.pages.finish().await;
    assert!(shop.traced.span("GET").lies_in(&shop.named("documentFetch")[0]));
}

#[tokio::test]
async fn on_plain_http_the_accept_header_tells_a_navigation() {
    let shop = Shop::open();
    let request = Request::get("/")
        .header(header::ACCEPT, BROWSER)
        .body(Body::empty())
        .unwrap();
    let response = send(&shop.app, request).await;
    assert!(PageTrace::parse(std::str::from_utf8(response.body()).unwrap()).is_some());
}

#[tokio::test]
async fn nothing_else_is_a_page_load() {
    let parent = TraceParent {
        trace_id: [1; 16],
        span_id: [2; 8],
        flags: 1,
    };
    let with = |mut request: Request<Body>, name: &'static str, value: &str| {
        request.headers_mut().insert(name, value.parse().unwrap());
        request
    };
    let mut post = navigate("/");
    *post.method_mut() = axum::http::Method::POST;
    let others = [
        get("/"),
        with(get("/"), "accept", "application/json"),
        with(with(get("/"), "accept", BROWSER), "sec-fetch-mode", "cors"),
        with(navigate("/"), "traceparent", &parent.to_string()),
        navigate("/api/items"),
        post,
    ];
    for other in others {
        let shop = Shop::open();
        let what = format!("{other:?}");
        let response = send(&shop.app, other).await;
        assert_eq!(response.body(), b"", "{what}");
        shop.pages.finish().await;
        assert!(shop.named("documentLoad").is_empty(), "{what}");
    }
}

#[tokio::test]
async fn what_the_browser_sends_is_the_root() {
    let shop = Shop::open();
    let page = shop.load().await;
    assert_eq!(shop.report(page).await, 0);
    shop.traced.spans();
    shop.pages.finish().await;
    let roots = shop.named("documentLoad");
    assert_eq!(roots.len(), 1);
    assert_eq!(roots[0].get("span.synthetic"), None);
}

#[tokio::test]
async fn a_browser_that_stays_silent_is_stood_in_for_and_then_comes_too_late() {
    let shop = Shop::open();
    let page = shop.load().await;
    let server = shop.traced.span("GET /");
    shop.pages.finish().await;
    let load = shop.named("documentLoad").remove(0);
    let fetch = shop.named("documentFetch").remove(0);
    assert_eq!(
        (&*load.trace_id, &*load.span_id),
        (&page.trace_id[..], &page.document_load[..])
    );
    assert!(load.parent_span_id.is_empty());
    assert_eq!((load.kind, fetch.kind), (1, 3), "internal, client");
    assert!(fetch.lies_in(&load) && server.lies_in(&fetch));
    for span in [&load, &fetch] {
        assert_eq!(span.service().as_deref(), Some("frontend"));
        assert_eq!(span.get("span.synthetic"), Some(Value::BoolValue(true)));
        assert_eq!(span.get("http.response.status_code"), Some(Value::IntValue(200)));
        assert_eq!(span.get("session.id"), server.get("session.id"));
        assert!(span.get("session.id").is_some());
    }

    assert_eq!(shop.report(page).await, 2);
    assert_eq!(shop.relay.counts().refused_spans.late_page_loads, 2);
    assert_eq!(shop.named("documentLoad").len(), 1);
}

#[tokio::test]
async fn a_pair_that_was_not_kept_is_waited_for_or_stood_in_for() {
    for mode in [Mode::Full, Mode::Lose] {
        let shop = Shop::open();
        let (comes_again, is_closed) = (shop.load().await, shop.load().await);
        shop.traced.spans();
        shop.traced.sink.set(mode);
        for page in [comes_again, is_closed] {
            assert_eq!(
                shop.try_to_report(page, 0).await.status(),
                StatusCode::SERVICE_UNAVAILABLE
            );
        }
        shop.traced.sink.set(Mode::Keep);
        assert_eq!(shop.report(comes_again).await, 0);
        shop.pages.finish().await;
        let roots = shop.named("documentLoad");
        let of = |page: PageTrace| {
            roots
                .iter()
                .filter(|root| root.trace_id == page.trace_id)
                .collect::<Vec<_>>()
        };
        assert_eq!((of(comes_again).len(), of(is_closed).len()), (1, 1));
        assert_eq!(of(comes_again)[0].get("span.synthetic"), None);
        assert_eq!(of(is_closed)[0].get("span.synthetic"), Some(Value::BoolValue(true)));
    }
}

#[tokio::test]
async fn a_pair_beyond_the_limit_of_its_batch_is_stood_in_for() {
    let shop = Shop::open();
    let page = shop.load().await;
    shop.traced.spans();
    assert_eq!(shop.try_to_report(page, 512).await.status(), StatusCode::OK);
    assert_eq!(shop.relay.counts().refused_spans.over_limit, 2);
    shop.pages.finish().await;
    assert_eq!(shop.named("documentLoad").len(), 1);
}

#[tokio::test]
async fn what_could_not_be_written_in_place_of_a_pair_is_written_later() {
    for mode in [Mode::Full, Mode::Refuse, Mode::Lose] {
        let shop = Shop::open();
        let page = shop.load().await;
        shop.traced.spans();
        shop.traced.sink.set(mode);
        shop.pages.finish().await;
        assert_eq!(shop.pages.counts().waiting, 1);
        shop.traced.sink.set(Mode::Keep);
        shop.pages.finish().await;
        assert_eq!(shop.named("documentLoad").len(), 1);
        assert_eq!((shop.pages.counts().waiting, shop.report(page).await), (0, 2));
    }
}

#[tokio::test]
async fn what_was_given_up_comes_too_late_for_the_next_process_as_well() {
    let (before, after) = (Shop::open(), Shop::open());
    let page = before.load().await;
    before.traced.spans();
    before.pages.finish().await;
    after.pages.give_up_as_before(before.pages.given_up());
    assert_eq!(after.report(page).await, 2);
    assert!(after.named("documentLoad").is_empty());
}

#[tokio::test]
async fn a_page_that_finds_no_room_to_wait_begins_at_the_server_and_is_counted() {
    let sink = Arc::new(MemorySink::default());
    let pages = PageTraces::new(sink.clone(), "frontend", |_| true, WAIT);
    let provider = SdkTracerProvider::builder().build();
    let hand_over = async || current_page().map(|page| page.to_string()).unwrap_or_default();
    let app = Router::new()
        .route("/", on_get(hand_over))
        .layer(RequestSpanLayer::with_provider(&provider).pages(pages.clone()));
    for _ in 0..10_000 {
        send(&app, navigate("/")).await;
    }
    assert_eq!(send(&app, navigate("/")).await.body(), b"");
    let counts = pages.counts();
    assert_eq!((counts.waiting, counts.without_room), (10_000, 1));
}

#[tokio::test]
async fn a_redirect_instead_of_a_page_is_stood_in_for() {
    let shop = Shop::open();
    assert_eq!(
        send(&shop.app, navigate("/old/7")).await.status(),
        StatusCode::SEE_OTHER
    );
    shop.traced.spans();
    shop.pages.finish().await;
    assert_eq!(shop.named("documentLoad").len(), 1);
}

/// The page that a server with this sampler hands over, for each of so many loads; and what it has kept of them when
/// nothing is waited for any more.
async fn loads<S: ShouldSample + Clone + 'static>(sampler: S, count: usize) -> (Vec<PageTrace>, Vec<Flat>) {
    let sink = Arc::new(MemorySink::default());
    let pages = PageTraces::new(sink.clone(), "frontend", |_| true, WAIT);
    let provider = SdkTracerProvider::builder()
        .with_sampler(PageSampler::new(sampler))
        .with_span_processor(SinkProcessor::start(sink.clone(), BatchConfig::default()).unwrap())
        .with_span_processor(pages.clone())
        .build();
    let hand_over = async || current_page().map(|page| page.to_string()).unwrap_or_default();
    let app = Router::new()
        .route("/", on_get(hand_over))
        .layer(RequestSpanLayer::with_provider(&provider).pages(pages.clone()));
    let mut loaded = Vec::new();
    for _ in 0..count {
        let response = send(&app, navigate("/")).await;
        let page = PageTrace::parse(std::str::from_utf8(response.body()).unwrap()).unwrap();
        assert_eq!(response.headers().contains_key("set-cookie"), page.sampled);
        let flags = if page.sampled { "-01\"" } else { "-00\"" };
        let timing = response.headers()["server-timing"].to_str().unwrap();
        assert!(timing.contains(flags), "{timing}");
        loaded.push(page);
    }
    provider.force_flush().unwrap();
    pages.finish().await;
    (loaded, sink.spans())
}

#[tokio::test]
async fn the_sampler_decides_about_a_page_as_about_a_root() {
    let (pages, spans) = loads(Sampler::parent_based(Sampler::AlwaysOff), 3).await;
    assert!(pages.iter().all(|page| !page.sampled));
    assert!(spans.is_empty(), "and nothing stands in for what nobody records");

    let ratio = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(0.5)));
    let (pages, spans) = loads(ratio, 128).await;
    let recorded: Vec<_> = pages.iter().filter(|page| page.sampled).collect();
    assert!(!recorded.is_empty() && recorded.len() < pages.len());
    // The server's span and the pair, of these pages and of no others.
    assert_eq!(spans.len(), 3 * recorded.len());
    for span in spans {
        assert!(recorded.iter().any(|page| page.trace_id == *span.trace_id));
    }
}

#[tokio::test]
async fn a_caller_that_records_is_no_page_for_the_sampler() {
    let sampler = PageSampler::new(Sampler::parent_based(Sampler::AlwaysOff));
    let sink = Arc::new(MemorySink::default());
    let provider = SdkTracerProvider::builder()
        .with_sampler(sampler)
        .with_span_processor(SinkProcessor::start(sink.clone(), BatchConfig::default()).unwrap())
        .build();
    let app = Router::new()
        .route("/", on_get(async || ""))
        .layer(RequestSpanLayer::with_provider(&provider));
    for traceparent in [None, Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")] {
        let mut request = get("/");
        if let Some(traceparent) = traceparent {
            request
                .headers_mut()
                .insert("traceparent", traceparent.parse().unwrap());
        }
        send(&app, request).await;
    }
    provider.force_flush().unwrap();
    assert_eq!(sink.spans().len(), 1);
}

#[tokio::test]
async fn with_telemetry_switched_off_the_page_is_told_so() {
    let sink = Arc::new(MemorySink::default());
    let pages = PageTraces::new(sink.clone(), "frontend", |_| true, WAIT);
    let hand_over = async || current_page().map(|page| page.to_string()).unwrap_or_default();
    let app = Router::new()
        .route("/", on_get(hand_over))
        .layer(RequestSpanLayer::with_provider(&NoopTracerProvider::new()).pages(pages.clone()));
    let response = send(&app, navigate("/")).await;
    let page = PageTrace::parse(std::str::from_utf8(response.body()).unwrap()).unwrap();
    assert!(!page.sampled);
    assert_eq!(response.headers().get("set-cookie"), None);
    assert_eq!(response.headers().get("server-timing"), None);
    pages.finish().await;
    assert!(sink.spans().is_empty());
}
