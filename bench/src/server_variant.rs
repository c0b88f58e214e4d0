//! `server-variant <encode | peer URL>`: the server with other wiring, for `cargo xtask bench server`.
//!
//! - `encode`: its spans are made and encoded as always, and then nobody wants them.
//! - `peer`: a request's span is made by axum-tracing-opentelemetry on top of `tracing`, and everything is exported by the
//!   SDK's batch processor and `opentelemetry-otlp`, to that URL. What lies below the request makes the same spans as
//!   always. It wants `OTEL_SDK_DISABLED=true`, which switches off the server's own set-up and nothing of the SDK.
//!
//! Everything else, and all configuration, is the server's own. It is ended by a kill.

use anyhow::{Context as _, Result, bail};
use axum::Router;
use axum_tracing_opentelemetry::middleware::{OtelAxumLayer, OtelInResponseLayer};
use opentelemetry::global;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use server::config::Config;
use server::start::{BACKEND, Running, start, start_with};
use server_telemetry::{Ack, EncodedBatch, SinkError, SpanSink};
use std::net::SocketAddr;
use std::sync::Arc;
use tracing_subscriber::filter::{EnvFilter, LevelFilter, Targets};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// The server's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Where the peer's spans of requests come from.
const PEER_TARGET: &str = "otel::tracing";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_filter(EnvFilter::from_default_env());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["encode"] => {
            tracing_subscriber::registry().with(lines).init();
            runtime.block_on(async {
                let running = start_with(&Config::from_env()?, leptos()?, Some(Arc::new(Nobody))).await?;
                serve(running.router.clone(), running).await
            })
        }
        ["peer", url] => {
            // Outside the runtime: its HTTP client blocks.
            let exporter = SpanExporter::builder().with_http().with_endpoint(url).build()?;
            let provider = SdkTracerProvider::builder()
                .with_resource(Resource::builder().with_service_name(BACKEND).build())
                .with_batch_exporter(exporter)
                .build();
            global::set_tracer_provider(provider.clone());
            let bridge = tracing_opentelemetry::layer()
                .with_tracer(provider.tracer("axum-tracing-opentelemetry"))
                .with_filter(Targets::new().with_target(PEER_TARGET, LevelFilter::TRACE));
            tracing_subscriber::registry().with(lines).with(bridge).init();
            runtime.block_on(async {
                let running = start(&Config::from_env()?, leptos()?).await?;
                let router = running
                    .router_without_spans()
                    .layer(OtelInResponseLayer)
                    .layer(OtelAxumLayer::default().filter(|path| path != "/health"));
                serve(router, running).await
            })
        }
        _ => bail!("usage: server-variant <encode | peer URL>"),
    }
}

fn leptos() -> Result<leptos::config::LeptosOptions> {
    let configuration = leptos::config::get_configuration(None).context("the LEPTOS_* variables")?;
    Ok(configuration.leptos_options)
}

/// `_running` holds what the router needs.
async fn serve(router: Router, _running: Running) -> Result<()> {
    let address = Config::from_env()?.site_addr;
    let listener = tokio::net::TcpListener::bind(address).await?;
    Ok(axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await?)
}

/// A sink that keeps nothing and says that all is well.
struct Nobody;

impl SpanSink for Nobody {
    fn append(&self, _: EncodedBatch) -> Result<Ack, SinkError> {
        Ok(Ack::new(async { Ok(()) }))
    }
}
