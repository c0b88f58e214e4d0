//! The page with telemetry, used as the app uses it.

use browser_telemetry::{Config, Request, fetch};
use gloo_net::Error;
use std::future::Future;

pub(crate) fn start(hydrate: impl FnOnce()) {
    browser_telemetry::start(Config::new("bench"));
    browser_telemetry::hydrate(hydrate);
}

/// By the executor that carries the trace, as Leptos spawns.
pub(crate) fn spawn(task: impl Future<Output = ()> + 'static) {
    any_spawner::Executor::spawn_local(task);
}

pub(crate) async fn text(url: &str) -> Result<String, Error> {
    fetch(Request::get(url).build()?).await?.text().await
}
