//! The threads that write: one seals, one merges and removes, so that a large merge does not hold up a seal.

use crate::StoreError;
use crate::core::Core;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

/// Where nothing happens for so long, what is in memory is written all the same, so that other programs see it, and what is
/// too old is looked for.
const IDLE: Duration = Duration::from_secs(10 * 60);

/// Wakes the threads; they end when it goes.
#[derive(Debug)]
pub(crate) struct Worker {
    seal: SyncSender<()>,
    // Held, so that the merging thread, which the sealing one wakes, lives as long.
    _tidy: SyncSender<()>,
}

impl Worker {
    pub(crate) fn start(core: &Arc<Core>) -> Result<Self, StoreError> {
        let (seal, to_seal) = sync_channel(1);
        let (tidy, to_tidy) = sync_channel(1);
        let wake = tidy.clone();
        let after_seal = move || _ = wake.try_send(());
        let seals = Arc::downgrade(core);
        let tidies = Arc::downgrade(core);
        spawn("trace-seal", move || {
            run(&to_seal, &seals, |core, woken| {
                core.seal_what_is_due(!woken);
                after_seal();
            });
        })
        .and_then(|()| spawn("trace-merge", move || run(&to_tidy, &tidies, |core, _| core.tidy())))
        .map_err(|error| StoreError::Read(format!("no thread can be started: {error}")))?;
        Ok(Self { seal, _tidy: tidy })
    }

    /// Has rows written where there are enough, and waits where there are too many.
    pub(crate) fn make_room(&self, core: &Core) {
        if core.is_due() {
            _ = self.seal.try_send(());
            core.wait_for_room();
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}

/// Works whenever it is woken, or else now and then, until the store is gone.
fn run(wake: &Receiver<()>, core: &Weak<Core>, work: impl Fn(&Core, bool)) {
    loop {
        let woken = match wake.recv_timeout(IDLE) {
            Ok(()) => true,
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        match core.upgrade() {
            Some(core) => work(&core, woken),
            None => return,
        }
    }
}
