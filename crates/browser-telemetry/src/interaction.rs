//! Clicks, submits and navigations inside the page: the span that everything hangs under which a person caused.
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
//! A click on a link to another page of the app ([`crate::Config::routes`]) opens `navigate {pattern}` below it, and the
//! Back and Forward buttons open one that is a root: the change to that page, until it has settled.
//!
//! A span ends when what it caused has ended: it counts the spans below it, and once none has been open for
//! [`SETTLE_MS`] it ends *at the time when the last one did* (or its handlers returned). So the waiting is not part of
//! its duration, and a chain of fetches lies inside its click.

use crate::page::{self, Args, Call};
use crate::start::routes;
use crate::state::{part, state};
use crate::tracer::{self, BrowserSpan};
use crate::{clock, otlp, page_load};
use opentelemetry::trace::{SpanId, SpanKind, TraceContextExt, TraceId};
use opentelemetry::{Context, ContextGuard, KeyValue};
use std::cell::RefMut;
use std::time::SystemTime;
use trace_wire::attribute;

/// How long, in milliseconds, an interaction waits for more after the last span below it has ended. Between a fetch
/// and the refetch that it causes lie microtasks only; this leaves room for a timer of the application.
pub const SETTLE_MS: i32 = 50;

/// What is open, and what is being dispatched.
#[derive(Default)]
pub(crate) struct Interactions {
    latest: u32,
    live: Vec<Interaction>,
    /// The innermost last.
    dispatching: Vec<(u32, ContextGuard)>,
}

/// An interaction whose span is open.
struct Interaction {
    id: u32,
    context: Context,
    span: SpanId,
    trace: TraceId,
    /// Open spans below it, plus one while its handlers run.
    open: u32,
    /// When the latest of them ended.
    last: SystemTime,
    /// A timer will look whether it has settled.
    is_timed: bool,
}

#[inline(never)]
fn interactions() -> RefMut<'static, Interactions> {
    part(&state().interactions)
}

impl Interactions {
    fn find(&mut self, id: u32) -> Option<&mut Interaction> {
        self.live.iter_mut().find(|one| one.id == id)
    }
}

/// The interaction that a span below `parent` in `trace` belongs to: whose span that is, or else the latest in its
/// trace; 0 for none.
pub(crate) fn of(parent: SpanId, trace: TraceId) -> u32 {
    let live = &interactions().live;
    let found = live.iter().find(|one| one.span == parent);
    found
        .or_else(|| live.iter().rfind(|one| one.trace == trace))
        .map_or(0, |one| one.id)
}

/// The context of the latest that is open; of nothing, where none is.
pub(crate) fn latest() -> Context {
    let live = &interactions().live;
    live.last().map(|one| one.context.clone()).unwrap_or_default()
}

/// Whether nothing of a context's trace is open any more.
pub(crate) fn is_over(context: &Context) -> bool {
    !tracer::is_open(context.span().span_context().trace_id())
}

/// A span has been opened below the interaction.
pub(crate) fn opened(id: u32) {
    if let Some(one) = interactions().find(id) {
        one.open += 1;
    }
}

/// A span below the interaction has ended, or its handlers have run.
pub(crate) fn ended(id: u32, end: SystemTime) {
    let mut state = interactions();
    let Some(one) = state.find(id) else { return };
    one.last = one.last.max(end);
    one.open -= 1;
    look_after(one, SETTLE_MS);
}

/// Looks at the interaction after so many milliseconds. One timer is enough: a timer for each span that ends would cost more
/// than the span.
fn look_after(one: &mut Interaction, delay_ms: i32) {
    if one.open == 0 && !one.is_timed {
        one.is_timed = true;
        page::call_after(delay_ms, Call::Settled, one.id);
    }
}

/// Ends the interaction, if nothing below it has been open for long enough.
pub(crate) fn settled(id: u32) {
    // First: it may move what is open.
    let now = clock::now();
    let is_settled = {
        let mut state = interactions();
        let Some(one) = state.find(id) else { return };
        one.is_timed = false;
        let idle = clock::unix_ms(now) - clock::unix_ms(one.last);
        let rest = SETTLE_MS - idle as i32;
        let is_settled = one.open == 0 && rest <= 0;
        if !is_settled {
            look_after(one, rest);
        }
        is_settled
    };
    if is_settled {
        end(id);
    }
}

fn end(id: u32) {
    let ended = {
        let mut state = interactions();
        let position = state.live.iter().position(|one| one.id == id);
        tracer::remove(&mut state.live, position)
    };
    if let Some(ended) = ended {
        tracer::end(ended.span, ended.last);
    }
}

/// Ends the interactions that only wait for more: the page goes away.
pub(crate) fn end_settled() {
    leave_all();
    // A submit that ends may settle its click.
    loop {
        let settled = interactions().live.iter().find(|one| one.open == 0).map(|one| one.id);
        match settled {
            Some(id) => end(id),
            None => return,
        }
    }
}

/// Moves what will be the end of live interactions, because the clock was anchored anew.
pub(crate) fn move_live(ahead_ms: f64) {
    for one in &mut interactions().live {
        clock::shift(&mut one.last, ahead_ms);
    }
}

/// Forgets the interactions whose spans have been ended for them.
pub(crate) fn forget_all() {
    let forgotten = std::mem::take(&mut interactions().live);
    drop(forgotten);
}

/// A click or a submit begins.
pub(crate) fn enter(args: Args) -> u32 {
    let submitted = interactions().find(args.id).map(|click| click.context.clone());
    let parent = submitted.unwrap_or_else(Context::current);
    let at = clock::at(args.at);
    let mut attributes = Vec::new();
    otlp::text(&mut attributes, attribute::URL_PATH, page::ask("path", ""));
    let (id, context) = begin(&parent, args.name, at, attributes);
    let route = routes(&args.path);
    // Current is the change to the page, and its own end is part of the click.
    let (inner, current) = match route {
        Some(_) => navigate(&context, route, at, args.path),
        None => (id, context),
    };
    dispatch(inner, current);
    id
}

/// The Back or Forward button.
pub(crate) fn pop_state(args: Args) -> u32 {
    if routes(&args.path).is_none() {
        0
    } else {
        arrive(args).0
    }
}

/// The page is shown again as it was left: it goes on in a new trace, which names the old one.
pub(crate) fn restored(args: Args) {
    let (_, span) = arrive(args);
    if let Some((trace, before)) = page_load::root()
        && let Some(mut record) = tracer::record(span)
    {
        record.links.push(otlp::link(trace, before));
    }
    page::call_after(0, Call::LeaveAll, 0);
}

/// A navigation that nothing in the page has caused.
fn arrive(args: Args) -> (u32, SpanId) {
    let at = clock::at(args.at);
    let (id, context) = navigate(&Context::new(), routes(&args.path), at, args.path);
    let span = context.span().span_context().span_id();
    dispatch(id, context);
    (id, span)
}

fn navigate(parent: &Context, route: Option<&str>, at: SystemTime, path: String) -> (u32, Context) {
    let mut attributes = Vec::new();
    otlp::text(&mut attributes, attribute::URL_PATH, path);
    let mut name = "navigate".to_owned();
    if let Some(route) = route {
        otlp::text(&mut attributes, attribute::URL_TEMPLATE, route.to_owned());
        name = name + " " + route;
    }
    begin(parent, name, at, attributes)
}

/// Opens the span of an interaction, as if its handlers ran already.
fn begin(parent: &Context, name: String, at: SystemTime, attributes: Vec<KeyValue>) -> (u32, Context) {
    let begun = state()
        .tracer
        .begin(parent, name.into(), SpanKind::Internal, at, attributes);
    let context = parent.with_span(BrowserSpan::from(begun));
    let mut state = interactions();
    state.latest += 1;
    let id = state.latest;
    state.live.push(Interaction {
        id,
        context: context.clone(),
        span: begun.span,
        trace: begun.trace,
        open: 0,
        last: at,
        is_timed: false,
    });
    (id, context)
}

/// The handlers of an event are about to run.
fn dispatch(id: u32, context: Context) {
    opened(id);
    let guard = context.attach();
    interactions().dispatching.push((id, guard));
}

/// The handlers of an event have run, and those of any event inside it.
pub(crate) fn leave(id: u32) {
    loop {
        // A click's own id, or that of the navigation below it, which is the next: the innermost have the highest.
        let left = interactions().dispatching.pop_if(|(one, _)| *one >= id);
        let Some((id, guard)) = left else { return };
        drop(guard);
        ended(id, clock::now());
    }
}

/// Nothing is being dispatched any more.
pub(crate) fn leave_all() {
    leave(0);
}
