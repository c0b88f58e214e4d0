//! Setting telemetry up, and taking it down, in one place.

use crate::page::{PageSampler, PageTraces};
use crate::processor::{BatchConfig, Counts, CountsReader, EnvError, SinkProcessor};
use crate::sink::SpanSink;
use opentelemetry::{Key, KeyValue, global};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

const SERVICE_NAME: &str = "service.name";
const SERVICE_VERSION: &str = "service.version";
const OTEL_SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
const OTEL_SDK_DISABLED: &str = "OTEL_SDK_DISABLED";

/// What [`Telemetry::start`] needs to know.
#[derive(Clone)]
pub struct Config {
    /// `service.name`, where neither `OTEL_SERVICE_NAME` nor `OTEL_RESOURCE_ATTRIBUTES` gives one.
    pub service_name: Cow<'static, str>,
    /// `service.version`, where `OTEL_RESOURCE_ATTRIBUTES` gives none.
    pub service_version: Option<Cow<'static, str>>,
    /// Where the spans go.
    pub sink: Arc<dyn SpanSink>,
    /// The page loads that wait for their browser's spans.
    pub pages: Option<PageTraces>,
}

/// Why telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// An environment variable cannot be understood.
    #[error(transparent)]
    Env(#[from] EnvError),
    /// There is no thread for the export.
    #[error("the thread that writes spans could not be started")]
    Thread(#[source] std::io::Error),
}

/// Not every span could be written on shutdown.
#[derive(Debug, thiserror::Error)]
#[error("spans may be lost: {0}")]
pub struct ShutdownError(#[source] OTelSdkError);

/// The running telemetry of a process.
pub struct Telemetry {
    running: Option<(SdkTracerProvider, CountsReader)>,
}

impl Telemetry {
    /// Builds the tracer provider and makes it the global one, together with the W3C propagator.
    ///
    /// From the environment: `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_BSP_*` ([`BatchConfig`]), and
    /// `OTEL_SDK_DISABLED=true`, with which no span is made (propagation stays, as the specification says). An empty
    /// variable is an unset one.
    ///
    /// Every trace is recorded, also one whose caller says that it does not record (`traceparent: …-00`): that header
    /// comes from anybody, and must not switch the server's eyes off.
    ///
    /// # Errors
    ///
    /// [`SetupError`]: a variable that cannot be understood, or no thread.
    pub fn start(config: Config) -> Result<Self, SetupError> {
        Self::start_with(config, |name| {
            std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
        })
    }

    fn start_with(config: Config, lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SetupError> {
        global::set_text_map_propagator(TraceContextPropagator::new());
        if is_disabled(&lookup)? {
            return Ok(Self { running: None });
        }
        let batch = BatchConfig::from_lookup(&lookup)?;
        let processor = SinkProcessor::start(config.sink.clone(), batch).map_err(SetupError::Thread)?;
        let counts = processor.counts_reader();
        let mut provider = SdkTracerProvider::builder()
            .with_resource(resource(&config, &lookup))
            .with_sampler(PageSampler::new(
                Sampler::parent_based(Sampler::AlwaysOn).with_remote_parent_not_sampled(Sampler::AlwaysOn),
            ))
            .with_span_processor(processor);
        if let Some(pages) = &config.pages {
            provider = provider.with_span_processor(pages.clone());
        }
        let provider = provider.build();
        global::set_tracer_provider(provider.clone());
        Ok(Self {
            running: Some((provider, counts)),
        })
    }

    /// The tracer provider; none with `OTEL_SDK_DISABLED=true`.
    pub fn provider(&self) -> Option<&SdkTracerProvider> {
        self.running.as_ref().map(|(provider, _)| provider)
    }

    /// What became of the spans so far.
    pub fn counts(&self) -> Counts {
        self.running
            .as_ref()
            .map_or_else(Counts::default, |(_, counts)| counts.read())
    }

    /// Writes what is queued and stops, within `timeout`. Blocks: call it after the server has stopped, off the async
    /// threads.
    ///
    /// # Errors
    ///
    /// [`ShutdownError`] where not every span is known to be safe, and on a second call.
    pub fn shutdown(&self, timeout: Duration) -> Result<(), ShutdownError> {
        match &self.running {
            Some((provider, _)) => provider.shutdown_with_timeout(timeout).map_err(ShutdownError),
            None => Ok(()),
        }
    }
}

fn is_disabled(lookup: &impl Fn(&str) -> Option<String>) -> Result<bool, EnvError> {
    let value = lookup(OTEL_SDK_DISABLED).unwrap_or_default();
    match value.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "" | "false" => Ok(false),
        _ => Err(EnvError {
            name: OTEL_SDK_DISABLED,
            value,
            expected: "true or false is expected",
        }),
    }
}

/// Who the spans are from. `OTEL_SERVICE_NAME` beats `OTEL_RESOURCE_ATTRIBUTES`, which beats the app's own.
fn resource(config: &Config, lookup: &impl Fn(&str) -> Option<String>) -> Resource {
    // The SDK's detectors read both variables, but let the second win over the first, and fill in a name of their own.
    let detected = Resource::builder().build();
    let own = |key: &'static str| detected.get(&Key::from_static_str(key)).map(|value| value.to_string());
    let name = lookup(OTEL_SERVICE_NAME)
        .filter(|name| !name.is_empty())
        .or_else(|| own(SERVICE_NAME).filter(|name| !name.is_empty() && !name.starts_with("unknown_service")))
        .unwrap_or_else(|| config.service_name.to_string());
    let version = own(SERVICE_VERSION).or_else(|| config.service_version.as_deref().map(ToOwned::to_owned));
    Resource::builder()
        .with_service_name(name)
        .with_attributes(version.map(|version| KeyValue::new(SERVICE_VERSION, version)))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::{Ack, EncodedBatch, SinkError};

    struct Nowhere;

    impl SpanSink for Nowhere {
        fn append(&self, _: EncodedBatch) -> Result<Ack, SinkError> {
            Ok(Ack::new(async { Ok(()) }))
        }
    }

    fn config() -> Config {
        Config {
            service_name: "shop".into(),
            service_version: Some("1.2.3".into()),
            sink: Arc::new(Nowhere),
            pages: None,
        }
    }

    #[test]
    fn the_service_name_is_the_apps_unless_the_environment_names_one() {
        let value = |resource: Resource, key| resource.get(&Key::from_static_str(key)).map(|value| value.to_string());
        let plain = resource(&config(), &|_| None);
        assert_eq!(value(plain.clone(), SERVICE_NAME).as_deref(), Some("shop"));
        assert_eq!(value(plain, SERVICE_VERSION).as_deref(), Some("1.2.3"));
        let named = |name: &str| (name == OTEL_SERVICE_NAME).then(|| "other".to_owned());
        assert_eq!(
            value(resource(&config(), &named), SERVICE_NAME).as_deref(),
            Some("other")
        );
        let empty = |_: &str| Some(String::new());
        assert_eq!(
            value(resource(&config(), &empty), SERVICE_NAME).as_deref(),
            Some("shop")
        );
    }

    #[test]
    fn it_can_be_disabled() {
        let telemetry =
            Telemetry::start_with(config(), |name| (name == OTEL_SDK_DISABLED).then(|| "TRUE".to_owned())).unwrap();
        assert!(telemetry.provider().is_none());
        assert_eq!(telemetry.counts(), Counts::default());
        telemetry.shutdown(Duration::from_secs(1)).unwrap();
    }

    #[test]
    fn a_bad_variable_stops_the_start() {
        for (bad, value) in [(OTEL_SDK_DISABLED, "yes"), ("OTEL_BSP_MAX_QUEUE_SIZE", "many")] {
            let start = Telemetry::start_with(config(), |name| (name == bad).then(|| value.to_owned()));
            let error = start.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(bad) && error.contains(value), "{error}");
        }
    }
}
