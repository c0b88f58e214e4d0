//! The stopwatch's server: the page, its server functions, and some addresses that are worth timing.
//!
//! The server's half of the telemetry is `telemetry()`, and two lines in `router()`. Where the spans go,
//! `OTEL_EXPORTER_OTLP_ENDPOINT` and `OTEL_EXPORTER_OTLP_HEADERS` say (default `http://localhost:4318`).

mod targets;

use anyhow::Context;
use axum::Router;
use leptos::config::{LeptosOptions, get_configuration};
use leptos::prelude::*;
use leptos_axum::{LeptosRoutes, generate_route_list};
use opentelemetry::global;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use server_telemetry::{OtlpForwarder, PAGE_WAIT, PageTraces, Relay, RelayConfig, RequestSpanLayer};
use std::sync::Arc;
use std::time::Duration;
use stopwatch::App;

/// How long requests that are under way may take when the server stops.
const GRACE: Duration = Duration::from_secs(3);

/// What the telemetry crates need: the provider of the server's own spans, the way in for the pages' spans, and the page
/// loads that both know of.
fn telemetry() -> anyhow::Result<(SdkTracerProvider, Relay, PageTraces)> {
    let forward = Arc::new(OtlpForwarder::from_env()?);
    let pages = PageTraces::new(forward.clone(), "stopwatch-frontend", |route| route == "/", PAGE_WAIT);
    let provider = SdkTracerProvider::builder()
        .with_resource(Resource::builder().with_service_name("stopwatch-backend").build())
        .with_batch_exporter(SpanExporter::builder().with_http().build()?)
        .with_span_processor(pages.clone())
        .build();
    global::set_tracer_provider(provider.clone());
    _ = trace_executor::init_server();
    let relay = Relay::new(RelayConfig {
        pages: Some(pages.clone()),
        ..RelayConfig::new(forward, "stopwatch-frontend")
    });
    Ok((provider, relay, pages))
}

/// Every route, and the two lines that the telemetry takes.
fn router(options: LeptosOptions, relay: &Relay, pages: PageTraces) -> Router {
    let shell = {
        let options = options.clone();
        move || document(options.clone())
    };
    Router::new()
        .leptos_routes(&options, generate_route_list(App), shell)
        .merge(targets::routes())
        .fallback(leptos_axum::file_and_error_handler(document))
        .merge(relay.router())
        .layer(RequestSpanLayer::new().pages(pages))
        .with_state(options)
}

/// The document around the app, with the hand-over of its trace to the browser.
fn document(options: LeptosOptions) -> impl IntoView {
    let trace = server_telemetry::current_page().map(|page| page.to_string());
    let propagate_to = std::env::var("STOPWATCH_PROPAGATE_TO").ok();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <title>"Stopwatch"</title>
                <link rel="icon" href="data:," />
                {trace.map(|trace| view! { <meta name="page-trace" content=trace /> })}
                {propagate_to.map(|origins| view! { <meta name="propagate-to" content=origins /> })}
                <AutoReload options=options.clone() />
                <HydrationScripts options />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let (provider, relay, pages) = telemetry()?;
    let options = get_configuration(None)?.leptos_options;
    let listener = tokio::net::TcpListener::bind(options.site_addr)
        .await
        .with_context(|| format!("cannot listen on {} (LEPTOS_SITE_ADDR)", options.site_addr))?;
    println!("The stopwatch is at http://{}/", listener.local_addr()?);

    let waiting = tokio::spawn(pages.clone().run());
    let server = axum::serve(listener, router(options, &relay, pages.clone())).with_graceful_shutdown(stopped());
    tokio::select! {
        served = server => served?,
        // A connection that never ends does not keep the server from stopping.
        () = async { stopped().await; tokio::time::sleep(GRACE).await } => {}
    }
    waiting.abort();
    // It blocks until the last spans are sent, so it has a thread of its own.
    tokio::task::spawn_blocking(move || provider.shutdown()).await??;
    pages.finish().await;
    Ok(())
}

/// Resolves on Ctrl-C, and where there is SIGTERM on that, too.
async fn stopped() {
    #[cfg(unix)]
    if let Ok(mut term) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = term.recv() => {}
        }
        return;
    }
    _ = tokio::signal::ctrl_c().await;
}
