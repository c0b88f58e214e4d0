//! What the browser measured of one request: its `PerformanceResourceTiming` entry
//! (<https://www.w3.org/TR/resource-timing/>), found by the span id that the server echoed.

use crate::dom;
use opentelemetry::KeyValue;
use trace_wire::{attribute, server_timing};
use wasm_bindgen::prelude::*;
use web_sys::{PerformanceResourceTiming, PerformanceServerTiming};

/// How many entries the page keeps; the browser's own limit of 250 is soon reached by a page that polls.
const BUFFER: u32 = 1000;

/// Times of one request, in milliseconds of the performance time line; 0 where the browser does not tell (another
/// origin without `Timing-Allow-Origin`).
#[derive(Clone, Debug, PartialEq)]
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
    /// The server's own duration, a length of time.
    pub(crate) server: Option<f64>,
    /// `http/1.1`, `h2`, …; empty where the browser does not tell.
    pub(crate) protocol: String,
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
        Some((wait - self.server?).max(0.0))
    }
}

impl Times {
    /// The times of an entry, and what the server said of its own.
    pub(crate) fn of(entry: &PerformanceResourceTiming, server: Option<f64>) -> Self {
        Self {
            domain_lookup_start: number(entry, "domainLookupStart"),
            domain_lookup_end: number(entry, "domainLookupEnd"),
            connect_start: number(entry, "connectStart"),
            secure_connection_start: number(entry, "secureConnectionStart"),
            connect_end: number(entry, "connectEnd"),
            request_start: number(entry, "requestStart"),
            response_start: number(entry, "responseStart"),
            response_end: number(entry, "responseEnd"),
            server,
            protocol: entry.next_hop_protocol(),
        }
    }

    /// The attributes of the span that began at `start`: `timing.*` as far as they are known, and the protocol.
    pub(crate) fn attributes(&self, start: f64) -> Vec<KeyValue> {
        let mut attributes = Vec::with_capacity(9);
        if let Some(phases) = self.phases(start) {
            attributes.extend([
                KeyValue::new(attribute::TIMING_QUEUE_MS, phases.queue),
                KeyValue::new(attribute::TIMING_DNS_MS, phases.dns),
                KeyValue::new(attribute::TIMING_CONNECT_MS, phases.connect),
                KeyValue::new(attribute::TIMING_TLS_MS, phases.tls),
                KeyValue::new(attribute::TIMING_WAIT_MS, phases.wait),
                KeyValue::new(attribute::TIMING_DOWNLOAD_MS, phases.download),
            ]);
            if let Some(network) = self.network(phases.wait) {
                attributes.push(KeyValue::new(attribute::TIMING_NETWORK_MS, network));
            }
        }
        if let Some(server) = self.server {
            attributes.push(KeyValue::new(attribute::TIMING_SERVER_MS, server));
        }
        let version = match self.protocol.as_str() {
            "h2" => "2",
            "h3" => "3",
            other => other.strip_prefix("http/").unwrap_or_default(),
        };
        if !version.is_empty() {
            attributes.push(KeyValue::new(attribute::NETWORK_PROTOCOL_VERSION, version.to_owned()));
        }
        attributes
    }
}

/// The times of the request to `url` that carried the span id `client` (hex). In Chromium the entry is there as soon
/// as the body has been read.
pub(crate) fn find(url: &str, client: &str) -> Option<Times> {
    let entries = dom::performance().get_entries_by_name_with_entry_type(url, "resource");
    (0..entries.length()).rev().find_map(|index| {
        let entry: PerformanceResourceTiming = entries.get(index).dyn_into().ok()?;
        let echo = server_timing(&entry, server_timing::CLIENT)?;
        (echo.description() == client).then(|| Times::of(&entry, server_of(&entry)))
    })
}

/// A numeric property of an entry, 0 where there is none. By its name: an import for each of two dozen properties would
/// weigh more than a kilobyte in the page's WASM.
pub(crate) fn number(entry: &JsValue, property: &str) -> f64 {
    let value = js_sys::Reflect::get(entry, &property.into());
    value.ok().and_then(|value| value.as_f64()).unwrap_or_default()
}

/// How long the server says that it took, in milliseconds.
pub(crate) fn server_of(entry: &PerformanceResourceTiming) -> Option<f64> {
    server_timing(entry, server_timing::SERVER).map(|timing| timing.duration())
}

fn server_timing(entry: &PerformanceResourceTiming, name: &str) -> Option<PerformanceServerTiming> {
    entry
        .server_timing()
        .iter()
        .map(JsCast::unchecked_into::<PerformanceServerTiming>)
        .find(|timing| timing.name() == name)
}

/// Makes room for more entries, and room again when they have run out: an entry that finds none is lost, and with it
/// the phases of its fetch. Each is looked up right after its body has been read, so old ones are not needed.
pub(crate) fn keep_room() {
    let performance = dom::performance();
    performance.set_resource_timing_buffer_size(BUFFER);
    let full = Closure::<dyn Fn()>::new(|| dom::performance().clear_resource_timings()).into_js_value();
    _ = performance.add_event_listener_with_callback("resourcetimingbufferfull", full.unchecked_ref());
}

#[cfg(test)]
mod tests {
    use super::*;

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
            server: Some(20.0),
            protocol: String::new(),
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
                server: Some(33.0),
                ..times()
            }
            .network(32.0),
            Some(0.0)
        );
        assert_eq!(
            Times {
                server: None,
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
