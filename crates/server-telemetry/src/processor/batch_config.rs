//! `OTEL_BSP_*`: how spans are batched.
//!
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#batch-span-processor>

use std::time::Duration;

/// A variable that cannot be understood.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}={value:?} cannot be used: {expected}")]
pub struct EnvError {
    /// The variable's name.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// What it should have been.
    pub expected: &'static str,
}

/// How spans are queued and batched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchConfig {
    /// Spans that wait at most; more are dropped and counted. `OTEL_BSP_MAX_QUEUE_SIZE`, 2048.
    pub max_queue_size: usize,
    /// Spans in a batch at most; so many are written without waiting for the delay.
    /// `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`, 512.
    pub max_export_batch_size: usize,
    /// How long the first span of a batch waits for others. `OTEL_BSP_SCHEDULE_DELAY`, 200 ms: the log is local, and
    /// people look at what they have just done. (The specification's default, 5 s, is for a backend far away.)
    pub schedule_delay: Duration,
    /// How long `force_flush` waits at most. `OTEL_BSP_EXPORT_TIMEOUT`, 30 s.
    pub export_timeout: Duration,
}

impl Default for BatchConfig {
    fn default() -> Self {
        Self {
            max_queue_size: 2048,
            max_export_batch_size: 512,
            schedule_delay: Duration::from_millis(200),
            export_timeout: Duration::from_secs(30),
        }
    }
}

impl BatchConfig {
    /// The defaults, changed by `OTEL_BSP_*`. An empty variable is an unset one.
    ///
    /// # Errors
    ///
    /// A value that is no number, a size of 0, or a batch that is larger than the queue.
    pub fn from_env() -> Result<Self, EnvError> {
        Self::from_lookup(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// As [`BatchConfig::from_env`], from any source of variables.
    ///
    /// # Errors
    ///
    /// As [`BatchConfig::from_env`].
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, EnvError> {
        const BATCH: &str = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE";
        let set = |name: &'static str| lookup(name).filter(|value| !value.trim().is_empty());
        let size = |name: &'static str| match set(name) {
            None => Ok(None),
            Some(value) => match value.trim().parse::<usize>() {
                Ok(size) if size > 0 => Ok(Some(size)),
                _ => Err(EnvError {
                    name,
                    value,
                    expected: "a whole number of spans, 1 or more, is expected",
                }),
            },
        };
        let millis = |name: &'static str| match set(name) {
            None => Ok(None),
            Some(value) => match value.trim().parse::<u64>() {
                Ok(millis) => Ok(Some(Duration::from_millis(millis))),
                Err(_) => Err(EnvError {
                    name,
                    value,
                    expected: "a whole number of milliseconds is expected",
                }),
            },
        };
        let default = Self::default();
        let max_queue_size = size("OTEL_BSP_MAX_QUEUE_SIZE")?.unwrap_or(default.max_queue_size);
        let max_export_batch_size = match size(BATCH)? {
            Some(batch) if batch > max_queue_size => {
                return Err(EnvError {
                    name: BATCH,
                    value: batch.to_string(),
                    expected: "it must not be larger than the queue (OTEL_BSP_MAX_QUEUE_SIZE)",
                });
            }
            Some(batch) => batch,
            None => default.max_export_batch_size.min(max_queue_size),
        };
        Ok(Self {
            max_queue_size,
            max_export_batch_size,
            schedule_delay: millis("OTEL_BSP_SCHEDULE_DELAY")?.unwrap_or(default.schedule_delay),
            export_timeout: millis("OTEL_BSP_EXPORT_TIMEOUT")?.unwrap_or(default.export_timeout),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(pairs: &[(&str, &str)]) -> Result<BatchConfig, EnvError> {
        BatchConfig::from_lookup(|name| {
            let pair = pairs.iter().find(|(key, _)| *key == name);
            pair.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn unset_and_empty_are_the_defaults() {
        assert_eq!(config(&[]), Ok(BatchConfig::default()));
        assert_eq!(
            config(&[("OTEL_BSP_SCHEDULE_DELAY", ""), ("OTEL_BSP_MAX_QUEUE_SIZE", " ")]),
            Ok(BatchConfig::default())
        );
    }

    #[test]
    fn values_are_taken() {
        let config = config(&[
            ("OTEL_BSP_SCHEDULE_DELAY", "1000"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "100"),
            ("OTEL_BSP_EXPORT_TIMEOUT", "5"),
        ])
        .unwrap();
        assert_eq!(config.schedule_delay, Duration::from_secs(1));
        assert_eq!((config.max_queue_size, config.max_export_batch_size), (100, 100));
        assert_eq!(config.export_timeout, Duration::from_millis(5));
    }

    #[test]
    fn what_cannot_be_used_says_so() {
        for (name, value) in [
            ("OTEL_BSP_SCHEDULE_DELAY", "soon"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "-1"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4096"),
            ("OTEL_BSP_EXPORT_TIMEOUT", "1s"),
        ] {
            let error = config(&[(name, value)]).unwrap_err();
            assert_eq!(error.name, name);
            let words = error.to_string();
            assert!(words.contains(name) && words.contains(value), "{words}");
        }
    }
}
