//! What a fetch's time was made of, as its `timing.*` attributes say.

use honeycomb::{Event, column};
use serde::Serialize;
use trace_wire::attribute;

/// What happened in a part of a fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    /// In the browser, before the request left.
    Browser,
    /// On the network.
    Network,
    /// In the server.
    Server,
    /// On the network or in the server: the server did not say how long it took.
    Wait,
}

/// A fetch's parts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Phases {
    /// In the order of time; nanoseconds, which add up to the span's duration.
    pub(crate) parts: Vec<(Phase, i64)>,
    wait: Option<i64>,
    /// Nanoseconds on the network, without the download.
    pub(crate) network: Option<i64>,
    server: Option<i64>,
    download: Option<i64>,
    /// Looking the name up, connecting and TLS together; `None` where nothing of it was necessary.
    connecting: Option<i64>,
}

impl Phases {
    /// The parts of a client span that has timings.
    ///
    /// Nobody knows how much of the network time was the way there and how much the way back, so the server's part is
    /// drawn in the middle of the wait.
    pub(crate) fn of(span: &Event, duration: i64) -> Option<Self> {
        if span.str(column::SPAN_KIND) != Some("client") {
            return None;
        }
        let timing = |name| {
            let ms = span.number(name).filter(|ms| ms.is_finite() && *ms >= 0.0)?;
            Some((ms * 1e6).round() as i64)
        };
        let wait = timing(attribute::TIMING_WAIT_MS);
        let server = timing(attribute::TIMING_SERVER_MS);
        let network = timing(attribute::TIMING_NETWORK_MS);
        let download = timing(attribute::TIMING_DOWNLOAD_MS);
        let waited = match (wait, network, server) {
            (_, Some(network), Some(server)) => vec![
                (Phase::Network, network / 2),
                (Phase::Server, server),
                (Phase::Network, network - network / 2),
            ],
            (Some(wait), ..) => vec![(Phase::Wait, wait)],
            _ => return None,
        };
        let opening = [
            attribute::TIMING_DNS_MS,
            attribute::TIMING_CONNECT_MS,
            attribute::TIMING_TLS_MS,
        ];
        let connecting = opening.into_iter().filter_map(timing).fold(0, i64::saturating_add);
        let connecting = (connecting > 0).then_some(connecting);
        let mut parts: Vec<_> = connecting.map(|length| (Phase::Network, length)).into_iter().collect();
        parts.extend(waited);
        parts.extend(download.map(|download| (Phase::Network, download)));
        let known: i64 = parts.iter().fold(0, |sum, (_, length)| sum.saturating_add(*length));
        if known > duration {
            // The server's clock and the browser's tick differently fast, or somebody made it up: the bar stays a bar.
            let scale = duration as f64 / known as f64;
            for (_, length) in &mut parts {
                *length = (*length as f64 * scale) as i64;
            }
        } else {
            parts.insert(0, (Phase::Browser, duration - known));
        }
        parts.retain(|(_, length)| *length > 0);
        Some(Self {
            parts,
            wait,
            network,
            server,
            download,
            connecting,
        })
    }

    /// What is known, in words: names and nanoseconds.
    pub(crate) fn words(&self) -> Vec<(&'static str, i64)> {
        let split = self.network.is_some() && self.server.is_some();
        let browser = self.parts.iter().find(|(phase, _)| *phase == Phase::Browser);
        [
            ("network", self.network),
            ("server", self.server),
            ("connecting", self.connecting),
            ("waiting", self.wait.filter(|_| !split)),
            ("download", self.download),
            ("browser", browser.map(|(_, length)| *length)),
        ]
        .into_iter()
        .filter_map(|(name, length)| Some((name, length?)))
        .collect()
    }
}
