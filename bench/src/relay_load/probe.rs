//! How soon an acknowledged trace can be looked at.
//!
//! One at a time: whenever the probe is free it takes the trace of the next answer, and asks for it until it is there. A
//! queue in between would add the probe's own waiting to what it measures.

use crate::batch::TraceId;
use anyhow::{Result, bail};
use bench::connection::Connection;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// Between two questions; also how coarse the figures are.
pub(crate) const INTERVAL: Duration = Duration::from_millis(2);
/// A trace that has not come by then is not waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// A trace, and when its 2xx came.
pub(crate) type Acknowledged = (TraceId, Instant);

/// What the probe saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// From the answer until the trace was there.
    pub(crate) after: Vec<Duration>,
    /// Traces that did not come in time.
    pub(crate) never: u64,
}

/// Runs until the senders are gone.
pub(crate) fn run(address: SocketAddr, acknowledged: &Receiver<Acknowledged>) -> Result<Seen> {
    let mut connection = Connection::open(address)?;
    let mut seen = Seen::default();
    while let Ok((trace, answered)) = acknowledged.recv() {
        let path = path(&trace);
        loop {
            match connection.get(&path)?.0 {
                200 => {
                    seen.after.push(answered.elapsed());
                    break;
                }
                404 if answered.elapsed() < PATIENCE => std::thread::sleep(INTERVAL),
                404 => {
                    seen.never += 1;
                    break;
                }
                status => bail!("{path} answered {status}"),
            }
        }
    }
    Ok(seen)
}

fn path(trace: &TraceId) -> String {
    let mut path = "/api/traces/".to_owned();
    for byte in trace {
        let _ = write!(path, "{byte:02x}");
    }
    path
}
