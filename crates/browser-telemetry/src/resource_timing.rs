//! What the browser measured of one request: its `PerformanceResourceTiming` entry
//! (<https://www.w3.org/TR/resource-timing/>), found by the span id that the server echoed.

use crate::page::{self, Said};
use crate::{clock, otlp};
use opentelemetry::KeyValue;
use trace_wire::attribute;

/// What is read of an entry, in the order of [`Times`]'s fields.
const PROPERTIES: &str = "domainLookupStart\0domainLookupEnd\0connectStart\0secureConnectionStart\0connectEnd\0requestStart\0responseStart\0responseEnd";

/// Times of one request, in milliseconds of the performance time line; 0 where the browser does not tell (another
/// origin without `Timing-Allow-Origin`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Times {
    pub(crate) domain_lookup_start: f64,
    pub(crate) domain_lookup_end: f64,
    pub(crate) connect_start: f64,
    /// 0 without TLS.
    pub(crate) secure_connection_start: f64,
    pub(crate) connect_end: f64,
    pub(crate) request_start: f64,
    pub(crate) response_start: f64,
    pub(crate) response_end: f64,
    /// What the server says of itself.
    pub(crate) said: Said,
}

/// Where the time of a request went, in milliseconds. `queue` to `download` add up to its duration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Phases {
    /// Waiting in the browser: for the service worker, a free connection, its turn.
    pub(crate) queue: f64,
    /// Looking the name up; 0 where it was known or the connection was there.
    pub(crate) dns: f64,
    /// Connecting, without TLS; 0 where the connection was there.
    pub(crate) connect: f64,
    /// The TLS handshake.
    pub(crate) tls: f64,
    /// Request sent to first byte.
    pub(crate) wait: f64,
    /// First byte to last byte.
    pub(crate) download: f64,
}

impl Times {
    /// The phases of a request that was begun at `start`; `None` where the browser does not tell.
    ///
    /// Resource timing has gaps (a name is looked up ahead of time, a connected socket waits), and TLS lies inside
    /// *connect*. So connect ends where TLS begins, and whatever is not one of the other phases is waiting in the
    /// browser: then they add up, and the wait is never longer than from request to first byte.
    pub(crate) fn phases(&self, start: f64) -> Option<Phases> {
        if self.request_start <= 0.0 || self.response_start < self.request_start {
            return None;
        }
        // What happened before this request began (a connection opened for another) is not part of it.
        let between = |from: f64, to: f64| (to.min(self.request_start) - from.max(start)).max(0.0);
        let secured = self.secure_connection_start > 0.0;
        let connected = if secured {
            self.secure_connection_start
        } else {
            self.connect_end
        };
        let dns = between(self.domain_lookup_start, self.domain_lookup_end);
        let connect = between(self.connect_start, connected);
        let tls = if secured {
            between(self.secure_connection_start, self.connect_end)
        } else {
            0.0
        };
        let before = (self.request_start - start).max(0.0);
        Some(Phases {
            queue: (before - dns - connect - tls).max(0.0),
            dns,
            connect,
            tls,
            wait: self.response_start - self.request_start.max(start),
            download: (self.response_end - self.response_start).max(0.0),
        })
    }

    /// What is left of the wait without the server.
    pub(crate) fn network(&self, wait: f64) -> Option<f64> {
        Some((wait - self.said.server?).max(0.0))
    }
}

impl Times {
    /// The times of an entry, and what the server said of its own: see [`page::times`] for `name` and `client`.
    ///
    /// In Chromium the entry is there as soon as the body has been read.
    pub(crate) fn find(name: &str, client: &str) -> Option<Self> {
        let numbers = page::times(name, client, PROPERTIES);
        let (times, said) = Said::split(&numbers)?;
        let [
            domain_lookup_start,
            domain_lookup_end,
            connect_start,
            secure_connection_start,
            connect_end,
            request_start,
            response_start,
            response_end,
        ] = *times.as_array()?;
        Some(Self {
            domain_lookup_start,
            domain_lookup_end,
            connect_start,
            secure_connection_start,
            connect_end,
            request_start,
            response_start,
            response_end,
            said,
        })
    }

    /// Takes what this response says of the server's clock into account.
    pub(crate) fn set_clock(&self) {
        if let Self {
            said:
                Said {
                    server: Some(server),
                    received: Some(received),
                    ..
                },
            request_start,
            response_start,
            ..
        } = *self
            && request_start > 0.0
        {
            clock::learn(request_start, response_start, received, received + server);
        }
    }

    /// Adds the attributes of the span that began at `start`: `timing.*` as far as they are known, and the protocol.
    pub(crate) fn write(&self, start: f64, attributes: &mut Vec<KeyValue>) {
        let phases = self.phases(start);
        let network = phases.and_then(|phases| self.network(phases.wait));
        if let Some(phases) = phases {
            let mut add = |key, value| otlp::number(attributes, key, Some(value));
            add(attribute::TIMING_QUEUE_MS, phases.queue);
            add(attribute::TIMING_DNS_MS, phases.dns);
            add(attribute::TIMING_CONNECT_MS, phases.connect);
            add(attribute::TIMING_TLS_MS, phases.tls);
            add(attribute::TIMING_WAIT_MS, phases.wait);
            add(attribute::TIMING_DOWNLOAD_MS, phases.download);
        }
        otlp::number(attributes, attribute::TIMING_NETWORK_MS, network);
        otlp::number(attributes, attribute::TIMING_SERVER_MS, self.said.server);
        let version = match self.said.protocol {
            Some(1.0) => "1.0",
            Some(1.1) => "1.1",
            Some(2.0) => "2",
            Some(3.0) => "3",
            _ => return,
        };
        otlp::literal(attributes, attribute::NETWORK_PROTOCOL_VERSION, version);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(server: Option<f64>) -> Said {
        Said {
            server,
            received: None,
            protocol: None,
            is_echoed: true,
        }
    }

    /// A new TLS connection, with a gap before each phase; begun at 2.
    fn times() -> Times {
        Times {
            domain_lookup_start: 3.0,
            domain_lookup_end: 7.0,
            connect_start: 8.0,
            secure_connection_start: 11.0,
            connect_end: 16.0,
            request_start: 18.0,
            response_start: 50.0,
            response_end: 53.5,
            said: said(Some(20.0)),
        }
    }

    fn sum(phases: &Phases) -> f64 {
        phases.queue + phases.dns + phases.connect + phases.tls + phases.wait + phases.download
    }

    #[test]
    fn phases_add_up_to_the_duration_whatever_gaps_there_are() {
        let phases = times().phases(2.0).unwrap();
        assert_eq!((phases.dns, phases.connect, phases.tls), (4.0, 3.0, 5.0));
        assert_eq!((phases.queue, phases.wait, phases.download), (4.0, 32.0, 3.5));
        assert_eq!(sum(&phases), 53.5 - 2.0);
    }

    #[test]
    fn a_connection_that_was_there_costs_nothing_and_its_stall_is_queueing() {
        let reused = Times {
            domain_lookup_start: 2.5,
            domain_lookup_end: 2.5,
            connect_start: 2.5,
            secure_connection_start: 2.5,
            connect_end: 2.5,
            ..times()
        };
        let phases = reused.phases(2.0).unwrap();
        assert_eq!((phases.dns, phases.connect, phases.tls), (0.0, 0.0, 0.0));
        assert_eq!((phases.queue, phases.wait), (16.0, 32.0));
        assert_eq!(sum(&phases), 51.5);
    }

    #[test]
    fn without_tls_connect_ends_with_the_connection() {
        let plain = Times {
            secure_connection_start: 0.0,
            ..times()
        };
        let phases = plain.phases(2.0).unwrap();
        assert_eq!((phases.connect, phases.tls), (8.0, 0.0));
        assert_eq!(sum(&phases), 51.5);
    }

    #[test]
    fn a_connection_that_was_begun_for_another_request_counts_from_this_one_s_start() {
        let phases = times().phases(9.0).unwrap();
        assert_eq!(
            (phases.dns, phases.connect, phases.tls, phases.queue),
            (0.0, 2.0, 5.0, 2.0)
        );
        assert_eq!(sum(&phases), 44.5);
    }

    #[test]
    fn network_time_is_the_wait_without_the_server_and_never_negative() {
        assert_eq!(times().network(32.0), Some(12.0));
        assert_eq!(
            Times {
                said: said(Some(33.0)),
                ..times()
            }
            .network(32.0),
            Some(0.0)
        );
        assert_eq!(
            Times {
                said: said(None),
                ..times()
            }
            .network(32.0),
            None
        );
    }

    #[test]
    fn what_the_browser_hides_is_absent() {
        let hidden = Times {
            request_start: 0.0,
            response_start: 0.0,
            ..times()
        };
        assert_eq!(hidden.phases(2.0), None);
    }
}
