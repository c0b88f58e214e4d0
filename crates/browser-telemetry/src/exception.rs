//! What goes wrong in the page: panics, errors that nobody caught, rejections that nobody handled.
//!
//! Each is an event `exception` by OpenTelemetry's conventions
//! (<https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-spans/>) on the span that is current, and fails
//! it; where none is, on a span of its own, `exception`, so that it is seen all the same. After a panic the program
//! cannot be trusted any more, so all that there is goes out at once.

use crate::state::state;
use crate::{clock, export, otlp, page, tracer};
use opentelemetry::Context;
use opentelemetry::trace::{Event, SpanKind, Status, TraceContextExt};
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
        record(PANIC, message, stack);
        tracer::end_all();
        export::leave();
    }));
}

/// An error that nobody caught: its type, and its message and stack with a zero byte between.
pub(crate) fn uncaught(name: &str, mut text: &str) {
    let message = page::first(&mut text);
    record(name, message.to_owned(), text.to_owned());
}

fn record(name: &str, message: String, stack: String) {
    let now = clock::now();
    let mut attributes = Vec::new();
    otlp::text(&mut attributes, attribute::EXCEPTION_TYPE, name.to_owned());
    otlp::text(&mut attributes, attribute::EXCEPTION_MESSAGE, message.clone());
    otlp::text(&mut attributes, attribute::EXCEPTION_STACKTRACE, stack);
    let mut id = Context::current().span().span_context().span_id();
    let is_own = !tracer::is_recording(id);
    if is_own {
        let name = "exception".into();
        let tracer = &state().tracer;
        id = tracer
            .begin(&Context::new(), name, SpanKind::Internal, now, vec![])
            .span;
    }
    if let Some(mut record) = tracer::record(id) {
        record.events.push(Event::new("exception", now, attributes, 0));
        record.status = Status::error(message);
    }
    // Without a span that it could belong to, its own ends here.
    if is_own {
        tracer::end(id, now);
    }
}
