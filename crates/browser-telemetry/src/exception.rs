//! What goes wrong in the page: panics, errors that nobody caught, rejections that nobody handled.
//!
//! Each is an event `exception` by OpenTelemetry's conventions
//! (<https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-spans/>) on the span that is current, and fails
//! it. Where that span has ended, it is on one of its own below it, `exception`; where none is current, that is a root, and
//! links to the page's load. The browser tells of a rejection when the handlers have run, in whose promise nobody knows: it
//! belongs to the latest interaction that is still open. After a panic the program cannot be trusted any more, so all that
//! there is goes out at once.

use crate::state::state;
use crate::{clock, export, interaction, otlp, page, page_load, tracer};
use opentelemetry::Context;
use opentelemetry::trace::{Event, SpanId, SpanKind, Status, TraceContextExt};
use std::panic;
use trace_wire::attribute;

/// `exception.type` of a panic.
const PANIC: &str = "panic";

/// Reports panics, on the developer's console as well. In place of whatever hook was there: to hand on to the standard
/// library's own, which can say nothing here, would weigh 1 KB.
pub(crate) fn listen() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or("", |location| location.file());
        let line = panic.location().map_or(0, |location| location.line());
        let words = panic.payload_as_str().unwrap_or_default();
        let message = place.to_owned() + ":" + &otlp::decimal(line) + ": " + words;
        let stack = page::ask("complain", &message);
        // First, so that there is a load to link to.
        page_load::emit();
        record(Context::current(), PANIC, message, stack);
        tracer::end_all();
        export::leave();
    }));
}

/// An error that nobody caught: whether in a promise (1), its type, and its message and stack with a zero byte between.
pub(crate) fn uncaught(is_rejection: u32, name: &str, mut text: &str) {
    let message = page::first(&mut text);
    let context = if is_rejection > 0 {
        interaction::latest()
    } else {
        Context::current()
    };
    record(context, name, message.to_owned(), text.to_owned());
}

fn record(context: Context, name: &str, message: String, stack: String) {
    let now = clock::now();
    let mut attributes = Vec::new();
    otlp::text(&mut attributes, attribute::EXCEPTION_TYPE, name.to_owned());
    otlp::text(&mut attributes, attribute::EXCEPTION_MESSAGE, message.clone());
    otlp::text(&mut attributes, attribute::EXCEPTION_STACKTRACE, stack);
    let mut id = context.span().span_context().span_id();
    let is_own = !tracer::is_recording(id);
    if is_own {
        let name = "exception".into();
        let tracer = &state().tracer;
        id = tracer.begin(&context, name, SpanKind::Internal, now, vec![]).span;
    }
    if let Some(mut record) = tracer::record(id) {
        if is_own
            && record.parent == SpanId::INVALID
            && let Some((trace, load)) = page_load::root()
        {
            record.links.push(otlp::link(trace, load));
        }
        record.events.push(Event::new("exception", now, attributes, 0));
        record.status = Status::error(message);
    }
    // Without a span that it could belong to, its own ends here.
    if is_own {
        tracer::end(id, now);
    }
}
