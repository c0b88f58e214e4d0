//! Setting telemetry up, and taking it down, in one place.

use crate::console::ConsoleProcessor;
use crate::environment::{EnvErrors, Environment};
use crate::page::{PageSampler, PageTraces};
use crate::processor::{Counts, CountsReader, SinkProcessor, ValueLength};
use crate::propagators::Propagators;
use crate::sink::SpanSink;
use opentelemetry::{KeyValue, global};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::resource::TelemetryResourceDetector;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanProcessor, TracerProviderBuilder};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;
use trace_wire::attribute::{SERVICE_NAME, SERVICE_VERSION};

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
    /// Environment variables cannot be understood.
    #[error(transparent)]
    Env(#[from] EnvErrors),
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
    propagators: Propagators,
    running: Option<(SdkTracerProvider, CountsReader)>,
}

impl Telemetry {
    /// [`Telemetry::start_with`] what the process's environment says.
    ///
    /// # Errors
    ///
    /// [`SetupError`]: variables that cannot be understood, or no thread.
    pub fn start(config: Config) -> Result<Self, SetupError> {
        Self::start_with(config, &Environment::from_env()?)
    }

    /// Builds the tracer provider and makes it the global one, together with the propagators. With
    /// [`Environment::disabled`] there is no provider, and no span is made.
    ///
    /// Sending to [`Environment::targets`] is not begun here: senders read what [`Config::sink`] keeps.
    ///
    /// # Errors
    ///
    /// [`SetupError::Thread`].
    pub fn start_with(config: Config, environment: &Environment) -> Result<Self, SetupError> {
        let propagators = environment.propagators.clone();
        global::set_text_map_propagator(propagators.text_map());
        if environment.disabled {
            return Ok(Self {
                propagators,
                running: None,
            });
        }
        let mut processor =
            SinkProcessor::start(config.sink.clone(), environment.batch.clone()).map_err(SetupError::Thread)?;
        if let Some(pages) = &config.pages {
            processor = processor.pages(pages.clone());
        }
        let counts = processor.counts_reader();
        let provider = SdkTracerProvider::builder()
            .with_resource(resource(&config, environment))
            .with_sampler(PageSampler::new(environment.sampler.clone()))
            .with_span_limits(environment.limits);
        let mut provider = with_processor(provider, processor, environment);
        if environment.console {
            let console = ConsoleProcessor::stdout().map_err(SetupError::Thread)?;
            provider = with_processor(provider, console, environment);
        }
        let provider = provider.build();
        global::set_tracer_provider(provider.clone());
        Ok(Self {
            propagators,
            running: Some((provider, counts)),
        })
    }

    /// How traces are joined and passed on: for [`crate::RequestSpanLayer::propagators`].
    pub fn propagators(&self) -> &Propagators {
        &self.propagators
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

/// Adds a processor, and the limit on lengths before it where there is one.
fn with_processor(
    provider: TracerProviderBuilder,
    processor: impl SpanProcessor + 'static,
    environment: &Environment,
) -> TracerProviderBuilder {
    match environment.value_length {
        Some(characters) => provider.with_span_processor(ValueLength::new(processor, characters)),
        None => provider.with_span_processor(processor),
    }
}

/// Who the spans are from. `OTEL_SERVICE_NAME` beats `OTEL_RESOURCE_ATTRIBUTES`, which beats the app's own.
fn resource(config: &Config, environment: &Environment) -> Resource {
    let own = |key: &str| {
        let attribute = environment
            .resource
            .iter()
            .find(|attribute| attribute.key.as_str() == key);
        attribute.is_some_and(|attribute| !attribute.value.as_str().is_empty())
    };
    // Not the SDK's detectors for these two variables: they do not decode, and fill in a name of their own.
    let mut resource = Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attributes(environment.resource.iter().cloned());
    match &environment.service_name {
        Some(name) => resource = resource.with_service_name(name.clone()),
        None if own(SERVICE_NAME) => {}
        None => resource = resource.with_service_name(config.service_name.to_string()),
    }
    if let Some(version) = config.service_version.as_deref().filter(|_| !own(SERVICE_VERSION)) {
        resource = resource.with_attribute(KeyValue::new(SERVICE_VERSION, version.to_owned()));
    }
    resource.build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::{Ack, EncodedBatch, SinkError};
    use opentelemetry::Key;

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

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        let lookup = |name: &str| {
            let pair = pairs.iter().find(|(key, _)| *key == name);
            pair.map(|(_, value)| (*value).to_owned())
        };
        Environment::from_lookup(lookup).unwrap()
    }

    fn get(resource: &Resource, key: &'static str) -> Option<String> {
        resource.get(&Key::from_static_str(key)).map(|value| value.to_string())
    }

    #[test]
    fn the_service_is_the_apps_unless_the_environment_names_one() {
        const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
        let both = "service.name=named,service.version=7,deployment.environment.name=a%2Cb";
        for (pairs, name, version) in [
            (&[][..], "shop", "1.2.3"),
            (&[("OTEL_SERVICE_NAME", ""), (ATTRIBUTES, " ")], "shop", "1.2.3"),
            (&[("OTEL_SERVICE_NAME", "other")], "other", "1.2.3"),
            (&[(ATTRIBUTES, both)], "named", "7"),
            (&[(ATTRIBUTES, both), ("OTEL_SERVICE_NAME", "other")], "other", "7"),
            (&[(ATTRIBUTES, "service.name=,service.version=")], "shop", "1.2.3"),
        ] {
            let resource = resource(&config(), &environment(pairs));
            assert_eq!(get(&resource, SERVICE_NAME).as_deref(), Some(name), "{pairs:?}");
            assert_eq!(get(&resource, SERVICE_VERSION).as_deref(), Some(version), "{pairs:?}");
            assert_eq!(get(&resource, "telemetry.sdk.language").as_deref(), Some("rust"));
            let decoded = pairs.contains(&(ATTRIBUTES, both)).then_some("a,b");
            assert_eq!(get(&resource, "deployment.environment.name").as_deref(), decoded);
        }
    }

    #[test]
    fn it_can_be_disabled_and_the_propagators_stay() {
        let environment = environment(&[("OTEL_SDK_DISABLED", "TRUE"), ("OTEL_PROPAGATORS", "b3")]);
        let telemetry = Telemetry::start_with(config(), &environment).unwrap();
        assert!(telemetry.provider().is_none());
        assert_eq!(telemetry.propagators(), &environment.propagators);
        assert_eq!(telemetry.counts(), Counts::default());
        telemetry.shutdown(Duration::from_secs(1)).unwrap();
    }
}
