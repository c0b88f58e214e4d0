//! The names of the columns that Honeycomb derives from OTLP. Attributes keep their own names.

/// String. The trace's id in lower-case hex: 32 digits, or 16 where the first 16 are zeros.
pub const TRACE_ID: &str = "trace.trace_id";
/// String. The span's id in hex; absent on rows of events and links.
pub const SPAN_ID: &str = "trace.span_id";
/// String. The id of the parent span in hex; absent on roots. On rows of events and links: the span that they are on.
pub const PARENT_ID: &str = "trace.parent_id";
/// String. The span's W3C `tracestate`, where it has one.
pub const TRACE_STATE: &str = "trace.trace_state";
/// String. The id of the trace that a link leads to.
pub const LINK_TRACE_ID: &str = "trace.link.trace_id";
/// String. The id of the span that a link leads to.
pub const LINK_SPAN_ID: &str = "trace.link.span_id";

/// String. The name of the span or of the span event.
pub const NAME: &str = "name";
/// String. On rows of events and links: the name of the span that they are on.
pub const PARENT_NAME: &str = "parent_name";
/// String. `client`, `server`, `producer`, `consumer`, `internal` or `unspecified`.
pub const SPAN_KIND: &str = "span.kind";
/// String. The same as [`SPAN_KIND`].
pub const TYPE: &str = "type";
/// Float, milliseconds. End minus start, never below 0.
pub const DURATION_MS: &str = "duration_ms";
/// Boolean `true`: the span ended before it started, so its duration was set to 0.
pub const INVALID_DURATION: &str = "meta.invalid_duration";
/// Integer. 0 unset, 1 ok, 2 error.
pub const STATUS_CODE: &str = "status_code";
/// String. What the span's status says, where it says something.
pub const STATUS_MESSAGE: &str = "status_message";
/// Boolean `true`: the span's status is *error*; absent otherwise. An attribute of this name takes its place.
pub const ERROR: &str = "error";
/// Integer. How many links the span has.
pub const NUM_LINKS: &str = "span.num_links";
/// Integer. How many events the span has.
pub const NUM_EVENTS: &str = "span.num_events";

/// String. `trace` on everything that came as a trace.
pub const SIGNAL_TYPE: &str = "meta.signal_type";
/// String. [`SPAN_EVENT`] or [`LINK`] on the rows of these; absent on spans.
pub const ANNOTATION_TYPE: &str = "meta.annotation_type";
/// The value of [`ANNOTATION_TYPE`] on the row of a span event.
pub const SPAN_EVENT: &str = "span_event";
/// The value of [`ANNOTATION_TYPE`] on the row of a link.
pub const LINK: &str = "link";
/// Float, milliseconds. From the start of the span to its event, never below 0.
pub const TIME_SINCE_SPAN_START_MS: &str = "meta.time_since_span_start_ms";
/// Boolean `true`: the event came before its span, so the time between them was set to 0.
pub const INVALID_TIME_SINCE_SPAN_START: &str = "meta.invalid_time_since_span_start";

/// String. The name of the instrumentation scope.
pub const LIBRARY_NAME: &str = "library.name";
/// String. The version of the instrumentation scope.
pub const LIBRARY_VERSION: &str = "library.version";
/// Boolean `true`: the scope is one of the well-known instrumentation libraries.
pub const INSTRUMENTATION_LIBRARY: &str = "telemetry.instrumentation_library";
/// String. The schema URL of the resource.
pub const RESOURCE_SCHEMA_URL: &str = "resource.schema_url";
/// String. The schema URL of the scope.
pub const SCOPE_SCHEMA_URL: &str = "scope.schema_url";

/// String. The service that a row comes from (a resource attribute).
pub const SERVICE_NAME: &str = "service.name";
/// What Honeycomb calls a service without a name.
pub const UNKNOWN_SERVICE: &str = "unknown_service";

/// The name of the span event whose attributes are copied to its span.
pub const EXCEPTION: &str = "exception";
/// The attributes that are copied from the first [`EXCEPTION`] event to its span, where the span has none of the name.
pub const EXCEPTION_COLUMNS: [&str; 4] = [
    "exception.message",
    "exception.type",
    "exception.stacktrace",
    "exception.escaped",
];
