//! The page's own load: `documentLoad` with `documentFetch`, `wasm.load` and `hydrate` below it.
//!
//! The first two have ids that the server reserved and wrote into the page ([`trace_wire::page`]): its own span hangs
//! under `documentFetch`. They are emitted when the page has loaded and hydrated, from what the browser measured
//! (Navigation Timing, <https://www.w3.org/TR/navigation-timing-2/>), or when it is left before.

use crate::otlp::SpanRecord;
use crate::resource_timing::{self, Times, number};
use crate::{clock, dom, export, ids};
use opentelemetry::trace::{Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use std::cell::RefCell;
use std::sync::Arc;
use trace_wire::{PageTrace, attribute, page};
use wasm_bindgen::prelude::*;
use web_sys::{PerformanceNavigationTiming, PerformanceResourceTiming};

/// How long, in milliseconds after the page's `load`, to wait for [`hydrate`].
const PATIENCE_MS: i32 = 10_000;

/// What is known so far; `None` once the spans are on their way.
struct Load {
    page: Option<PageTrace>,
    /// When the WASM was instantiated.
    instantiated: f64,
    hydrated: Option<(f64, f64)>,
}

thread_local!(static LOAD: RefCell<Option<Load>> = const { RefCell::new(None) });

/// Hydrates the page as the span `hydrate`. Call it after [`crate::start`].
pub fn hydrate(work: impl FnOnce()) {
    if cfg!(feature = "inert") || !cfg!(feature = "page-load") {
        return work();
    }
    let start = clock::performance_now();
    work();
    LOAD.with_borrow_mut(|load| {
        if let Some(load) = load {
            load.hydrated = Some((start, clock::performance_now()));
        }
    });
    dom::after(0, emit_when_complete);
}

/// Notes the beginning, and waits for the page's `load`.
pub(crate) fn start() {
    let selector = format!("meta[name={}]", page::META);
    let meta = dom::document().query_selector(&selector).ok().flatten();
    LOAD.set(Some(Load {
        page: meta.and_then(|meta| PageTrace::parse(&meta.get_attribute("content")?)),
        instantiated: clock::performance_now(),
        hydrated: None,
    }));
    if dom::document().ready_state() == "complete" {
        loaded();
    } else {
        let loaded = Closure::once_into_js(loaded);
        _ = dom::window().add_event_listener_with_callback("load", loaded.unchecked_ref());
    }
}

fn loaded() {
    // One task later the time of the event's own end is known.
    dom::after(0, emit_when_complete);
    // An application that never hydrates has a page load all the same.
    dom::after(PATIENCE_MS, emit);
}

fn emit_when_complete() {
    let is_hydrated = LOAD.with_borrow(|load| load.as_ref().is_some_and(|load| load.hydrated.is_some()));
    if is_hydrated && navigation().is_some_and(|navigation| number(&navigation, "loadEventEnd") > 0.0) {
        emit();
    }
}

fn navigation() -> Option<PerformanceNavigationTiming> {
    let entries = dom::performance().get_entries_by_type("navigation");
    entries.get(0).dyn_into().ok()
}

/// Emits what is known, because the page goes away.
pub(crate) fn end() {
    emit();
}

fn emit() {
    let (Some(load), Some(navigation)) = (LOAD.take(), navigation()) else {
        return;
    };
    let hydrated = load.hydrated.map_or(0.0, |(_, end)| end);
    let loaded = number(&navigation, "loadEventEnd");
    let is_incomplete = loaded <= 0.0;
    let end = if is_incomplete {
        clock::performance_now()
    } else {
        loaded.max(hydrated).max(load.instantiated)
    };

    // A page that is older than its trace (taken from the cache by going back) must not join it a second time.
    let is_stale = number(&navigation, "transferSize") == 0.0
        && matches!(navigation.type_(), web_sys::NavigationType::BackForward);
    let fresh = load.page.filter(|_| !is_stale);
    let trace = fresh.map_or_else(ids::trace_id, |page| TraceId::from_bytes(page.trace_id));
    let root = fresh.map_or_else(ids::span_id, |page| SpanId::from_bytes(page.document_load));
    let fetch = fresh.map_or_else(ids::span_id, |page| SpanId::from_bytes(page.document_fetch));
    let links = match (load.page, is_stale) {
        (Some(page), true) => vec![Link::with_context(context(
            TraceId::from_bytes(page.trace_id),
            SpanId::from_bytes(page.document_load),
        ))],
        _ => vec![],
    };
    let scope = Arc::new(InstrumentationScope::builder(env!("CARGO_PKG_NAME")).build());
    let span = |id: SpanId, parent: SpanId, name: &'static str, start: f64, end: f64| SpanRecord {
        context: context(trace, id),
        parent,
        name: name.into(),
        kind: SpanKind::Internal,
        start: clock::at(start),
        end: clock::at(end.max(start)),
        attributes: vec![],
        events: vec![],
        links: vec![],
        status: Status::Unset,
        scope: scope.clone(),
    };
    let url = KeyValue::new(attribute::URL_FULL, navigation.name());

    let mut document_load = span(
        root,
        SpanId::INVALID,
        "documentLoad",
        number(&navigation, "startTime"),
        end,
    );
    document_load.attributes.push(url.clone());
    if is_incomplete {
        document_load
            .attributes
            .push(KeyValue::new(attribute::SPAN_INCOMPLETE, true));
    }
    document_load.events = load_events(&navigation);
    document_load.links = links;

    if let Some((start, end)) = load.hydrated {
        export::push(span(ids::span_id(), root, "hydrate", start, end));
    }
    if let Some(wasm) = wasm_entry() {
        let mut wasm_load = span(
            ids::span_id(),
            root,
            "wasm.load",
            number(&wasm, "startTime"),
            load.instantiated,
        );
        wasm_load
            .attributes
            .push(KeyValue::new(attribute::URL_FULL, wasm.name()));
        wasm_load.events = vec![event("responseEnd", number(&wasm, "responseEnd"))];
        export::push(wasm_load);
    }
    if number(&navigation, "responseEnd") > 0.0 {
        export::push(document_fetch(
            span(
                fetch,
                root,
                "documentFetch",
                number(&navigation, "startTime"),
                number(&navigation, "responseEnd"),
            ),
            &navigation,
            url,
        ));
    }
    export::push(document_load);
}

/// The request for the page itself, with its phases like every other fetch.
fn document_fetch(mut span: SpanRecord, navigation: &PerformanceNavigationTiming, url: KeyValue) -> SpanRecord {
    span.kind = SpanKind::Client;
    span.attributes = vec![KeyValue::new(attribute::HTTP_REQUEST_METHOD, "GET"), url];
    let status = number(navigation, "responseStatus");
    if status > 0.0 {
        span.attributes
            .push(KeyValue::new(attribute::HTTP_RESPONSE_STATUS_CODE, status as i64));
    }
    let times = Times::of(navigation, resource_timing::server_of(navigation));
    span.attributes
        .extend(times.attributes(number(navigation, "startTime")));
    span.events = milestones(
        navigation,
        &[
            "fetchStart",
            "domainLookupStart",
            "domainLookupEnd",
            "connectStart",
            "secureConnectionStart",
            "connectEnd",
            "requestStart",
            "responseStart",
            "responseEnd",
        ],
    );
    span
}

/// The page's milestones, under OpenTelemetry's names for them.
fn load_events(navigation: &PerformanceNavigationTiming) -> Vec<Event> {
    let mut events = milestones(
        navigation,
        &[
            "domInteractive",
            "domContentLoadedEventStart",
            "domContentLoadedEventEnd",
            "domComplete",
            "loadEventStart",
            "loadEventEnd",
        ],
    );
    let paints = dom::performance().get_entries_by_type("paint");
    for paint in paints.iter() {
        let paint: web_sys::PerformanceEntry = paint.unchecked_into();
        match paint.name().as_str() {
            "first-paint" => events.push(event("firstPaint", number(&paint, "startTime"))),
            "first-contentful-paint" => events.push(event("firstContentfulPaint", number(&paint, "startTime"))),
            _ => {}
        }
    }
    events
}

/// OpenTelemetry names these events as the platform names its properties.
fn milestones(navigation: &JsValue, names: &[&'static str]) -> Vec<Event> {
    let times = names.iter().map(|name| (*name, number(navigation, name)));
    times
        .filter(|(_, at)| *at > 0.0)
        .map(|(name, at)| event(name, at))
        .collect()
}

fn wasm_entry() -> Option<PerformanceResourceTiming> {
    let entries = dom::performance().get_entries_by_type("resource");
    entries
        .iter()
        .filter_map(|entry| entry.dyn_into::<PerformanceResourceTiming>().ok())
        .find(|entry| {
            entry
                .name()
                .split(['?', '#'])
                .next()
                .is_some_and(|path| path.ends_with(".wasm"))
        })
}

fn event(name: &'static str, at: f64) -> Event {
    Event::new(name, clock::at(at), vec![], 0)
}

fn context(trace: TraceId, span: SpanId) -> SpanContext {
    SpanContext::new(trace, span, TraceFlags::SAMPLED, false, TraceState::default())
}
