//! Starting it all, before the page hydrates.

use crate::otlp::SpanRecord;
use crate::page::{self, Args, Call};
use crate::state::state;
use crate::{BrowserTracerProvider, exception, export, fetch, interaction, page_load, tracer};
use opentelemetry::{KeyValue, global};

/// What an application says about itself.
pub struct Config {
    /// `service.name`: literal, and another one than the server's.
    pub service_name: &'static str,
    /// Where spans are posted (OTLP/HTTP, protobuf); `None` sends nothing. Default: `/v1/traces`.
    pub endpoint: Option<String>,
    /// Further resource attributes.
    pub resource: Vec<KeyValue>,
    /// Other origins, such as `https://api.example.com`, that may receive `traceparent` and `baggage`. They have to allow
    /// both headers (CORS).
    pub propagate_to: Vec<String>,
    /// The pattern of the page at a path, such as `/@{handle}`, where a router in the page goes without loading a
    /// document: names `navigate {pattern}`. Default: none, and no such spans.
    pub routes: fn(&str) -> Option<&'static str>,
    /// Whether the page's own load is reported: `documentLoad` and what is below it. Nothing is sent before it is
    /// complete. Default: yes.
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
            routes: |_| None,
            page_load: true,
            observer: None,
        }
    }
}

/// `None` before [`start`].
pub(crate) fn config() -> Option<&'static Config> {
    state().config.get()
}

/// Starts browser telemetry; call it before hydrating, since the executor has to be in place by then. A second call
/// does nothing.
pub fn start(config: Config) {
    // A constant: with it, the linker drops all that follows.
    if cfg!(feature = "inert") || self::config().is_some() {
        return;
    }
    let config = state().config.get_or_init(|| config);
    #[cfg(target_arch = "wasm32")]
    if trace_executor::init_browser(interaction::is_over).is_err() {
        page::ask(
            "complain",
            "browser-telemetry: call start() before hydrating, else what happens after an await is not in the trace",
        );
    }
    global::set_tracer_provider(BrowserTracerProvider::default());
    exception::listen();
    page_load::start(config.page_load);
    let endpoint = config.endpoint.as_deref().unwrap_or_default();
    page::listen(endpoint, config.page_load, answer);
}

/// The pattern of the page at a path.
pub(crate) fn routes(path: &str) -> Option<&'static str> {
    let config = config()?;
    if path.is_empty() { None } else { (config.routes)(path) }
}

/// Trace context is for our own origin and for those that the application named: elsewhere it would tell strangers
/// about the person and make the browser ask their servers for leave (CORS).
pub(crate) fn propagates_to(url: &str, is_own: bool) -> bool {
    config().is_some_and(|config| is_own || config.propagate_to.iter().any(|origin| is_of(url, origin)))
}

fn is_of(url: &str, origin: &str) -> bool {
    url.strip_prefix(origin).is_some_and(|rest| rest.starts_with('/'))
}

fn answer(call: Call, args: Args) -> u32 {
    fetch::end_read();
    match call {
        Call::Enter => return interaction::enter(args),
        Call::LeaveAll => interaction::leave_all(),
        Call::PopState => return interaction::pop_state(args),
        Call::Leave => interaction::leave(args.id),
        Call::Settled => interaction::settled(args.id),
        Call::Exception => exception::uncaught(args.id, &args.name, &args.path),
        Call::Hidden => export::leave(),
        Call::PageHide => {
            export::set_gone(true);
            tracer::end_all();
            export::leave();
        }
        Call::PageShow => {
            export::set_gone(false);
            interaction::restored(args);
        }
        Call::Loaded => page_load::loaded(),
        Call::Flush => export::due(args.id),
        Call::Patience => page_load::emit(),
        Call::Answered => export::answered(args.id, args.at),
        Call::Read => {}
    }
    0
}

#[cfg(test)]
mod tests {
    use super::is_of;

    #[test]
    fn an_origin_is_whole() {
        assert!(is_of("http://localhost:3000/api", "http://localhost:3000"));
        assert!(!is_of("http://localhost:30000/api", "http://localhost:3000"));
        assert!(!is_of("https://a.example.evil/", "https://a.example"));
    }
}
