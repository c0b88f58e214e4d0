//! What the browser measured of one request: its `PerformanceResourceTiming` entry
//! (<https://www.w3.org/TR/resource-timing/>), found by the span id that the server echoed.

use crate::dom;
use trace_wire::server_timing;
use wasm_bindgen::prelude::*;
use web_sys::{PerformanceResourceTiming, PerformanceServerTiming};

/// How many entries the page keeps; the browser's own limit of 250 is soon reached by a page that polls.
const BUFFER: u32 = 1000;

/// Times of one request, in milliseconds of the performance time line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Times {
    pub request_start: f64,
    pub response_start: f64,
    pub response_end: f64,
    /// The server's own duration, a length of time.
    pub server: Option<f64>,
    /// `http/1.1`, `h2`, …; empty where the browser does not tell.
    pub protocol: String,
}

impl Times {
    /// Request sent to first byte; `None` where the browser does not tell (another origin without
    /// `Timing-Allow-Origin`).
    pub(crate) fn wait(&self) -> Option<f64> {
        (self.request_start > 0.0 && self.response_start >= self.request_start)
            .then_some(self.response_start - self.request_start)
    }

    /// First byte to last byte.
    pub(crate) fn download(&self) -> Option<f64> {
        (self.response_start > 0.0 && self.response_end >= self.response_start)
            .then_some(self.response_end - self.response_start)
    }

    /// What is left of the wait without the server.
    pub(crate) fn network(&self) -> Option<f64> {
        Some((self.wait()? - self.server?).max(0.0))
    }
}

/// The times of the request to `url` that carried the span id `client` (hex). In Chromium the entry is there as soon
/// as the body has been read.
pub(crate) fn find(url: &str, client: &str) -> Option<Times> {
    let entries = dom::performance().get_entries_by_name_with_entry_type(url, "resource");
    (0..entries.length()).rev().find_map(|index| {
        let entry: PerformanceResourceTiming = entries.get(index).dyn_into().ok()?;
        let mut server = None;
        let mut is_ours = false;
        for timing in entry.server_timing().iter() {
            let timing: PerformanceServerTiming = timing.unchecked_into();
            match timing.name().as_str() {
                server_timing::CLIENT => is_ours |= timing.description() == client,
                server_timing::SERVER => server = Some(timing.duration()),
                _ => {}
            }
        }
        is_ours.then(|| Times {
            request_start: entry.request_start(),
            response_start: entry.response_start(),
            response_end: entry.response_end(),
            server,
            protocol: entry.next_hop_protocol(),
        })
    })
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

    fn times() -> Times {
        Times {
            request_start: 10.0,
            response_start: 42.0,
            response_end: 45.5,
            server: Some(20.0),
            protocol: String::new(),
        }
    }

    #[test]
    fn network_time_is_the_wait_without_the_server() {
        assert_eq!(times().wait(), Some(32.0));
        assert_eq!(times().download(), Some(3.5));
        assert_eq!(times().network(), Some(12.0));
    }

    #[test]
    fn network_time_is_never_negative() {
        let times = Times {
            server: Some(33.0),
            ..times()
        };
        assert_eq!(times.network(), Some(0.0));
    }

    #[test]
    fn what_the_browser_hides_is_absent() {
        let hidden = Times {
            request_start: 0.0,
            response_start: 0.0,
            ..times()
        };
        assert_eq!((hidden.wait(), hidden.download(), hidden.network()), (None, None, None));
        let silent = Times {
            server: None,
            ..times()
        };
        assert_eq!(silent.network(), None);
    }
}
