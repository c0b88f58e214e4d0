//! The task of one sender.

use super::answer::{Verdict, judge};
use super::part::{self, Part, Piece, Undecodable};
use super::status::{Board, Trouble};
use super::{Pace, Permission, SenderConfig};
use crate::client::TracedClient;
use crate::otlp_target::OtlpTarget;
use span_log::{Reader, SpanLog};
use std::collections::VecDeque;
use std::ops::ControlFlow::{self, Break, Continue};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// Bytes of protobuf in one request at most, unless one batch alone has more. A backend that finds it too large (413) is
/// sent less from then on.
const MOST_BYTES: usize = 1024 * 1024;
/// But not less than this.
const LEAST_BYTES: usize = 16 * 1024;
/// Bytes that are read from the log at once.
const PAGE: usize = 2 * MOST_BYTES;

pub(super) struct Task {
    log: SpanLog,
    client: TracedClient,
    target: OtlpTarget,
    pace: Pace,
    permission: Option<watch::Receiver<Permission>>,
    stop: watch::Receiver<bool>,
    /// The name of our place in the log.
    cursor: String,
    board: Arc<Board>,
    most_bytes: usize,
    /// Failures in a row.
    failures: u32,
}

/// What became of a part.
enum Sent {
    /// It is through: taken, refused or gone from the log.
    Through,
    /// It has to go in two.
    InTwo(Part, Part),
}

impl Task {
    /// The task, and where it begins to read.
    pub(super) fn new(
        log: SpanLog,
        client: TracedClient,
        config: SenderConfig,
        cursor: String,
        stop: watch::Receiver<bool>,
    ) -> (Self, Reader) {
        let reader = log.reader(match log.cursor(&cursor) {
            // What was dropped before this sender's first day is not its loss.
            0 => log.counts().first_seq.saturating_sub(1),
            place => place,
        });
        let board = Board::new(config.target.name.clone(), reader.position(), config.permission.clone());
        let task = Self {
            log,
            client,
            target: config.target,
            pace: config.pace,
            permission: config.permission,
            stop,
            cursor,
            board: Arc::new(board),
            most_bytes: MOST_BYTES,
            failures: 0,
        };
        (task, reader)
    }

    pub(super) fn board(&self) -> Arc<Board> {
        self.board.clone()
    }

    /// Runs until it is stopped, or the log is closed.
    pub(super) async fn run(mut self, reader: Reader) {
        _ = self.follow(reader).await;
        self.board.stopped();
    }

    async fn follow(&mut self, mut reader: Reader) -> ControlFlow<()> {
        let mut tail = self.log.tail();
        loop {
            // Marked before reading: what comes meanwhile wakes the wait below at once.
            tail.borrow_and_update();
            let read = spawn_blocking(move || {
                let page = reader.page(PAGE);
                (reader, page)
            });
            // It only fails where the runtime is going down.
            let Ok((returned, page)) = read.await else {
                return Break(());
            };
            reader = returned;
            let page = match page {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!(%error, "the span log could not be read for {}", self.target.name);
                    self.failures += 1;
                    self.wait(self.pace.pause(self.failures, false, None)).await?;
                    continue;
                }
            };
            let missed = page.skipped + page.unreadable;
            if page.batches.is_empty() && missed == 0 {
                self.board.up_to_date();
                if self.stopping() {
                    return Break(());
                }
                let more = tokio::select! {
                    changed = tail.changed() => changed.is_ok(),
                    () = stopped(&mut self.stop) => true,
                };
                if !more {
                    return Break(());
                }
                _ = timeout(self.pace.gather, stopped(&mut self.stop)).await;
                continue;
            }
            let first = page.batches.first().map_or(reader.position() + 1, |first| first.seq);
            self.board.lost(missed, first - 1);
            self.deliver(page.batches.into_iter().map(Piece::from).collect())
                .await?;
            self.pass(reader.position());
        }
    }

    /// Delivers batches in their order, however long it takes.
    async fn deliver(&mut self, mut waiting: VecDeque<Piece>) -> ControlFlow<()> {
        while let Some(part) = part::next(&mut waiting, self.most_bytes) {
            let mut parts = vec![part];
            while let Some(part) = parts.pop() {
                self.board.sending(part.0[0].received);
                self.permitted().await?;
                match self.send(part).await? {
                    Sent::Through => {}
                    Sent::InTwo(first, second) => parts.extend([second, first]),
                }
            }
        }
        Continue(())
    }

    /// Sends one request's worth, as often as it takes.
    async fn send(&mut self, mut part: Part) -> ControlFlow<(), Sent> {
        loop {
            self.drop_lost(&mut part);
            if part.0.is_empty() {
                return Continue(Sent::Through);
            }
            let (protocol, compression) = (self.target.protocol, self.target.compression);
            let encode = spawn_blocking(move || {
                let body = part.encode(protocol, compression);
                (part, body)
            });
            let Ok((returned, body)) = encode.await else {
                return Break(());
            };
            part = returned;
            let verdict = match body {
                Ok(body) => judge(&self.client.send(self.target.call(body)).await),
                Err(Undecodable) => Verdict::Refused {
                    why: "it is no OTLP".to_owned(),
                    reason: String::new(),
                },
            };
            match verdict {
                Verdict::Taken { rejected, reason } => {
                    self.failures = 0;
                    self.board.delivered(part.spans().saturating_sub(rejected));
                    self.board.rejected(rejected, self.harmless(&reason));
                    self.through(&part);
                    return Continue(Sent::Through);
                }
                Verdict::TooLarge => {
                    self.failures = 0;
                    self.most_bytes = (part.bytes() / 2).clamp(LEAST_BYTES, MOST_BYTES);
                    if let Some((first, second)) = part.halve() {
                        return Continue(Sent::InTwo(first, second));
                    }
                    self.refuse(&part, "one span is too large for it", "");
                    return Continue(Sent::Through);
                }
                Verdict::Refused { why, reason } => {
                    self.failures = 0;
                    // Which of them is it?
                    if part.0.len() > 1
                        && let Some((first, second)) = part.halve()
                    {
                        return Continue(Sent::InTwo(first, second));
                    }
                    self.refuse(&part, &why, &reason);
                    return Continue(Sent::Through);
                }
                Verdict::Later { trouble, after } => {
                    self.board.trouble(trouble);
                    self.failures += 1;
                    let pause = self.pace.pause(self.failures, trouble.needs_a_person(), after);
                    self.wait(pause).await?;
                    // It has asked to be left alone.
                    if trouble == Trouble::Throttled && self.stopping() {
                        return Break(());
                    }
                }
            }
        }
    }

    /// Waits until the target may be sent to.
    async fn permitted(&mut self) -> ControlFlow<()> {
        let Some(permission) = &mut self.permission else {
            return Continue(());
        };
        tokio::select! {
            // Whoever grants it may be gone; then it is not granted any more.
            granted = granted(permission) => if granted {
                return Continue(());
            },
            () = stopped(&mut self.stop) => return Break(()),
        }
        stopped(&mut self.stop).await;
        Break(())
    }

    /// Waits, or less where the sender is stopped meanwhile: then there is one more attempt, and this is the end after it.
    async fn wait(&mut self, pause: Duration) -> ControlFlow<()> {
        if self.stopping() {
            return Break(());
        }
        _ = timeout(pause, stopped(&mut self.stop)).await;
        Continue(())
    }

    fn stopping(&self) -> bool {
        *self.stop.borrow() || self.stop.has_changed().is_err()
    }

    /// Takes out what the log has dropped at its bound: a batch that a backend cannot digest must not hold up all others
    /// for ever, and the bound is where waiting ends.
    fn drop_lost(&self, part: &mut Part) {
        let first = self.log.counts().first_seq;
        let gone = |piece: &&Piece| piece.seq < first;
        if let Some(newest) = part.0.iter().filter(gone).map(|piece| piece.seq).max() {
            let batches = part.0.iter().filter(gone).filter(|piece| piece.last).count();
            part.0.retain(|piece| piece.seq >= first);
            self.board.lost(batches as u64, newest);
        }
    }

    fn refuse(&self, part: &Part, why: &str, reason: &str) {
        self.board.refused(part.spans(), why, self.harmless(reason));
        self.through(part);
    }

    fn through(&self, part: &Part) {
        if let Some(seq) = part.cursor() {
            self.pass(seq);
        }
    }

    fn pass(&self, seq: u64) {
        self.board.passed(seq);
        self.log.set_cursor(&self.cursor, seq);
    }

    /// A backend's own words, unless it repeats our key or its address in them.
    fn harmless<'a>(&self, reason: &'a str) -> &'a str {
        let headers = self.target.headers.values().filter_map(|value| value.to_str().ok());
        let mut secrets = headers
            .flat_map(str::split_whitespace)
            .filter(|word| word.len() > 3)
            .chain(self.target.endpoint.host());
        match secrets.any(|secret| reason.contains(secret)) {
            true => "",
            false => reason,
        }
    }
}

/// Waits until the senders are stopped, or nobody is left to stop them.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    _ = stop.wait_for(|stop| *stop).await;
}

async fn granted(permission: &mut watch::Receiver<Permission>) -> bool {
    let granted = permission.wait_for(|permission| *permission == Permission::Granted);
    granted.await.is_ok()
}
