//! The way out: ended spans wait in a bounded queue and are posted as OTLP/protobuf to the page's own origin.
//!
//! A batch goes out [`DELAY_MS`] after its first span, or when it is full. When the page is hidden, the ended spans go
//! at once; on `pagehide` the open ones are ended, marked and sent, too. Those requests are `keepalive`, so that they
//! outlive the page, and share the 64 KiB that the Fetch standard grants to all of a page's keepalive requests
//! together; what does not fit goes as a plain request, which a hidden page usually still completes.
//!
//! A page runs on for a moment after `pagehide`: an answer that comes then causes its refetch. A span that opens there
//! has no later moment either, so it is ended, marked and sent as it opens; else the server's spans below it would have
//! no parent. A page that returns from the back-forward cache (`pageshow`) goes on as before.
//!
//! The posts are made past our own `fetch`: telemetry makes no spans about itself. No key is ever sent.

use crate::otlp::{self, SpanRecord};
use crate::{Config, dom, tracer};
use opentelemetry::KeyValue;
use std::cell::{Cell, RefCell};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestInit, Response, VisibilityState};

/// Milliseconds from a batch's first span to its departure.
pub const DELAY_MS: i32 = 500;
/// Milliseconds until the next try when a batch could not be delivered.
pub const RETRY_MS: i32 = 5_000;
/// The most spans of one batch.
pub const MAX_BATCH: usize = 256;
/// The most spans that wait; further ones are dropped and counted ([`dropped`]).
pub const MAX_QUEUE: usize = 2048;
/// Bytes that keepalive requests may have under way, below the standard's 64 KiB.
const KEEPALIVE_BYTES: usize = 60 * 1024;

/// Where the page posts, and what it says about itself.
struct Destination {
    endpoint: Option<String>,
    resource: Vec<KeyValue>,
    propagate_to: Vec<String>,
    observer: Option<fn(&SpanRecord)>,
}

#[derive(Default)]
struct Queue {
    /// The oldest first. They are taken by the batch, so a ring would gain nothing, and cost its code.
    spans: Vec<SpanRecord>,
    dropped: u64,
    timer: bool,
    keepalive: usize,
}

thread_local! {
    /// Between `pagehide` and `pageshow`.
    static GONE: Cell<bool> = const { Cell::new(false) };
    static DESTINATION: RefCell<Option<Destination>> = const { RefCell::new(None) };
    static QUEUE: RefCell<Queue> = RefCell::new(Queue::default());
}

/// How many spans this page has dropped: the queue was full, or too many were open at once.
pub fn dropped() -> u64 {
    QUEUE.with_borrow(|queue| queue.dropped)
}

pub(crate) fn count_dropped(spans: u64) {
    QUEUE.with_borrow_mut(|queue| queue.dropped += spans);
}

/// Whether the application allows trace context to go to this origin.
pub(crate) fn propagates_to(origin: &str) -> bool {
    DESTINATION.with_borrow(|destination| {
        destination
            .as_ref()
            .is_some_and(|destination| destination.propagate_to.iter().any(|allowed| allowed == origin))
    })
}

pub(crate) fn start(config: Config) {
    let mut resource = vec![
        KeyValue::new("service.name", config.service_name),
        KeyValue::new("telemetry.sdk.name", env!("CARGO_PKG_NAME")),
        KeyValue::new("telemetry.sdk.language", "rust"),
        KeyValue::new("telemetry.sdk.version", env!("CARGO_PKG_VERSION")),
    ];
    resource.extend(config.resource);
    DESTINATION.set(Some(Destination {
        endpoint: config.endpoint,
        resource,
        propagate_to: config.propagate_to,
        observer: config.observer,
    }));
    listen();
    if QUEUE.with_borrow(|queue| !queue.spans.is_empty()) {
        schedule(DELAY_MS);
    }
}

fn listen() {
    let hidden = Closure::<dyn Fn()>::new(|| {
        if dom::document().visibility_state() == VisibilityState::Hidden {
            flush_leaving();
        }
    });
    let leaving = Closure::<dyn Fn()>::new(|| {
        GONE.set(true);
        tracer::end_all();
        flush_leaving();
    });
    let back = Closure::<dyn Fn()>::new(|| GONE.set(false));
    let (hidden, leaving, back) = (hidden.into_js_value(), leaving.into_js_value(), back.into_js_value());
    _ = dom::document().add_event_listener_with_callback("visibilitychange", hidden.unchecked_ref());
    // These are dispatched at the window, not at the document.
    _ = dom::window().add_event_listener_with_callback("pagehide", leaving.unchecked_ref());
    _ = dom::window().add_event_listener_with_callback("pageshow", back.unchecked_ref());
}

/// A span has opened. Where the page is gone already, it is ended and sent now.
pub(crate) fn opened() {
    if GONE.get() {
        tracer::end_all();
        flush_leaving();
    }
}

/// An ended span.
pub(crate) fn push(span: SpanRecord) {
    let observer = DESTINATION.with_borrow(|destination| destination.as_ref().and_then(|to| to.observer));
    if let Some(observe) = observer {
        observe(&span);
    }
    let waiting = QUEUE.with_borrow_mut(|queue| {
        if queue.spans.len() < MAX_QUEUE {
            queue.spans.push(span);
        } else {
            queue.dropped += 1;
        }
        queue.spans.len()
    });
    if DESTINATION.with_borrow(Option::is_none) {
        return;
    }
    if waiting == MAX_BATCH {
        flush();
    } else {
        schedule(DELAY_MS);
    }
}

fn schedule(delay_ms: i32) {
    if !QUEUE.with_borrow_mut(|queue| std::mem::replace(&mut queue.timer, true)) {
        dom::after(delay_ms, || {
            QUEUE.with_borrow_mut(|queue| queue.timer = false);
            flush();
        });
    }
}

/// Sends one batch of what waits, and the rest after it.
fn flush() {
    let spans = take(MAX_BATCH);
    if spans.is_empty() {
        return;
    }
    dom::spawn(async move {
        if send(&encode(&spans), false).await {
            flush();
        } else {
            put_back(spans);
            schedule(RETRY_MS);
        }
    });
}

/// Sends all that waits, now: there may be no later.
fn flush_leaving() {
    loop {
        let spans = take(MAX_BATCH);
        if spans.is_empty() {
            return;
        }
        send_leaving(&spans);
    }
}

fn send_leaving(spans: &[SpanRecord]) {
    let body = encode(spans);
    let room = KEEPALIVE_BYTES.saturating_sub(QUEUE.with_borrow(|queue| queue.keepalive));
    if body.len() > room && spans.len() > 1 && room > 0 {
        let (first, second) = spans.split_at(spans.len() / 2);
        send_leaving(first);
        return send_leaving(second);
    }
    let keepalive = body.len() <= room;
    if keepalive {
        QUEUE.with_borrow_mut(|queue| queue.keepalive += body.len());
    }
    // Called here, not in the task: the request has to be on its way before the page is gone.
    let sent = send(&body, keepalive);
    let count = spans.len() as u64;
    dom::spawn(async move {
        if !sent.await {
            count_dropped(count);
        }
        if keepalive {
            QUEUE.with_borrow_mut(|queue| queue.keepalive -= body.len());
        }
    });
}

fn take(most: usize) -> Vec<SpanRecord> {
    QUEUE.with_borrow_mut(|queue| {
        let count = queue.spans.len().min(most);
        queue.spans.drain(..count).collect()
    })
}

fn put_back(mut spans: Vec<SpanRecord>) {
    QUEUE.with_borrow_mut(|queue| {
        // What came meanwhile stays; where there is no room for all, the oldest go.
        let excess = (spans.len() + queue.spans.len()).saturating_sub(MAX_QUEUE);
        spans.drain(..excess.min(spans.len()));
        queue.dropped += excess as u64;
        spans.append(&mut queue.spans);
        queue.spans = spans;
    });
}

fn encode(spans: &[SpanRecord]) -> Vec<u8> {
    DESTINATION.with_borrow(|destination| {
        let resource = destination.as_ref().map_or(&[][..], |to| &to.resource);
        otlp::encode(resource, spans)
    })
}

/// Posts a body; the request is under way when this returns, the future tells whether it was taken.
fn send(body: &[u8], keepalive: bool) -> impl Future<Output = bool> + 'static {
    let endpoint = DESTINATION.with_borrow(|destination| destination.as_ref().and_then(|to| to.endpoint.clone()));
    let promise = endpoint.as_deref().map(|endpoint| {
        let init = RequestInit::new();
        init.set_method("POST");
        init.set_body(&js_sys::Uint8Array::from(body));
        let headers = js_sys::Object::new();
        _ = js_sys::Reflect::set(&headers, &"content-type".into(), &trace_wire::PROTOBUF.into());
        init.set_headers(&headers);
        _ = js_sys::Reflect::set(&init, &"keepalive".into(), &keepalive.into());
        dom::window().fetch_with_str_and_init(endpoint, &init)
    });
    async move {
        // Without an endpoint nothing is sent, on purpose: that is not a failure.
        let Some(promise) = promise else { return true };
        match JsFuture::from(promise).await {
            Ok(response) => response.unchecked_into::<Response>().ok(),
            Err(_) => false,
        }
    }
}
