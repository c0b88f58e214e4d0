//! Zipkin's B3 headers (<https://github.com/openzipkin/b3-propagation>), with OpenTelemetry's requirements
//! (<https://opentelemetry.io/docs/specs/otel/context/api-propagators/#b3-requirements>): both forms are read, the single
//! header first; debug means sampled and is passed on; a parent's id is not passed on.
//!
//! Of our own because the crate `opentelemetry-zipkin` brings an exporter and its HTTP client along, and takes `d` in
//! the single header for a trace that is not sampled.

use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use std::sync::LazyLock;
use trace_wire::hex;

const SINGLE: &str = "b3";
const TRACE_ID: &str = "x-b3-traceid";
const SPAN_ID: &str = "x-b3-spanid";
const SAMPLED: &str = "x-b3-sampled";
const FLAGS: &str = "x-b3-flags";

static SINGLE_FIELDS: LazyLock<[String; 1]> = LazyLock::new(|| [SINGLE].map(str::to_owned));
static MULTI_FIELDS: LazyLock<[String; 4]> = LazyLock::new(|| [TRACE_ID, SPAN_ID, SAMPLED, FLAGS].map(str::to_owned));

/// In a context: the trace is one to be debugged, and whoever is called next shall know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DebugFlag;

/// What B3 headers say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct B3 {
    /// The caller's span; remote and valid.
    pub(crate) parent: SpanContext,
    /// Whether the trace is one to be debugged.
    pub(crate) debug: bool,
}

impl B3 {
    /// Reads the single header, or else the many. `get` gives a header by its name in lower case. Nothing where no ids
    /// are named, or an id or a decision is none.
    pub(crate) fn extract<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let single = get(SINGLE).and_then(Self::parse_single);
        single.or_else(|| {
            let debug = get(FLAGS).is_some_and(|flags| flags.trim() == "1");
            let sampled = match get(SAMPLED).map(str::trim) {
                // Debug implies sampled, whatever else is said.
                _ if debug => true,
                Some("1" | "true") => true,
                Some("0" | "false") | None => false,
                Some(_) => return None,
            };
            Self::new(get(TRACE_ID)?.trim(), get(SPAN_ID)?.trim(), sampled, debug)
        })
    }

    /// `{trace id}-{span id}`, then perhaps `-{decision}`, then perhaps `-{parent id}`.
    fn parse_single(value: &str) -> Option<Self> {
        let mut parts = value.trim().split('-');
        let (trace_id, span_id) = (parts.next()?, parts.next()?);
        let (sampled, debug) = match parts.next() {
            Some("d") => (true, true),
            Some("1") => (true, false),
            // No decision: the receiver's. As other SDKs do, it is taken for one that is not sampled.
            Some("0") | None => (false, false),
            Some(_) => return None,
        };
        if let Some(parent_id) = parts.next() {
            hex::read::<8>(parent_id)?;
        }
        match parts.next() {
            None => Self::new(trace_id, span_id, sampled, debug),
            Some(_) => None,
        }
    }

    fn new(trace_id: &str, span_id: &str, sampled: bool, debug: bool) -> Option<Self> {
        let trace_id = hex::read::<16>(trace_id).or_else(|| {
            let mut padded = [0; 16];
            padded[8..].copy_from_slice(&hex::read::<8>(trace_id)?);
            Some(padded)
        })?;
        let parent = SpanContext::new(
            TraceId::from_bytes(trace_id),
            SpanId::from_bytes(hex::read(span_id)?),
            TraceFlags::default().with_sampled(sampled),
            true,
            TraceState::default(),
        );
        parent.is_valid().then_some(Self { parent, debug })
    }
}

/// Writes B3 in one of its forms, and reads both.
#[derive(Clone, Copy, Debug)]
pub(super) enum B3Propagator {
    Single,
    Multi,
}

impl TextMapPropagator for B3Propagator {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        let span = cx.span();
        let span = span.span_context();
        if !span.is_valid() {
            return;
        }
        let debug = cx.get::<DebugFlag>().is_some();
        let sampled = if span.is_sampled() { "1" } else { "0" };
        match self {
            Self::Single => {
                let decision = if debug { "d" } else { sampled };
                let value = format!("{}-{}-{decision}", span.trace_id(), span.span_id());
                injector.set(SINGLE, value);
            }
            Self::Multi => {
                injector.set(TRACE_ID, span.trace_id().to_string());
                injector.set(SPAN_ID, span.span_id().to_string());
                if debug {
                    injector.set(FLAGS, "1".to_owned());
                } else {
                    injector.set(SAMPLED, sampled.to_owned());
                }
            }
        }
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let Some(B3 { parent, debug }) = B3::extract(|name| extractor.get(name)) else {
            return cx.clone();
        };
        let cx = cx.with_remote_span_context(parent);
        if debug { cx.with_value(DebugFlag) } else { cx }
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(match self {
            Self::Single => SINGLE_FIELDS.as_slice(),
            Self::Multi => MULTI_FIELDS.as_slice(),
        })
    }
}

#[cfg(test)]
mod tests;
