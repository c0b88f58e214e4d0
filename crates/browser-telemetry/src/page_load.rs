//! The page's own load: `documentLoad`, `documentFetch`, `wasm.load` and `hydrate`.
//!
//! The first two carry the ids that the server reserved ([`PageTrace`]), so the browser is the root of the trace in which
//! the server's span of the page's request already is. They are told once, when the page has loaded and hydrated; nothing
//! is sent before. Names of spans and events are those of OpenTelemetry's document-load instrumentation
//! (<https://www.npmjs.com/package/@opentelemetry/instrumentation-document-load>), whose events are named as the
//! platform names its properties.
//!
//! `wasm.load` lasts from the request of the program's file until the program runs. What lies before its event `responseEnd`
//! is the fetch, during which browsers compile already; what lies behind it is the rest of compiling, and the start.
//!
//! A page that is older than its trace (taken from a cache, a tab that was restored) must not join it a second time: it
//! starts a new one, and links to the old. It is told by its request: none went out, or the answer was for another one,
//! or it was another page that had it fetched ahead of time.

use crate::page::{self, Call};
use crate::resource_timing::Times;
use crate::start::routes;
use crate::state::{part, state};
use crate::{SpanRecord, clock, export, fetch, ids, otlp};
use opentelemetry::trace::{Event, SpanId, SpanKind, TraceId};
use std::borrow::Cow;
use std::cell::RefMut;
use trace_wire::{PageTrace, attribute};

/// How long, in milliseconds after the page's `load`, to wait for [`hydrate`].
const PATIENCE_MS: i32 = 10_000;

/// Events of `documentFetch`.
const FETCH_EVENTS: &str = "fetchStart\0domainLookupStart\0domainLookupEnd\0connectStart\0secureConnectionStart\0connectEnd\0requestStart\0responseStart\0responseEnd";
/// Events of `documentLoad`.
const LOAD_EVENTS: &str = "unloadEventStart\0unloadEventEnd\0domInteractive\0domContentLoadedEventStart\0domContentLoadedEventEnd\0domComplete\0loadEventStart\0loadEventEnd\0activationStart";
/// What else is read.
const PROPERTIES: &str = "startTime\0responseEnd\0loadEventEnd\0transferSize\0responseStatus";

/// What is known so far.
#[derive(Default)]
pub(crate) struct Load {
    page: Option<PageTrace>,
    /// When this program began to run.
    started: f64,
    hydrated: Option<(f64, f64)>,
    is_loaded: bool,
    /// Its spans are wanted, and not on their way yet.
    is_wanted: bool,
    /// `documentLoad`, once it has been told.
    root: Option<(TraceId, SpanId)>,
}

#[inline(never)]
fn load() -> RefMut<'static, Load> {
    part(&state().load)
}

/// Hydrates the page as the span `hydrate`. Call it after [`crate::start`].
pub fn hydrate(work: impl FnOnce()) {
    if cfg!(feature = "inert") {
        return work();
    }
    let start = page::performance_now();
    work();
    load().hydrated = Some((start, page::performance_now()));
    emit_when_complete();
}

/// Notes the beginning, and waits for the page's `load`.
pub(crate) fn start(is_wanted: bool) {
    let page = PageTrace::parse(&page::ask("meta", trace_wire::page::META));
    state().is_sampled.set(page.is_none_or(|page| page.sampled));
    {
        let mut load = load();
        load.page = page;
        load.started = page::performance_now();
        load.is_wanted = is_wanted;
    }
    if !is_wanted {
        export::release();
    }
}

/// The page has loaded.
pub(crate) fn loaded() {
    load().is_loaded = true;
    // An application that never hydrates has a page load all the same.
    page::call_after(PATIENCE_MS, Call::Patience, 0);
    emit_when_complete();
}

fn emit_when_complete() {
    let is_complete = {
        let load = load();
        load.is_loaded && load.hydrated.is_some()
    };
    if is_complete {
        emit();
    }
}

/// The root of the page's trace.
pub(crate) fn root() -> Option<(TraceId, SpanId)> {
    load().root
}

/// Tells what is known: all, or as much as there is when the page goes away.
pub(crate) fn emit() {
    let (page, started, hydrated) = {
        let mut load = load();
        if !std::mem::take(&mut load.is_wanted) {
            return;
        }
        (load.page, load.started, load.hydrated)
    };
    tell(page, started, hydrated);
    export::release();
}

fn tell(page: Option<PageTrace>, started: f64, hydrated: Option<(f64, f64)>) {
    let expected = page.map(|page| trace_wire::hex::write(&page.document_fetch));
    let [start, response_end, load_end, transfer_size, status, ..] = page::times("navigation", "", PROPERTIES)[..]
    else {
        return;
    };
    let times = Times::find("navigation", expected.as_deref().unwrap_or_default());
    // Where a proxy has taken `Server-Timing` away, only the size is left to tell.
    let is_answered = times.is_none_or(|times| times.said.is_echoed || times.said.server.is_none());
    let is_incomplete = load_end <= 0.0;
    // Where another page had it fetched ahead of time, a complete page has no end of its fetch.
    let is_fetched = response_end > 0.0 || is_incomplete;
    let is_fresh = transfer_size > 0.0 && is_answered && is_fetched;
    let own = page.filter(|_| is_fresh);
    let trace = own.map_or_else(ids::trace_id, |page| TraceId::from_bytes(page.trace_id));
    let root = own.map_or_else(ids::span_id, |page| SpanId::from_bytes(page.document_load));
    let fetch = own.map_or_else(ids::span_id, |page| SpanId::from_bytes(page.document_fetch));
    if page.is_some_and(|page| !page.sampled) {
        return;
    }
    load().root = Some((trace, root));

    let span = |id: SpanId, name: &'static str, start: f64, end: f64| {
        let kind = if id == fetch {
            SpanKind::Client
        } else {
            SpanKind::Internal
        };
        let scope = state().tracer.scope();
        let mut span = SpanRecord::new(trace, id, Cow::Borrowed(name), kind, clock::at(start), scope);
        if id != root {
            span.parent = root;
        }
        span.end = clock::at(end.max(start));
        span.epoch = clock::epoch();
        span
    };
    let set_url =
        |span: &mut SpanRecord, name| otlp::text(&mut span.attributes, attribute::URL_FULL, page::ask("entry", name));

    let end = if is_incomplete {
        page::performance_now()
    } else {
        load_end.max(started).max(hydrated.map_or(0.0, |(_, end)| end))
    };
    let mut document_load = span(root, "documentLoad", start, end);
    set_url(&mut document_load, "navigation");
    add_events(&mut document_load, "navigation", LOAD_EVENTS);
    add_events(&mut document_load, "paint", "firstPaint\0firstContentfulPaint");
    let mark_incomplete = |span: &mut SpanRecord| {
        otlp::truth(&mut span.attributes, attribute::SPAN_INCOMPLETE);
    };
    if is_incomplete {
        mark_incomplete(&mut document_load);
    }
    if let (Some(page), false) = (page, is_fresh) {
        let (trace, span) = (
            TraceId::from_bytes(page.trace_id),
            SpanId::from_bytes(page.document_load),
        );
        document_load.links.push(otlp::link(trace, span));
    }
    // The server takes the first of the two for both, so there are both.
    if is_fetched {
        let is_whole = response_end > 0.0;
        let mut document_fetch = span(fetch, "documentFetch", start, if is_whole { response_end } else { end });
        set_url(&mut document_fetch, "navigation");
        otlp::literal(&mut document_fetch.attributes, attribute::HTTP_REQUEST_METHOD, "GET");
        if status > 0.0 {
            let attributes = &mut document_fetch.attributes;
            otlp::integer(attributes, attribute::HTTP_RESPONSE_STATUS_CODE, status as i64);
        }
        if !is_whole {
            mark_incomplete(&mut document_fetch);
        } else if let Some(mut times) = times {
            if is_fresh {
                times.set_clock();
                let url = page::ask("entry", "navigation");
                if let Some(route) = fetch::path(&url).and_then(routes) {
                    otlp::literal(&mut document_fetch.attributes, attribute::URL_TEMPLATE, route);
                }
            } else {
                // Kept with the page: it tells of the request that was made then.
                times.said.server = None;
            }
            times.write(start, &mut document_fetch.attributes);
        }
        add_events(&mut document_fetch, "navigation", FETCH_EVENTS);
        export::push(document_fetch);
    }
    if let [wasm_start, ..] = page::times("wasm", "", "startTime")[..] {
        let mut wasm_load = span(ids::span_id(), "wasm.load", wasm_start, started);
        set_url(&mut wasm_load, "wasm");
        add_events(&mut wasm_load, "wasm", "responseEnd");
        export::push(wasm_load);
    }
    if let Some((start, end)) = hydrated {
        export::push(span(ids::span_id(), "hydrate", start, end));
    }
    export::push(document_load);
}

/// Adds those that have happened: `names`, with zero bytes between, of an entry ([`page::times`]).
fn add_events(span: &mut SpanRecord, entry: &str, mut names: &'static str) {
    for at in page::times(entry, "", names) {
        let name = page::first(&mut names);
        if at > 0.0 && !name.is_empty() {
            span.events.push(Event::new(name, clock::at(at), vec![], 0));
        }
    }
}
