//! From a configuration to a server that serves, and back.

use crate::config::Config;
use crate::context::AppState;
use crate::follow::Follower;
use crate::honeycomb_key::{self, Checked};
use crate::{given_up, jobs, router, secret};
use anyhow::Context;
use app::DemoHint;
use axum::Router;
use cruddur::db::{Db, sqlite_url};
use explorer::HoneycombPlace;
use leptos::config::LeptosOptions;
use server_telemetry::{
    Environment, PageTraces, Relay, RelayConfig, SenderConfig, Senders, SpanSink, Telemetry, TracedClient,
};
use span_log::SpanLog;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use trace_store::{StoreConfig, TraceStore};

/// `service.name` of what pages send.
pub const FRONTEND: &str = "cruddur-frontend";
/// `service.name` of the server's own spans.
pub const BACKEND: &str = "cruddur-backend";

/// How long the last spans may take to reach the disk when the server stops.
const STOP: Duration = Duration::from_secs(5);

/// How long backends may take for what is left, after that.
const DELIVER: Duration = Duration::from_secs(5);

/// A server that is ready to serve.
pub struct Running {
    /// Routes and middleware.
    pub router: Router,
    state: AppState,
    tasks: Vec<JoinHandle<()>>,
    data_dir: PathBuf,
}

/// Opens the databases, sets telemetry up (for the whole process, once) and builds the router.
///
/// # Errors
///
/// Where a folder, file, database or variable is not usable: in words that say which.
pub async fn start(config: &Config, leptos: LeptosOptions) -> anyhow::Result<Running> {
    start_with(config, leptos, None).await
}

/// As [`start`], with the server's own spans in another sink than the span log: for measuring what they cost.
///
/// # Errors
///
/// As [`start`].
pub async fn start_with(
    config: &Config,
    leptos: LeptosOptions,
    own_spans: Option<Arc<dyn SpanSink>>,
) -> anyhow::Result<Running> {
    let sending = Sending::prepare(&config.telemetry).await?;
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
    let own_spans = own_spans.unwrap_or_else(|| sink.clone());
    // What is at no address is a page as well: it says so.
    let is_page = |route: &str| route.is_empty() || app::routes::PATTERNS.contains(&route);
    let pages = PageTraces::new(own_spans.clone(), FRONTEND, is_page, server_telemetry::PAGE_WAIT);
    given_up::read(data_dir, &pages);
    let telemetry = Telemetry::start_with(
        server_telemetry::Config {
            service_name: BACKEND.into(),
            service_version: Some(env!("CARGO_PKG_VERSION").into()),
            sink: own_spans,
            pages: Some(pages.clone()),
        },
        &config.telemetry,
    )?;
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

    let mut relay = RelayConfig {
        ingest_key: config.ingest_key.clone(),
        ingest_key_setting: "CRUDDUR_INGEST_KEY".into(),
        session_rate: config.session_rate,
        address_rate: config.address_rate,
        pages: Some(pages.clone()),
        ..RelayConfig::new(sink, FRONTEND)
    };
    if config.trust_proxy {
        relay.client_address = server_telemetry::behind_proxy;
    }

    let store = match config.trace_store {
        false => None,
        true => Some(open_store(config).await?),
    };

    // Nothing fails from here on, so no task is left behind by a start that came to nothing.
    let mut tasks = vec![tokio::spawn(jobs::run(db.clone())), tokio::spawn(pages.clone().run())];
    let follower = store.clone().map(|store| Follower::new(log.clone(), store));
    if let Some(follower) = &follower {
        tasks.push(tokio::spawn(follower.clone().run()));
    }

    let honeycomb = Arc::default();
    if let Some(place) = sending.find_place(Arc::clone(&honeycomb)) {
        tasks.push(tokio::spawn(place));
    }
    let senders = sending.start(&log, &mut tasks);
    let state = AppState {
        leptos,
        db,
        cookie_key,
        flashes: Default::default(),
        access: config.explorer.clone(),
        demo,
        relay: Relay::new(relay),
        log,
        senders,
        pages,
        store,
        follower,
        honeycomb,
        telemetry: Arc::new(telemetry),
        stopping: watch::Sender::new(false),
        trace_explorer: config.trace_explorer,
    };
    Ok(Running {
        router: router::router(state.clone()),
        state,
        tasks,
        data_dir: data_dir.clone(),
    })
}

/// The folder with the store's segments, below the data folder.
pub(crate) const SEGMENTS: &str = "traces";

async fn open_store(config: &Config) -> anyhow::Result<TraceStore> {
    let store = StoreConfig {
        max_bytes: config.trace_store_bytes,
        max_age: config.trace_store_age,
        ..StoreConfig::new(config.data_dir.join(SEGMENTS))
    };
    let opened = tokio::task::spawn_blocking(|| TraceStore::open(store)).await?;
    opened.context("cannot open the trace store (CRUDDUR_TRACE_STORE=off starts without it)")
}

impl Running {
    /// The router without the spans of requests: for another layer in their place, to compare what it costs.
    pub fn router_without_spans(&self) -> Router {
        router::without_spans(self.state.clone())
    }

    /// What to call when the server is to stop: answers without an end, such as that of a live list, end.
    pub fn begin_stop(&self) -> impl FnOnce() + Send + use<> {
        let stopping = self.state.stopping.clone();
        move || _ = stopping.send_replace(true)
    }

    /// Stops the background work, brings the last spans to the disk, and to backends as far as they take them within a few
    /// seconds. Call it when nothing is served any more. It has no bound of its own: a disk may take any time.
    pub async fn stop(self) {
        let Self {
            router,
            state,
            tasks,
            data_dir,
        } = self;
        drop(router);
        for task in tasks {
            task.abort();
            _ = task.await;
        }
        let AppState {
            telemetry,
            log,
            senders,
            pages,
            db,
            follower,
            ..
        } = state;
        // First the server's own: then it is known of every page whose request is over.
        let written = tokio::task::spawn_blocking(move || telemetry.shutdown(STOP)).await;
        pages.finish().await;
        match written {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the last spans"),
            Err(error) => tracing::error!(%error, "the last spans"),
        }
        if let Some(senders) = senders {
            senders.stop(DELIVER).await;
        }
        // With the last cursors, the store's and the senders'.
        let close = move || {
            given_up::write(&data_dir, &pages);
            if let Some(follower) = follower {
                follower.finish();
            }
            log.close();
        };
        if let Err(error) = tokio::task::spawn_blocking(close).await {
            tracing::error!(%error, "the span log");
        }
        db.close().await;
    }
}

/// The header with Honeycomb's key.
const TEAM: &str = "x-honeycomb-team";

/// The way to the backends, before there is a log.
struct Sending<'a> {
    environment: &'a Environment,
    client: Option<TracedClient>,
    checked: Checked,
}

impl<'a> Sending<'a> {
    /// Asks Honeycomb where the key writes to, if that must be somewhere (`HONEYCOMB_ENVIRONMENT`). First of all, so that
    /// a start that must not be touches nothing.
    async fn prepare(environment: &'a Environment) -> anyhow::Result<Self> {
        // Without backends no TLS either, and no certificates that might be missing.
        let client = match environment.targets.is_empty() {
            true => None,
            false => Some(TracedClient::new()?),
        };
        let checked = match (&client, &environment.honeycomb, &environment.honeycomb_environment) {
            (Some(client), Some(access), Some(wanted)) => honeycomb_key::check_at_start(client, access, wanted).await?,
            _ => Checked::Right,
        };
        Ok(Self {
            environment,
            client,
            checked,
        })
    }

    /// Finds out where traces are in Honeycomb, if they are sent there.
    fn find_place(&self, place: Arc<OnceLock<HoneycombPlace>>) -> Option<impl Future<Output = ()> + use<>> {
        let (client, access) = (self.client.clone()?, self.environment.honeycomb.clone()?);
        let ui = HoneycombPlace::ui_of_api(access.api_endpoint.host()?)?;
        Some(honeycomb_key::find_place(client, access, ui, place))
    }

    /// Starts a sender for each backend. The one with a key whose environment is not known yet is held until it is.
    fn start(self, log: &SpanLog, tasks: &mut Vec<JoinHandle<()>>) -> Option<Senders> {
        let client = self.client?;
        let mut configs: Vec<SenderConfig> = self.environment.targets.iter().cloned().map(Into::into).collect();
        if let (Checked::Unknown, Some(access), Some(wanted)) = (
            self.checked,
            &self.environment.honeycomb,
            &self.environment.honeycomb_environment,
        ) {
            let permission = honeycomb_key::held();
            for config in &mut configs {
                if config.target.headers.get(TEAM) == Some(&access.api_key) {
                    config.permission = Some(permission.subscribe());
                }
            }
            let check = honeycomb_key::check_later(client.clone(), access.clone(), wanted.clone(), permission);
            tasks.push(tokio::spawn(check));
        }
        Some(Senders::start(log, &client, configs))
    }
}
