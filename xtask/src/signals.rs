//! A signal to xtask ends what xtask has started.
//!
//! Ctrl-C reaches the whole foreground group by itself. SIGTERM and SIGHUP reach xtask alone: without this, a build, or the
//! browser and the server of the Playwright tests, would go on without it. They are passed on as SIGINT, because that is the
//! signal on which cargo, cargo-leptos and Playwright all clean up. `run` and `dev` end by becoming the server (see
//! `process::become_command`), so there the signal arrives without help.

use std::io;
use std::process::{Child, ExitStatus};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;

/// The process id of the child that runs now; xtask runs one at a time.
static CHILD: Mutex<Option<u32>> = Mutex::new(None);
static ENDING: AtomicBool = AtomicBool::new(false);

/// Starts to listen for SIGTERM, SIGHUP and SIGINT.
#[cfg(unix)]
pub(crate) fn forward() -> Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGTERM, SIGHUP, SIGINT])?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            ENDING.store(true, Ordering::SeqCst);
            let child = *CHILD.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            match child {
                // The terminal has told the child already; a second SIGINT would make Playwright skip its clean-up.
                Some(_) if signal == SIGINT => {}
                Some(id) => {
                    // `kill` the program: the system call would need unsafe code or one more dependency.
                    let _ = std::process::Command::new("kill")
                        .args(["-INT", &id.to_string()])
                        .status();
                }
                None => std::process::exit(128 + signal),
            }
        }
    });
    Ok(())
}

/// Elsewhere the console ends the whole group by itself.
#[cfg(not(unix))]
pub(crate) fn forward() -> Result<()> {
    Ok(())
}

/// Waits for a child that a signal to xtask may end. If one came meanwhile, xtask ends here.
pub(crate) fn wait(mut child: Child) -> io::Result<ExitStatus> {
    set(Some(child.id()));
    let status = child.wait();
    set(None);
    if ENDING.load(Ordering::SeqCst) {
        eprintln!("\nxtask: ended by a signal");
        std::process::exit(130);
    }
    status
}

fn set(child: Option<u32>) {
    *CHILD.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = child;
}
