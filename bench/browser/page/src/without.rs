//! The page without telemetry: what it is held against.

use gloo_net::Error;
use gloo_net::http::Request;
use std::future::Future;

pub(crate) fn start(hydrate: impl FnOnce()) {
    hydrate();
}

pub(crate) fn spawn(task: impl Future<Output = ()> + 'static) {
    wasm_bindgen_futures::spawn_local(task);
}

pub(crate) async fn text(url: &str) -> Result<String, Error> {
    Request::get(url).send().await?.text().await
}
