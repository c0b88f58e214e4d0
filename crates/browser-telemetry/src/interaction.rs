//! Clicks and submits: the span that everything hangs under which a person caused.
//!
//! One listener on the window, in the capture phase, so it runs before every handler of the page: it opens
//! `click {action}` or `submit {action}` and makes it current. One listener at the end of the bubble phase takes it
//! away again. In between run the page's handlers, and what they spawn or wake keeps the context
//! ([`trace_executor::AdoptingTask`]). Nothing in the page is patched or wrapped.
//!
//! `{action}` is the `data-action` of the element or its nearest ancestor that has one, such as `activity.create`;
//! without one it is the tag of the nearest button or link. Clicks on anything else cause nothing and make no span.
//! A submit by a button hangs under that button's click.
//!
//! The span ends when what it caused has ended: it counts the spans below it, and once none has been open for
//! [`SETTLE_MS`] it ends *at the time when the last one did* (or its handlers returned). So the waiting is not part of
//! its duration, and a chain of fetches lies inside its click.

use crate::{BrowserTracer, clock, dom, tracer};
use opentelemetry::trace::{TraceContextExt, Tracer};
use opentelemetry::{Context, ContextGuard, KeyValue};
use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Weak};
use std::time::SystemTime;
use trace_wire::attribute;
use wasm_bindgen::prelude::*;
use web_sys::{AddEventListenerOptions, Element, Event, SubmitEvent};

/// How long, in milliseconds, an interaction waits for more after the last span below it has ended. Between a fetch
/// and the refetch that it causes lie microtasks only; this leaves room for a timer of the application.
pub const SETTLE_MS: i32 = 50;

/// A time stamp of an event older than this (milliseconds) is not believed.
const MAX_INPUT_DELAY_MS: f64 = 10_000.0;

thread_local! {
    /// The interactions whose spans are open.
    static LIVE: RefCell<Vec<(Arc<Interaction>, Context)>> = const { RefCell::new(Vec::new()) };
    /// The events that are being dispatched, the innermost last.
    static DISPATCHING: RefCell<Vec<Dispatch>> = const { RefCell::new(Vec::new()) };
    /// The latest click, for the submit that it may cause.
    static LATEST_CLICK: RefCell<Option<(Element, Weak<Interaction>)>> = const { RefCell::new(None) };
}

/// Counts what is open below an interaction.
#[derive(Debug)]
pub(crate) struct Interaction {
    /// Open spans, plus one while the handlers run.
    open: AtomicU32,
    /// How often something has been opened: tells a timer that it is out of date.
    activity: AtomicU32,
    /// When the latest of them ended: the bits of an `f64` on the performance time line.
    last: AtomicU64,
}

struct Dispatch {
    event: String,
    interaction: Arc<Interaction>,
    _current: ContextGuard,
}

/// The interaction that a context belongs to: whose span is current, or else the latest in its trace. (Not a value in
/// the context: the map of values would weigh a kilobyte in the page's WASM.)
pub(crate) fn of(context: &Context) -> Option<Arc<Interaction>> {
    let current = context.span().span_context().clone();
    LIVE.with_borrow(|live| {
        let of_span = |(_, cx): &&(Arc<Interaction>, Context)| cx.span().span_context().span_id() == current.span_id();
        let of_trace =
            |(_, cx): &&(Arc<Interaction>, Context)| cx.span().span_context().trace_id() == current.trace_id();
        let found = live.iter().find(of_span).or_else(|| live.iter().rfind(of_trace));
        found.map(|(interaction, _)| interaction.clone())
    })
}

/// Whether nothing of a context's trace is open any more.
pub(crate) fn is_over(context: &Context) -> bool {
    !tracer::is_open(context.span().span_context().trace_id())
}

impl Interaction {
    pub(crate) fn opened(&self) {
        self.open.fetch_add(1, Relaxed);
        self.activity.fetch_add(1, Relaxed);
    }

    pub(crate) fn ended(self: &Arc<Self>, end: SystemTime) {
        let last = f64::from_bits(self.last.load(Relaxed)).max(clock::performance_of(end));
        self.last.store(last.to_bits(), Relaxed);
        if self.open.fetch_sub(1, Relaxed) == 1 {
            let (interaction, activity) = (self.clone(), self.activity.load(Relaxed));
            dom::after(SETTLE_MS, move || {
                if interaction.is_settled() && interaction.activity.load(Relaxed) == activity {
                    interaction.end();
                }
            });
        }
    }

    fn is_settled(&self) -> bool {
        self.open.load(Relaxed) == 0
    }

    fn end(self: &Arc<Self>) {
        let context = LIVE.with_borrow_mut(|live| {
            let position = live.iter().position(|(one, _)| Arc::ptr_eq(one, self))?;
            Some(live.remove(position).1)
        });
        if let Some(context) = context {
            let last = f64::from_bits(self.last.load(Relaxed));
            context.span().end_with_timestamp(clock::at(last));
        }
    }
}

/// Ends the interactions that only wait for more: the page goes away.
pub(crate) fn end_settled() {
    leave_all();
    // A submit that ends may settle its click.
    loop {
        let settled = LIVE.with_borrow(|live| {
            live.iter()
                .find(|(one, _)| one.is_settled())
                .map(|(one, _)| one.clone())
        });
        match settled {
            Some(interaction) => interaction.end(),
            None => return,
        }
    }
}

/// Forgets the interactions whose spans have been ended for them.
pub(crate) fn forget_all() {
    LIVE.take();
}

/// Begins to listen.
pub(crate) fn listen() {
    let enter = Closure::<dyn Fn(Event)>::new(|event: Event| enter(&event)).into_js_value();
    let leave = Closure::<dyn Fn(Event)>::new(|event: Event| leave(&event.type_())).into_js_value();
    LEAVE.replace(Some(leave));
    for event in ["click", "submit"] {
        let options = AddEventListenerOptions::new();
        options.set_capture(true);
        options.set_passive(true);
        _ = dom::window().add_event_listener_with_callback_and_add_event_listener_options(
            event,
            enter.unchecked_ref(),
            &options,
        );
    }
}

thread_local!(static LEAVE: RefCell<Option<JsValue>> = const { RefCell::new(None) });

fn enter(event: &Event) {
    let kind = event.type_();
    if kind == "click" && event.is_trusted() {
        // A person's click is never dispatched inside another event: what is left here had its propagation stopped.
        leave_all();
    }
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
        return;
    };
    let Some((element, action)) = action(&target, &kind) else {
        return;
    };
    let click = (kind == "submit").then(|| click_of(event)).flatten();
    let parent = click.unwrap_or_else(Context::current);
    let now = clock::performance_now();
    let input = event.time_stamp();
    let start = if (now - MAX_INPUT_DELAY_MS..=now).contains(&input) {
        input
    } else {
        now
    };
    let path = dom::window().location().pathname().unwrap_or_default();
    let tracer = BrowserTracer::own();
    let builder = tracer
        .span_builder(format!("{kind} {action}"))
        .with_start_time(clock::at(start))
        .with_attributes([KeyValue::new(attribute::URL_PATH, path)]);
    let span = tracer.build_with_context(builder, &parent);
    let interaction = Arc::new(Interaction {
        open: AtomicU32::new(1),
        activity: AtomicU32::new(0),
        last: AtomicU64::new(start.to_bits()),
    });
    let context = parent.with_span(span);
    LIVE.with_borrow_mut(|live| live.push((interaction.clone(), context.clone())));
    if kind == "click" {
        LATEST_CLICK.replace(Some((element, Arc::downgrade(&interaction))));
    }
    let dispatch = Dispatch {
        event: kind.clone(),
        interaction,
        _current: context.attach(),
    };
    DISPATCHING.with_borrow_mut(|dispatching| dispatching.push(dispatch));
    // Added now, so it runs after every listener that the page has on the window.
    LEAVE.with_borrow(|leave| {
        if let Some(leave) = leave {
            let options = AddEventListenerOptions::new();
            options.set_once(true);
            _ = dom::window().add_event_listener_with_callback_and_add_event_listener_options(
                &kind,
                leave.unchecked_ref(),
                &options,
            );
        }
    });
    // Where the page stops the propagation, that listener is not reached.
    dom::after(0, leave_all);
}

/// The handlers of an event have run, and those of any event inside it.
fn leave(event: &str) {
    let left = DISPATCHING.with_borrow_mut(|dispatching| {
        match dispatching.iter().rposition(|dispatch| dispatch.event == event) {
            Some(position) => dispatching.split_off(position),
            None => Vec::new(),
        }
    });
    left_all(left);
}

fn leave_all() {
    left_all(DISPATCHING.take());
}

fn left_all(mut left: Vec<Dispatch>) {
    while let Some(Dispatch {
        interaction, _current, ..
    }) = left.pop()
    {
        drop(_current);
        interaction.ended(clock::now());
    }
}

/// The element that an event is about, and the name of what it does.
fn action(target: &Element, kind: &str) -> Option<(Element, String)> {
    if let Ok(Some(element)) = target.closest("[data-action]") {
        let action = element.get_attribute("data-action").unwrap_or_default();
        return Some((element, action));
    }
    let selector = if kind == "submit" {
        "form"
    } else {
        "a[href],button,[role=button],summary,input[type=submit]"
    };
    let element = target.closest(selector).ok().flatten()?;
    let tag = element.tag_name().to_ascii_lowercase();
    Some((element, tag))
}

/// The context of the click that caused a submit.
fn click_of(event: &Event) -> Option<Context> {
    let submitter: Element = event.dyn_ref::<SubmitEvent>()?.submitter()?.into();
    let (button, _) = action(&submitter, "click")?;
    let click = LATEST_CLICK.with_borrow(|latest| {
        let (element, click) = latest.as_ref()?;
        (*element == button).then(|| click.upgrade()).flatten()
    })?;
    LIVE.with_borrow(|live| {
        live.iter()
            .find(|(one, _)| Arc::ptr_eq(one, &click))
            .map(|(_, context)| context.clone())
    })
}
