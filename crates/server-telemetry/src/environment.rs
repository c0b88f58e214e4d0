//! What the environment says about telemetry: the OpenTelemetry specification's variables and Honeycomb's.
//!
//! The Rust SDK reads some of them by itself, others not at all, and passes over what it does not understand. Here every
//! one is read in one place, once, and checked: what cannot be understood, or is not supported, is an error that says so.
//! [`VARIABLES`] lists them all; `docs/environment.md` is that list as a table.
//!
//! They mean what the specification says
//! (<https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>), an empty value being an unset
//! one, with one exception: where no exporter, endpoint or key is named, nothing is sent anywhere. (The specification's
//! default would be a collector on this machine, which most who try an app do not have.)

mod limits;
mod pairs;
mod reader;
mod sampler;
mod targets;
mod variables;

pub use reader::{EnvError, EnvErrors};
pub use targets::HoneycombAccess;
pub use variables::{VARIABLES, Variable};

use crate::otlp_target::OtlpTarget;
use crate::processor::BatchConfig;
use crate::propagators::Propagators;
use opentelemetry::KeyValue;
use opentelemetry_sdk::trace::{ShouldSample, SpanLimits};
use reader::{Reader, boolean};
use targets::{Honeycomb, Otlp};
use tracing::level_filters::LevelFilter;

/// How telemetry is set up. [`Environment::default`] is an environment that says nothing.
#[derive(Clone, Debug)]
pub struct Environment {
    /// `OTEL_SDK_DISABLED`: no span is made, printed or sent. Propagation stays, as the specification says.
    pub disabled: bool,
    /// `OTEL_SERVICE_NAME`; beats a `service.name` in [`Environment::resource`].
    pub service_name: Option<String>,
    /// `OTEL_RESOURCE_ATTRIBUTES`, decoded.
    pub resource: Vec<KeyValue>,
    /// Whether `OTEL_TRACES_EXPORTER` names `console`.
    pub console: bool,
    /// Where spans are sent to: from `OTEL_TRACES_EXPORTER`, `OTEL_EXPORTER_OTLP_*` and `HONEYCOMB_*`.
    pub targets: Vec<OtlpTarget>,
    /// The key for Honeycomb, whether spans are sent there or not.
    pub honeycomb: Option<HoneycombAccess>,
    /// `HONEYCOMB_ENVIRONMENT`: where the key must write to.
    pub honeycomb_environment: Option<String>,
    /// `OTEL_PROPAGATORS`.
    pub propagators: Propagators,
    /// `OTEL_TRACES_SAMPLER` and its argument. Unset: every trace is recorded, also one whose caller says that it does
    /// not record (`traceparent: …-00`): that header comes from anybody, and must not switch the server's eyes off.
    pub sampler: Box<dyn ShouldSample>,
    /// `OTEL_BSP_*`.
    pub batch: BatchConfig,
    /// The limits on counts, from `OTEL_SPAN_*`, `OTEL_EVENT_*`, `OTEL_LINK_*` and `OTEL_ATTRIBUTE_COUNT_LIMIT`.
    pub limits: SpanLimits,
    /// The most characters of a text attribute: `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT`, or the general one.
    pub value_length: Option<usize>,
    /// `OTEL_LOG_LEVEL`: what telemetry says about itself in the log. Whoever sets the log up uses it.
    pub log_level: Option<LevelFilter>,
}

impl Default for Environment {
    fn default() -> Self {
        Self {
            disabled: false,
            service_name: None,
            resource: Vec::new(),
            console: false,
            targets: Vec::new(),
            honeycomb: None,
            honeycomb_environment: None,
            propagators: Propagators::default(),
            sampler: sampler::every_trace(),
            batch: BatchConfig::default(),
            limits: SpanLimits::default(),
            value_length: None,
            log_level: None,
        }
    }
}

impl Environment {
    /// Reads the process's environment.
    ///
    /// # Errors
    ///
    /// Every variable that cannot be understood or is not supported, a line for each. What is switched off is not
    /// looked at: with `OTEL_SDK_DISABLED=true` the settings of spans, and where `OTEL_TRACES_EXPORTER` names no `otlp`,
    /// `OTEL_EXPORTER_OTLP_*`.
    pub fn from_env() -> Result<Self, EnvErrors> {
        Self::from_lookup(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// As [`Environment::from_env`], from any source of variables.
    ///
    /// # Errors
    ///
    /// As [`Environment::from_env`].
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, EnvErrors> {
        let mut reader = Reader::new(&lookup);
        let environment = Self::read(&mut reader);
        reader.finish().map(|()| environment)
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        for name in ["OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE"] {
            reader.unsupported(name, "files of configuration are not supported");
        }
        let mut environment = Self {
            disabled: reader.parsed("OTEL_SDK_DISABLED", boolean).unwrap_or_default(),
            propagators: reader
                .parsed("OTEL_PROPAGATORS", Propagators::from_list)
                .unwrap_or_default(),
            log_level: reader.parsed("OTEL_LOG_LEVEL", log_level),
            honeycomb_environment: reader.get("HONEYCOMB_ENVIRONMENT"),
            ..Self::default()
        };
        let honeycomb = Honeycomb::read(reader);
        if environment.disabled {
            environment.honeycomb = honeycomb.access();
            return environment;
        }
        let (otlp, console) = reader
            .parsed("OTEL_TRACES_EXPORTER", exporters)
            .unwrap_or((Otlp::WhereNamed, false));
        environment.console = console;
        (environment.targets, environment.honeycomb) = targets::read(reader, otlp, &honeycomb);
        environment.service_name = reader.get("OTEL_SERVICE_NAME");
        environment.resource = reader.parsed("OTEL_RESOURCE_ATTRIBUTES", resource).unwrap_or_default();
        environment.sampler = sampler::read(reader);
        environment.batch = limits::batch(reader);
        environment.limits = limits::counts(reader);
        environment.value_length = limits::value_length(reader);
        environment
    }
}

/// A list of exporters: whether `otlp` and `console` are in it.
fn exporters(list: &str) -> Result<(Otlp, bool), String> {
    let (mut otlp, mut console, mut none) = (Otlp::Off, false, false);
    for name in reader::items(list) {
        match name {
            "otlp" => otlp = Otlp::Named,
            "console" => console = true,
            "none" => none = true,
            "logging" => return Err("\"logging\" has been replaced by \"console\"".to_owned()),
            other => return Err(format!("{other:?} is not supported")),
        }
    }
    if none && (console || matches!(otlp, Otlp::Named)) {
        return Err("\"none\" stands alone".to_owned());
    }
    Ok((otlp, console))
}

fn resource(list: &str) -> Result<Vec<KeyValue>, String> {
    let pairs = pairs::parse(list)?;
    Ok(pairs
        .into_iter()
        .map(|(key, value)| KeyValue::new(key, value))
        .collect())
}

fn log_level(value: &str) -> Result<LevelFilter, String> {
    match value.to_ascii_lowercase().as_str() {
        "none" | "off" => Ok(LevelFilter::OFF),
        "error" => Ok(LevelFilter::ERROR),
        "warn" => Ok(LevelFilter::WARN),
        "info" => Ok(LevelFilter::INFO),
        "debug" => Ok(LevelFilter::DEBUG),
        "trace" => Ok(LevelFilter::TRACE),
        _ => Err(String::new()),
    }
}

#[cfg(test)]
mod tests;
