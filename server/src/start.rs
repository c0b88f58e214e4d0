//! From a configuration to a server that serves, and back.

use crate::config::Config;
use crate::context::AppState;
use crate::{follow, jobs, router, secret};
use anyhow::Context;
use app::DemoHint;
use axum::Router;
use cruddur::db::{Db, sqlite_url};
use leptos::config::LeptosOptions;
use server_telemetry::{PageTraces, Relay, RelayConfig, SpanSink, Telemetry};
use span_log::SpanLog;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use trace_store::TraceStore;

/// `service.name` of what pages send.
pub const FRONTEND: &str = "cruddur-frontend";
/// `service.name` of the server's own spans.
pub const BACKEND: &str = "cruddur-backend";

/// How long the last spans may take to reach the disk when the server stops.
const STOP: Duration = Duration::from_secs(5);

/// A server that is ready to serve.
pub struct Running {
    /// Routes and middleware.
    pub router: Router,
    state: AppState,
    tasks: Vec<JoinHandle<()>>,
}

/// Opens the databases, sets telemetry up (for the whole process, once) and builds the router.
///
/// # Errors
///
/// Where a folder, file, database or variable is not usable: in words that say which.
pub async fn start(config: &Config, leptos: LeptosOptions) -> anyhow::Result<Running> {
    let data_dir = &config.data_dir;
    std::fs::create_dir_all(data_dir).with_context(|| {
        format!(
            "cannot create the data folder {} (CRUDDUR_DATA_DIR)",
            data_dir.display()
        )
    })?;

    let log = SpanLog::open(span_log::Config {
        path: data_dir.join("spans.sqlite"),
        max_bytes: config.span_log_bytes,
    })
    .context("cannot open the span log")?;
    let sink: Arc<dyn SpanSink> = Arc::new(log.clone());
    // What is at no address is a page as well: it says so.
    let is_page = |route: &str| route.is_empty() || app::routes::PATTERNS.contains(&route);
    let pages = PageTraces::new(sink.clone(), FRONTEND, is_page, server_telemetry::PAGE_WAIT);
    let telemetry = Telemetry::start(server_telemetry::Config {
        service_name: BACKEND.into(),
        service_version: Some(env!("CARGO_PKG_VERSION").into()),
        sink: sink.clone(),
        pages: Some(pages.clone()),
    })?;
    // A second start in the same process (tests) finds it set, which is as good.
    _ = trace_executor::init_server();

    let url = match &config.database_url {
        Some(url) => url.clone(),
        None => sqlite_url(&data_dir.join("cruddur.sqlite"))?,
    };
    let db = Db::connect(&url).await?;
    if config.demo && cruddur::demo::fill(&db).await? {
        tracing::info!("the database was empty: filled with the demo people and their cruds");
    }
    let people = cruddur::demo::people(&db).await?;
    let demo = (!people.is_empty()).then(|| DemoHint {
        password: cruddur::demo::PASSWORD.into(),
        people,
    });

    let cookie_key = secret::cookie_key(data_dir)?;

    // Nothing fails from here on, so no task is left behind by a start that came to nothing.
    let mut tasks = vec![tokio::spawn(jobs::run(db.clone())), tokio::spawn(pages.clone().run())];
    let store = config.trace_store.then(TraceStore::default);
    if let Some(store) = &store {
        let events = trace_store::DEFAULT_LIMIT_EVENTS as u64;
        tasks.push(tokio::spawn(follow::follow(log.clone(), store.clone(), events)));
    }

    let state = AppState {
        leptos,
        db,
        cookie_key,
        flashes: Default::default(),
        access: config.explorer.clone(),
        demo,
        relay: Relay::new(RelayConfig {
            ingest_key: config.ingest_key.clone(),
            ingest_key_setting: "CRUDDUR_INGEST_KEY".into(),
            pages: Some(pages.clone()),
            ..RelayConfig::new(sink, FRONTEND)
        }),
        log,
        pages,
        store,
        telemetry: Arc::new(telemetry),
        trace_explorer: config.trace_explorer,
    };
    Ok(Running {
        router: router::router(state.clone()),
        state,
        tasks,
    })
}

impl Running {
    /// Stops the background work, and brings the last spans to the disk. Call it when nothing is served any more.
    pub async fn stop(self) {
        let Self { router, state, tasks } = self;
        drop(router);
        for task in tasks {
            task.abort();
        }
        let AppState {
            telemetry,
            log,
            pages,
            db,
            ..
        } = state;
        // First the server's own: then it is known of every page whose request is over.
        let written = tokio::task::spawn_blocking(move || telemetry.shutdown(STOP)).await;
        pages.finish().await;
        if let Err(error) = tokio::task::spawn_blocking(move || log.close()).await {
            tracing::error!(%error, "the span log");
        }
        match written {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the last spans"),
            Err(error) => tracing::error!(%error, "the last spans"),
        }
        db.close().await;
    }
}
