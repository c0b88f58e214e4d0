//! The way out: ended spans wait in a bounded queue and are posted as OTLP/protobuf to the page's own origin.
//!
//! Nothing goes out by itself before the page has loaded: its load is worth more than news of it. From then on a batch
//! goes [`DELAY_MS`] after its first span, or when it is full; zipped, where that is worth it; at most [`MAX_POSTS`] at a
//! time, so that an endpoint that does not answer leaves the app its connections. When the page is hidden, the ended spans
//! go at once, before its load as well: nobody waits for that any more, and there may be no later moment. On `pagehide` the
//! open ones are ended, marked and sent, too. Requests are `keepalive`, so that they outlive the page, as far as the 64 KiB
//! reach that the Fetch standard grants to all of a page's keepalive requests together; what does not fit goes as a plain
//! request, which a hidden page usually still completes.
//!
//! A page runs on for a moment after `pagehide`: an answer that comes then causes its refetch. A span that opens there
//! has no later moment either, so it is ended, marked and sent as it opens; else the server's spans below it would have
//! no parent. A page that returns from the back-forward cache (`pageshow`) goes on as before.
//!
//! What could not be delivered is tried again, later and later; what is too large for the server, in halves. What it will
//! never take, or what finds no room, is counted, and the count goes out with the next batch.
//!
//! The posts are made past our own `fetch`: telemetry makes no spans about itself. No key is ever sent.

mod batch;

use crate::otlp::SpanRecord;
use crate::page::{self, Call};
use crate::state::{part, state};
use crate::{fetch, start, tracer};
use batch::encode;
use std::cell::RefMut;
#[cfg(feature = "server-fn")]
use wasm_bindgen_futures::JsFuture;

/// Milliseconds from a batch's first span to its departure.
pub const DELAY_MS: i32 = 500;
/// Milliseconds until the next try when a batch could not be delivered and the server named no time; doubled with each
/// further try that fails.
pub const RETRY_MS: i32 = 1_000;
/// The most milliseconds until the next try.
pub const MAX_RETRY_MS: i32 = 60_000;
/// The most spans of one batch.
pub const MAX_BATCH: usize = 256;
/// The most spans that wait or are under way; further ones are dropped and counted ([`dropped`]).
pub const MAX_QUEUE: usize = 2048;
/// The most batches under way at once, until the page is hidden or goes away.
pub const MAX_POSTS: usize = 2;
/// Bodies from this size on are zipped: below, there is little to gain.
const ZIP_BYTES: usize = 1024;
/// Where less than this is left to keepalive requests, no batch is split to fill it: many small requests would be lost
/// together.
const MIN_ROOM: usize = 4096;
/// How [`answered`] is told that a batch was too large (413).
const TOO_LARGE: f64 = -413.0;

/// What waits to be sent.
pub(crate) struct Queue {
    /// The oldest first. They are taken by the batch, so a ring would gain nothing, and cost its code.
    spans: Vec<SpanRecord>,
    under_way: Vec<Batch>,
    /// The latest batch's id.
    latest: u32,
    dropped: i64,
    /// How many of them the server knows of, or is being told.
    reported: i64,
    is_timed: bool,
    /// How many timers run, each since a failure: nothing is sent before the last of them ends.
    pauses: u32,
    /// [`flush`] was called, and nobody has waited for it.
    is_flushing: bool,
    /// The page has not loaded yet.
    is_held: bool,
    /// Between `pagehide` and `pageshow`.
    is_gone: bool,
    /// The latest pause after a failure; 0 after a success.
    pause: i32,
}

impl Queue {
    pub(crate) fn new() -> Self {
        Self {
            spans: Vec::new(),
            under_way: Vec::new(),
            latest: 0,
            dropped: 0,
            reported: 0,
            is_timed: false,
            pauses: 0,
            is_flushing: false,
            is_held: true,
            is_gone: false,
            pause: 0,
        }
    }

    /// How many spans there are, waiting and under way.
    fn len(&self) -> usize {
        let under_way = self.under_way.iter().map(|batch| batch.spans.len());
        self.spans.len() + under_way.sum::<usize>()
    }
}

/// What is under way.
struct Batch {
    id: u32,
    spans: Vec<SpanRecord>,
    /// How many dropped spans it tells of.
    dropped: i64,
}

#[inline(never)]
fn queue() -> RefMut<'static, Queue> {
    part(&state().queue)
}

/// How many spans this page has dropped: the queue was full, too many were open at once, or the server refused them.
pub fn dropped() -> u64 {
    queue().dropped.unsigned_abs()
}

/// Sends what has ended, now, whether or not the page has loaded: call it before signing in or out, so that the spans arrive
/// while the cookies are still those of the person whose they are. The next server function that is called waits for the
/// answer, a second at most.
pub fn flush() {
    if !cfg!(feature = "inert") {
        leave();
        queue().is_flushing = true;
    }
}

/// What to wait for, if [`flush`] was called since the last time.
#[cfg(feature = "server-fn")]
pub(crate) fn flushed() -> Option<JsFuture> {
    let is_flushing = std::mem::take(&mut queue().is_flushing);
    is_flushing.then(|| page::flushed().into())
}

pub(crate) fn count_dropped(spans: usize) {
    queue().dropped += spans as i64;
}

/// The page goes away, or is back.
pub(crate) fn set_gone(is_gone: bool) {
    queue().is_gone = is_gone;
}

/// The page has loaded: from now on spans are sent.
pub(crate) fn release() {
    queue().is_held = false;
    schedule();
}

/// A span has been opened. Where the page is gone already, it is ended and sent now.
pub(crate) fn opened() {
    if queue().is_gone {
        tracer::end_all();
        leave();
    }
}

/// An ended span.
pub(crate) fn push(span: SpanRecord) {
    if let Some(config) = start::config() {
        if let Some(observe) = config.observer {
            observe(&span);
        }
        if config.endpoint.is_none() {
            return;
        }
    }
    let waiting = {
        let mut queue = queue();
        if queue.len() < MAX_QUEUE {
            queue.spans.push(span);
        } else {
            queue.dropped += 1;
        }
        queue.spans.len()
    };
    if waiting == MAX_BATCH {
        send();
    } else {
        schedule();
    }
}

fn schedule() {
    let mut queue = queue();
    if !queue.is_held && !queue.is_timed && queue.pauses == 0 && !queue.spans.is_empty() {
        queue.is_timed = true;
        page::call_after(DELAY_MS, Call::Flush, 0);
    }
}

/// A time has come: of a batch (0), or the end of a pause (1).
pub(crate) fn due(pauses: u32) {
    let mut queue = queue();
    queue.pauses -= pauses;
    queue.is_timed &= pauses > 0;
    drop(queue);
    send();
}

/// Sends one batch of what waits, and the rest after it.
fn send() {
    {
        let queue = queue();
        if queue.is_held || queue.pauses > 0 || queue.under_way.len() >= MAX_POSTS {
            return;
        }
    }
    send_batch(take());
}

fn send_batch(spans: Vec<SpanRecord>) {
    if !spans.is_empty() {
        let body = encode(&spans);
        post(spans, &body, body.len() >= ZIP_BYTES);
    }
}

/// Sends all that waits, now: there may be no later. What is under way already goes on.
pub(crate) fn leave() {
    fetch::end_read();
    page::leave();
    loop {
        let spans = take();
        if spans.is_empty() {
            return;
        }
        leave_with(spans);
    }
}

fn leave_with(mut spans: Vec<SpanRecord>) {
    let body = encode(&spans);
    let room = page::number("room") as usize;
    if body.len() > room && spans.len() > 1 && room >= MIN_ROOM {
        let half = spans.len() / 2;
        let second = split_off(&mut spans, half);
        leave_with(spans);
        return leave_with(second);
    }
    post(spans, &body, false);
}

fn post(spans: Vec<SpanRecord>, body: &[u8], zip: bool) {
    let id = {
        let mut queue = queue();
        queue.latest += 1;
        let batch = Batch {
            id: queue.latest,
            spans,
            dropped: queue.dropped - queue.reported,
        };
        queue.reported = queue.dropped;
        queue.under_way.push(batch);
        queue.latest
    };
    page::post(id, body, zip);
}

/// A batch has been answered: see [`Call::Answered`].
pub(crate) fn answered(id: u32, answer: f64) {
    let mut waiting = queue();
    let queue = &mut *waiting;
    let Some(place) = queue.under_way.iter().position(|batch| batch.id == id) else {
        return;
    };
    let mut batch = queue.under_way.swap_remove(place);
    if answer != 0.0 {
        queue.reported -= batch.dropped;
    }
    if answer > 0.0 {
        // Batches that fail together are one failed try.
        if queue.pauses == 0 {
            queue.pause = (queue.pause * 2).clamp(RETRY_MS, MAX_RETRY_MS);
        }
        queue.pauses += 1;
        let named = answer.min(f64::from(MAX_RETRY_MS) * 10.0) as i32;
        page::call_after(queue.pause.max(named), Call::Flush, 1);
        // The oldest first.
        batch.spans.append(&mut queue.spans);
        queue.spans = batch.spans;
        return;
    }
    // A pause that has begun goes on.
    if queue.pauses == 0 {
        queue.pause = 0;
    }
    if answer == TOO_LARGE && batch.spans.len() > 1 {
        drop(waiting);
        let half = batch.spans.len() / 2;
        let second = split_off(&mut batch.spans, half);
        send_batch(batch.spans);
        return send_batch(second);
    }
    if answer < 0.0 {
        queue.dropped += batch.spans.len() as i64;
    }
    let is_full = queue.spans.len() >= MAX_BATCH;
    drop(waiting);
    if is_full {
        send();
    } else {
        schedule();
    }
}

fn take() -> Vec<SpanRecord> {
    let mut queue = queue();
    let rest = split_off(&mut queue.spans, MAX_BATCH);
    std::mem::replace(&mut queue.spans, rest)
}

/// What comes after the first `at`. (By a function that cannot fail, compiled once.)
#[inline(never)]
fn split_off(spans: &mut Vec<SpanRecord>, at: usize) -> Vec<SpanRecord> {
    spans.split_off(at.min(spans.len()))
}
