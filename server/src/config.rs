//! The configuration: read once from the environment, with every problem reported at once.

use crate::peer::Access;
use server_telemetry::{Environment, RelayRate};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// What the environment says, checked. An empty variable is an unset one.
#[derive(Clone, Debug)]
pub struct Config {
    /// `LEPTOS_SITE_ADDR`: where the server listens. Default `127.0.0.1:3000`.
    pub site_addr: SocketAddr,
    /// `CRUDDUR_DATA_DIR`: everything that the server writes is below it. Default `data`.
    pub data_dir: PathBuf,
    /// `DATABASE_URL`; without one, a SQLite file in the data folder.
    pub database_url: Option<String>,
    /// `CRUDDUR_DEMO=1`: fill an empty database with people and cruds.
    pub demo: bool,
    /// `CRUDDUR_TRACE_STORE=off` leaves the embedded store, and so the explorer, out.
    pub trace_store: bool,
    /// `CRUDDUR_TRACE_STORE_MB`: the bound of the store's segments, in bytes. Default 2 GiB.
    pub trace_store_bytes: u64,
    /// `CRUDDUR_TRACE_STORE_DAYS`: how long traces are kept. Default 30 days.
    pub trace_store_age: Duration,
    /// `CRUDDUR_SPAN_LOG_MB`: the bound of the span log, in bytes. Default 256 MiB.
    pub span_log_bytes: u64,
    /// `CRUDDUR_EXPLORER` and `CRUDDUR_OPERATORS`: who may open the explorer. By default anybody on this machine, if
    /// `site_addr` is of this machine alone and no proxy stands before it, and operators.
    pub explorer: Access,
    /// `CRUDDUR_INGEST_KEY`: what other services send as `x-honeycomb-team` to hand in their spans.
    pub ingest_key: Option<String>,
    /// `CRUDDUR_RELAY_RATE` and `CRUDDUR_RELAY_BURST`: how many batches a second, and how many at once, the relay takes from
    /// one session. Default 20 and 100.
    pub session_rate: RelayRate,
    /// `CRUDDUR_RELAY_ADDRESS_RATE` and `CRUDDUR_RELAY_ADDRESS_BURST`: the same from all pages at one address. Default ten
    /// times as many as from a session.
    pub address_rate: RelayRate,
    /// `CRUDDUR_TRUST_PROXY=1`: a proxy stands before this server, so addresses are those that it names.
    pub trust_proxy: bool,
    /// `CRUDDUR_TRACE_EXPLORER=1`: the explorer and the relay make spans too, for those who work on them.
    pub trace_explorer: bool,
    /// `OTEL_*` and `HONEYCOMB_*`.
    pub telemetry: Environment,
}

/// What is wrong with the environment, one line per variable.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(pub Vec<String>);

impl Config {
    /// Reads the process's environment.
    ///
    /// # Errors
    ///
    /// Every variable that cannot be understood, with what it takes.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// Reads the variables through `get`.
    ///
    /// # Errors
    ///
    /// As [`Config::from_env`].
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let get = |name: &str| {
            get(name)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        let mut errors = Vec::new();
        let telemetry = Environment::from_lookup(get).unwrap_or_else(|wrong| {
            errors.extend(wrong.0.iter().map(ToString::to_string));
            Environment::default()
        });

        let site_addr = match get("LEPTOS_SITE_ADDR").map(|value| (value.parse(), value)) {
            None => SocketAddr::from(([127, 0, 0, 1], 3000)),
            Some((Ok(addr), _)) => addr,
            Some((Err(_), value)) => {
                errors.push(format!(
                    "LEPTOS_SITE_ADDR is {value:?}; it takes an IP address and a port, such as 127.0.0.1:3000"
                ));
                SocketAddr::from(([127, 0, 0, 1], 3000))
            }
        };
        let mut whole = |name: &str, of: &str, default: u64| match get(name).map(|value| (value.parse(), value)) {
            None => default,
            Some((Ok(number @ 1..=1_000_000), _)) => number,
            Some((_, value)) => {
                errors.push(format!(
                    "{name} is {value:?}; it takes a whole number of {of}, such as {default}"
                ));
                default
            }
        };
        let span_log_mb = whole("CRUDDUR_SPAN_LOG_MB", "megabytes", 256);
        let trace_store_mb = whole("CRUDDUR_TRACE_STORE_MB", "megabytes", 2048);
        let trace_store_days = whole("CRUDDUR_TRACE_STORE_DAYS", "days", 30);
        let mut batches = |name: &str, default: u32| match get(name).map(|value| (value.parse(), value)) {
            None => default,
            Some((Ok(count @ 1..=1_000_000), _)) => count,
            Some((_, value)) => {
                errors.push(format!(
                    "{name} is {value:?}; it takes a whole number of batches, at least 1, such as {default}"
                ));
                default
            }
        };
        let session_rate = RelayRate {
            per_second: batches("CRUDDUR_RELAY_RATE", 20),
            burst: batches("CRUDDUR_RELAY_BURST", 100),
        };
        let ten_times = session_rate.times(10);
        let address_rate = RelayRate {
            per_second: batches("CRUDDUR_RELAY_ADDRESS_RATE", ten_times.per_second),
            burst: batches("CRUDDUR_RELAY_ADDRESS_BURST", ten_times.burst),
        };
        let mut flag = |name: &str, default: bool| match get(name).as_deref() {
            None => default,
            Some("1" | "true" | "on") => true,
            Some("0" | "false" | "off") => false,
            Some(other) => {
                errors.push(format!("{name} is {other:?}; it takes 1 or 0 (on or off)"));
                default
            }
        };
        let demo = flag("CRUDDUR_DEMO", false);
        let trace_store = flag("CRUDDUR_TRACE_STORE", true);
        let trace_explorer = flag("CRUDDUR_TRACE_EXPLORER", false);
        let trust_proxy = flag("CRUDDUR_TRUST_PROXY", false);

        let operators: Vec<String> = get("CRUDDUR_OPERATORS")
            .map(|list| {
                list.split(',')
                    .map(|handle| handle.trim().trim_start_matches('@').to_lowercase())
                    .collect()
            })
            .unwrap_or_default();
        let explorer = match get("CRUDDUR_EXPLORER").as_deref() {
            // Whoever binds to other addresses too lets others in, and so does a proxy on this machine: by its requests it
            // need not be told from a person here.
            None if trust_proxy || !site_addr.ip().is_loopback() => Access::Operators(operators),
            None => Access::LoopbackOrOperators(operators),
            Some("operators") => Access::Operators(operators),
            Some("open") => Access::Open,
            Some("off") => Access::Off,
            Some(other) => {
                errors.push(format!(
                    "CRUDDUR_EXPLORER is {other:?}; it takes open, operators or off (unset: without sign-in from this \
                     machine where LEPTOS_SITE_ADDR is an address of this machine alone and no proxy is trusted, operators \
                     otherwise)"
                ));
                Access::Off
            }
        };

        if !errors.is_empty() {
            return Err(ConfigError(errors));
        }
        Ok(Self {
            site_addr,
            data_dir: get("CRUDDUR_DATA_DIR").unwrap_or_else(|| "data".into()).into(),
            database_url: get("DATABASE_URL"),
            demo,
            trace_store,
            trace_store_bytes: trace_store_mb * 1024 * 1024,
            trace_store_age: Duration::from_secs(trace_store_days * 24 * 60 * 60),
            span_log_bytes: span_log_mb * 1024 * 1024,
            explorer,
            ingest_key: get("CRUDDUR_INGEST_KEY"),
            session_rate,
            address_rate,
            trust_proxy,
            trace_explorer,
            telemetry,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::read(|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_set_is_the_documented_default() {
        let config = read(&[]).unwrap();
        assert_eq!(config.site_addr.to_string(), "127.0.0.1:3000");
        assert_eq!(config.data_dir, PathBuf::from("data"));
        assert_eq!(config.span_log_bytes, 256 * 1024 * 1024);
        assert_eq!(config.trace_store_bytes, 2048 * 1024 * 1024);
        assert_eq!(config.trace_store_age.as_secs(), 30 * 86_400);
        assert_eq!(config.explorer, Access::LoopbackOrOperators(vec![]));
        assert!(config.trace_store && !config.demo && !config.trace_explorer);
        assert!(config.database_url.is_none() && config.ingest_key.is_none());
        assert_eq!((config.session_rate.per_second, config.session_rate.burst), (20, 100));
        assert_eq!((config.address_rate.per_second, config.address_rate.burst), (200, 1000));
        assert!(!config.trust_proxy);
    }

    #[test]
    fn an_address_may_send_ten_times_what_a_session_may_unless_told_otherwise() {
        let config = read(&[
            ("CRUDDUR_RELAY_RATE", "5"),
            ("CRUDDUR_RELAY_BURST", "7"),
            ("CRUDDUR_RELAY_ADDRESS_BURST", "9"),
        ])
        .unwrap();
        assert_eq!((config.session_rate.per_second, config.session_rate.burst), (5, 7));
        assert_eq!((config.address_rate.per_second, config.address_rate.burst), (50, 9));
    }

    #[test]
    fn an_empty_value_is_an_unset_one() {
        let config = read(&[
            ("CRUDDUR_INGEST_KEY", ""),
            ("CRUDDUR_EXPLORER", " "),
            ("CRUDDUR_DEMO", ""),
        ])
        .unwrap();
        assert_eq!(config.ingest_key, None);
        assert_eq!(config.explorer, Access::LoopbackOrOperators(vec![]));
    }

    #[test]
    fn this_machine_needs_no_sign_in_only_where_no_other_can_connect() {
        for (address, loopback) in [
            ("127.0.0.1:3000", true),
            ("127.0.0.2:80", true),
            ("[::1]:3000", true),
            ("0.0.0.0:3000", false),
            ("[::]:3000", false),
            ("192.168.0.7:3000", false),
        ] {
            let access = |more: &[(&str, &str)]| {
                read(&[&[("LEPTOS_SITE_ADDR", address)], more].concat())
                    .unwrap()
                    .explorer
            };
            let operators = vec!["odo".to_owned()];
            let expected = match loopback {
                true => Access::LoopbackOrOperators(operators),
                false => Access::Operators(operators),
            };
            assert_eq!(access(&[("CRUDDUR_OPERATORS", "odo")]), expected, "{address}");
            assert_eq!(access(&[("CRUDDUR_EXPLORER", "open")]), Access::Open, "{address}");
            // A plain proxy's requests look like a person's on this machine.
            let behind = [("CRUDDUR_TRUST_PROXY", "1"), ("CRUDDUR_OPERATORS", "odo")];
            assert_eq!(access(&behind), Access::Operators(vec!["odo".to_owned()]), "{address}");
        }
    }

    #[test]
    fn operators_are_handles_with_or_without_at() {
        let config = read(&[
            ("CRUDDUR_EXPLORER", "operators"),
            ("CRUDDUR_OPERATORS", "@Andrew, londo"),
        ])
        .unwrap();
        assert_eq!(
            config.explorer,
            Access::Operators(vec!["andrew".into(), "londo".into()])
        );
    }

    #[test]
    fn everything_wrong_is_said_at_once_and_by_name() {
        let wrong = [
            ("LEPTOS_SITE_ADDR", "localhost"),
            ("CRUDDUR_SPAN_LOG_MB", "lots"),
            ("CRUDDUR_TRACE_STORE_MB", "0"),
            ("CRUDDUR_TRACE_STORE_DAYS", "a month"),
            ("CRUDDUR_DEMO", "perhaps"),
            ("CRUDDUR_EXPLORER", "everybody"),
            ("OTEL_TRACES_EXPORTER", "zipkin"),
            ("CRUDDUR_RELAY_RATE", "0"),
            ("CRUDDUR_RELAY_ADDRESS_BURST", "many"),
        ];
        let ConfigError(errors) = read(&wrong).unwrap_err();
        assert_eq!(errors.len(), wrong.len(), "{errors:?}");
        for (name, value) in wrong {
            assert!(
                errors.iter().any(|line| line.starts_with(name) && line.contains(value)),
                "{name}"
            );
        }
    }
}
