//! What was acknowledged survives `kill -9`.
//!
//! The test runs its own binary as the victim, so that nothing else has to be built. (A kill does not show that the
//! fsync happens, as the system's cache survives it; a unit test looks at `synchronous` for that.)

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use span_log::{Batch, Config, SpanLog};

const LOG: &str = "SPAN_LOG_TEST_VICTIM";

/// Appends and says so, until it is killed. Does nothing when run with the other tests.
#[test]
fn victim() {
    let Some(path) = std::env::var_os(LOG) else { return };
    let log = SpanLog::open(Config::new(PathBuf::from(path))).unwrap();
    let mut stdout = std::io::stdout();
    for n in 0_u64.. {
        let batch = |n: u64| Batch {
            body: n.to_le_bytes().repeat(500),
            spans: 1,
            flags: 0,
        };
        let pending = log.append(batch(n)).unwrap();
        log.set_cursor("reader", n);
        let seq = pending.wait().unwrap();
        writeln!(stdout, "\nacknowledged {seq} {n}").unwrap();
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spans.sqlite");
    for round in 1..=3 {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["victim", "--exact", "--nocapture"])
            .env(LOG, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut acknowledged = Vec::new();
        for line in BufReader::new(victim.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if let Some(("", numbers)) = line.split_once("acknowledged ") {
                let (seq, n) = numbers.split_once(' ').unwrap();
                acknowledged.push((seq.parse::<u64>().unwrap(), n.parse::<u64>().unwrap()));
            }
            // SIGKILL on Unix. What it had said by then is still in the pipe and is read to the end.
            if acknowledged.len() == 20 {
                victim.kill().unwrap();
            }
        }
        assert!(!victim.wait().unwrap().success());
        assert!(acknowledged.len() >= 20, "{acknowledged:?}");

        let log = SpanLog::open(Config::new(&path)).unwrap();
        let stored = log.reader(acknowledged[0].0 - 1).page(usize::MAX).unwrap().batches;
        for ((seq, n), stored) in acknowledged.iter().zip(&stored) {
            assert_eq!(
                (stored.seq, &stored.body),
                (*seq, &n.to_le_bytes().repeat(500)),
                "round {round}"
            );
        }
        assert!(stored.len() >= acknowledged.len());
        assert!(log.cursor("reader") > 0, "cursors go with the groups");
        assert_eq!(log.counts().last_seq, stored.last().unwrap().seq);
    }
}
