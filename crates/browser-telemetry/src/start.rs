//! Starting it all, before the page hydrates.

use crate::otlp::SpanRecord;
use crate::{BrowserTracerProvider, export, interaction, page_load, resource_timing};
use opentelemetry::{KeyValue, global};
use std::cell::Cell;

/// What an application says about itself.
pub struct Config {
    /// `service.name`: literal, and another one than the server's.
    pub service_name: &'static str,
    /// Where spans are posted (OTLP/HTTP, protobuf); `None` sends nothing. Default: `/v1/traces`.
    pub endpoint: Option<String>,
    /// Further resource attributes.
    pub resource: Vec<KeyValue>,
    /// Other origins, such as `https://api.example.com`, that may receive `traceparent`. They have to allow the header
    /// (CORS).
    pub propagate_to: Vec<String>,
    /// Whether the page's own load is reported: `documentLoad` and what is below it; needs the feature `page-load`.
    /// Default: yes.
    pub page_load: bool,
    /// Sees each span as it ends, before it is sent: for tests and for a developer's console.
    pub observer: Option<fn(&SpanRecord)>,
}

impl Config {
    /// The usual configuration: spans go to `/v1/traces` of the page's own origin, trace context nowhere else.
    pub fn new(service_name: &'static str) -> Self {
        Self {
            service_name,
            endpoint: Some(trace_wire::TRACES_PATH.into()),
            resource: Vec::new(),
            propagate_to: Vec::new(),
            page_load: true,
            observer: None,
        }
    }
}

/// Starts browser telemetry; call it before hydrating, since the executor has to be in place by then. A second call
/// does nothing.
pub fn start(config: Config) {
    // A constant: with it, the linker drops all that follows.
    if cfg!(feature = "inert") {
        return;
    }
    thread_local!(static STARTED: Cell<bool> = const { Cell::new(false) });
    if STARTED.replace(true) {
        return;
    }
    #[cfg(target_arch = "wasm32")]
    if trace_executor::init_browser(interaction::is_over).is_err() {
        web_sys::console::warn_1(
            &"browser-telemetry: another executor was set before start(); what happens after an await will not be \
              in the trace. Call start() before hydrating."
                .into(),
        );
    }
    global::set_tracer_provider(BrowserTracerProvider::default());
    resource_timing::keep_room();
    interaction::listen();
    if cfg!(feature = "page-load") && config.page_load {
        page_load::start();
    }
    export::start(config);
}
