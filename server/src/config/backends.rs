//! Where spans are sent to.

use super::ConfigError;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use server_telemetry::OtlpTarget;
use std::fmt;
use std::time::Duration;

/// Honeycomb's API, where `HONEYCOMB_API_ENDPOINT` names no other.
const HONEYCOMB: &str = "https://api.honeycomb.io";
/// The header with Honeycomb's key.
pub(crate) const TEAM: HeaderName = HeaderName::from_static("x-honeycomb-team");
/// How long a request may take: the specification's default of `OTEL_EXPORTER_OTLP_TIMEOUT`.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Backends for spans.
#[derive(Clone, Debug, Default)]
pub struct Backends {
    /// Each is sent every span.
    pub targets: Vec<OtlpTarget>,
    /// `HONEYCOMB_API_KEY`, and where it is good.
    pub honeycomb: Option<HoneycombAccess>,
    /// `HONEYCOMB_ENVIRONMENT`: the only one that the key may write to.
    pub honeycomb_environment: Option<String>,
}

/// Honeycomb's key, and where it is good. [`fmt::Debug`] shows neither.
#[derive(Clone)]
pub struct HoneycombAccess {
    /// The key.
    pub api_key: HeaderValue,
    /// Where Honeycomb's API is, without the path of a call.
    pub api_endpoint: Uri,
}

impl fmt::Debug for HoneycombAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HoneycombAccess").finish_non_exhaustive()
    }
}

impl Backends {
    /// Reads the process's environment.
    ///
    /// # Errors
    ///
    /// Every variable that cannot be understood.
    pub fn from_env() -> Result<Self, ConfigError> {
        let mut errors = Vec::new();
        let get = |name: &str| {
            let value = std::env::var(name).ok()?.trim().to_owned();
            (!value.is_empty()).then_some(value)
        };
        let backends = Self::read(get, &mut errors);
        match errors.is_empty() {
            true => Ok(backends),
            false => Err(ConfigError(errors)),
        }
    }

    /// Reads the variables through `get`, and adds what is wrong to `errors`, without the values: they are secrets.
    pub fn read(get: impl Fn(&str) -> Option<String>, errors: &mut Vec<String>) -> Self {
        let mut backends = Self {
            honeycomb_environment: get("HONEYCOMB_ENVIRONMENT"),
            ..Self::default()
        };
        let mut address = |name: &str, value: String| match value.trim_end_matches('/').parse::<Uri>() {
            Ok(uri) if uri.host().is_some() && matches!(uri.scheme_str(), Some("http" | "https")) => Some(uri),
            _ => {
                errors.push(format!(
                    "{name} cannot be used; it takes an address with http:// or https://"
                ));
                None
            }
        };
        let honeycomb = address(
            "HONEYCOMB_API_ENDPOINT",
            get("HONEYCOMB_API_ENDPOINT").unwrap_or_else(|| HONEYCOMB.to_owned()),
        );
        let otlp = get("OTEL_EXPORTER_OTLP_ENDPOINT").and_then(|value| address("OTEL_EXPORTER_OTLP_ENDPOINT", value));
        if let (Some(key), Some(endpoint)) = (get("HONEYCOMB_API_KEY"), honeycomb) {
            match HeaderValue::from_str(&key) {
                Ok(mut key) => {
                    key.set_sensitive(true);
                    let headers = HeaderMap::from_iter([(TEAM, key.clone())]);
                    backends.targets.push(target("Honeycomb", &endpoint, headers));
                    backends.honeycomb = Some(HoneycombAccess {
                        api_key: key,
                        api_endpoint: endpoint,
                    });
                }
                Err(_) => errors.push("HONEYCOMB_API_KEY has characters that no key has".to_owned()),
            }
        }
        if let Some(endpoint) = otlp {
            let mut headers = HeaderMap::new();
            for pair in get("OTEL_EXPORTER_OTLP_HEADERS").unwrap_or_default().split(',') {
                let parsed = pair.split_once('=').and_then(|(name, value)| {
                    let mut value = HeaderValue::from_str(value.trim()).ok()?;
                    value.set_sensitive(true);
                    Some((HeaderName::try_from(name.trim()).ok()?, value))
                });
                match parsed {
                    Some((name, value)) => _ = headers.insert(name, value),
                    None if pair.trim().is_empty() => {}
                    None => errors
                        .push("OTEL_EXPORTER_OTLP_HEADERS cannot be used; it takes name=value,name=value".to_owned()),
                }
            }
            backends.targets.push(target("OTLP", &endpoint, headers));
        }
        backends
    }
}

fn target(name: &str, endpoint: &Uri, headers: HeaderMap) -> OtlpTarget {
    let base = endpoint.to_string();
    OtlpTarget {
        name: name.to_owned(),
        endpoint: format!("{}/v1/traces", base.trim_end_matches('/'))
            .parse()
            .expect("an address with a path after it"),
        headers,
        timeout: TIMEOUT,
        compression: Default::default(),
        protocol: Default::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> (Backends, Vec<String>) {
        let mut errors = Vec::new();
        let get = |name: &str| {
            let pair = pairs.iter().find(|(key, _)| *key == name);
            pair.map(|(_, value)| (*value).to_owned())
        };
        (Backends::read(get, &mut errors), errors)
    }

    #[test]
    fn nothing_is_sent_anywhere_unless_somebody_says_so() {
        let (backends, errors) = read(&[]);
        assert!(backends.targets.is_empty() && backends.honeycomb.is_none() && errors.is_empty());
    }

    #[test]
    fn a_key_alone_is_honeycomb_and_an_endpoint_is_another_backend() {
        let (backends, errors) = read(&[
            ("HONEYCOMB_API_KEY", "hcaik_secret"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.internal:4318/"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer hunter2, x-tenant=a"),
        ]);
        assert!(errors.is_empty(), "{errors:?}");
        let [honeycomb, otlp] = &backends.targets[..] else {
            panic!("{backends:?}")
        };
        assert_eq!(honeycomb.endpoint, "https://api.honeycomb.io/v1/traces");
        assert_eq!(honeycomb.headers[TEAM], "hcaik_secret");
        assert_eq!(otlp.endpoint, "http://collector.internal:4318/v1/traces");
        assert_eq!(otlp.headers["authorization"], "Bearer hunter2");
        assert_eq!(otlp.headers["x-tenant"], "a");
        let shown = format!("{backends:?}");
        for secret in ["hcaik_secret", "hunter2", "collector", "honeycomb.io"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_the_value() {
        let (_, errors) = read(&[
            ("HONEYCOMB_API_KEY", "k\u{e9}\n"),
            ("HONEYCOMB_API_ENDPOINT", "secret.example.org"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://secret.example.org"),
        ]);
        assert_eq!(errors.len(), 2, "{errors:?}");
        assert!(errors.iter().all(|error| !error.contains("secret")), "{errors:?}");
    }
}
