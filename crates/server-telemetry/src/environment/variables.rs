//! The list of all variables: what error messages say they take, and the table in `docs/environment.md`.

/// A variable of the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it takes, in words that go on from "it takes"; empty where it must not be set.
    pub takes: &'static str,
    /// What holds where it is unset.
    pub default: &'static str,
    /// What it does, in a sentence or two of Markdown.
    pub does: &'static str,
}

const fn variable(name: &'static str, takes: &'static str, default: &'static str, does: &'static str) -> Variable {
    Variable {
        name,
        takes,
        default,
        does,
    }
}

const EXPORTERS: &str = "otlp, console, none, or otlp,console";
const PROPAGATORS: &str = "tracecontext, baggage, b3, b3multi, a list of these with commas between them, or none";
const SAMPLERS: &str = "always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off or \
                        parentbased_traceidratio";
const BOOLEAN: &str = "true or false";
const COUNT: &str = "a whole number, 0 or more";
const SIZE: &str = "a whole number of spans, 1 or more";
const MILLISECONDS: &str = "a whole number of milliseconds";
const TIMEOUT: &str = "a whole number of milliseconds, 0 meaning without end";
const ADDRESS: &str = "an address with http or https, such as http://localhost:4318";
const TRACES_ADDRESS: &str = "an address with http or https, such as http://localhost:4318/v1/traces";
const PAIRS: &str = "key1=value1,key2=value2 with percent-encoding";
const COMPRESSIONS: &str = "gzip or none";
const PROTOCOLS: &str = "http/protobuf or http/json";
const LEVELS: &str = "none, error, warn, info, debug or trace";
const KEY: &str = "a key of Honeycomb's";
const NAME: &str = "a name";
const HONEYCOMB_ADDRESS: &str = "an address with http or https, such as https://api.eu1.honeycomb.io";

const SIGNAL: &str = "As the general one, which it beats.";
const NO_CERTIFICATE: &str = "Not supported: set, it stops the start. A collector in between can have it.";
const NO_FILE: &str = "Not supported: set, it stops the start.";

/// All variables that [`super::Environment`] reads.
pub const VARIABLES: [Variable; 43] = [
    // In general.
    variable(
        "OTEL_SDK_DISABLED",
        BOOLEAN,
        "false",
        "`true`: the server makes no spans, and nothing is printed or sent, neither its own spans nor those that are handed \
         in. Propagators stay.",
    ),
    variable(
        "OTEL_SERVICE_NAME",
        NAME,
        "the app's own",
        "`service.name` of the server's spans. (That of pages is the app's, always.)",
    ),
    variable(
        "OTEL_RESOURCE_ATTRIBUTES",
        PAIRS,
        "none",
        "Resource attributes of the server's spans. `OTEL_SERVICE_NAME` beats a `service.name` in it.",
    ),
    variable(
        "OTEL_LOG_LEVEL",
        LEVELS,
        "info",
        "What telemetry says about itself in the log, where `RUST_LOG` is unset.",
    ),
    variable(
        "OTEL_PROPAGATORS",
        PROPAGATORS,
        "tracecontext,baggage",
        "Whose trace a request joins, and what requests to others carry. Where several headers name a parent, the later \
         propagator in the list wins. Both forms of B3 read both; ids of 64 bits are filled up with zeros; debug (`d`) is \
         passed on and counts as sampled, no decision counts as not sampled, and a `b3: 0` without ids names no trace and \
         is passed over. `none`: no trace is joined. `xray`, `jaeger` and `ottrace` are not supported.",
    ),
    variable(
        "OTEL_TRACES_SAMPLER",
        SAMPLERS,
        "every trace",
        "Which traces are recorded. Unset, it is `parentbased_always_on`, but a request of whose trace its caller says that \
         it is not recorded is recorded all the same: that header comes from anybody. Set, it is the specification's \
         sampler exactly. `jaeger_remote`, `parentbased_jaeger_remote` and `xray` are not supported.",
    ),
    variable(
        "OTEL_TRACES_SAMPLER_ARG",
        "a number from 0 to 1",
        "1",
        "The share of traces, for `traceidratio` and `parentbased_traceidratio`; with others it is not looked at.",
    ),
    // Batches.
    variable(
        "OTEL_BSP_SCHEDULE_DELAY",
        MILLISECONDS,
        "200",
        "How long the first span of a batch waits for others. The specification's default, 5000, is for a backend far away; \
         here the batch goes to the disk, and people look at what they have just done.",
    ),
    variable(
        "OTEL_BSP_EXPORT_TIMEOUT",
        TIMEOUT,
        "30000",
        "How long a `force_flush` of the server's spans waits. Cruddur calls none: its stop gives the log five seconds.",
    ),
    variable(
        "OTEL_BSP_MAX_QUEUE_SIZE",
        SIZE,
        "2048",
        "How many ended spans may wait; more are dropped and counted.",
    ),
    variable(
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
        SIZE,
        "512, or the queue's size",
        "How many spans a batch has at most; not more than the queue.",
    ),
    // Limits.
    variable(
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        COUNT,
        "no limit",
        "The most characters of a text attribute of a span, event or link; what is longer is cut.",
    ),
    variable(
        "OTEL_ATTRIBUTE_COUNT_LIMIT",
        COUNT,
        "128",
        "The most attributes of a span, of an event and of a link each.",
    ),
    variable("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", COUNT, "no limit", SIGNAL),
    variable(
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
        COUNT,
        "128",
        "The most attributes of a span; beats the general one.",
    ),
    variable(
        "OTEL_SPAN_EVENT_COUNT_LIMIT",
        COUNT,
        "128",
        "The most events of a span.",
    ),
    variable("OTEL_SPAN_LINK_COUNT_LIMIT", COUNT, "128", "The most links of a span."),
    variable(
        "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
        COUNT,
        "128",
        "The most attributes of an event; beats the general one.",
    ),
    variable(
        "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
        COUNT,
        "128",
        "The most attributes of a link; beats the general one.",
    ),
    // Where spans go.
    variable(
        "OTEL_TRACES_EXPORTER",
        EXPORTERS,
        "otlp, where an endpoint or a key is named",
        "`otlp` sends spans to the OTLP endpoint and to Honeycomb, whichever is named, and if none is, to \
         `http://localhost:4318/v1/traces`. `console` prints the server's spans on standard output as they end. `none` sends \
         nothing, whatever else is named. The store and its log have all spans in any case. `zipkin`, `logging` and \
         `otlp/stdout` are not supported.",
    ),
    variable(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        ADDRESS,
        "none",
        "Where a backend takes OTLP over HTTP; `/v1/traces` is added to its path, with one slash between.",
    ),
    variable(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        TRACES_ADDRESS,
        "none",
        "The same for traces alone: beats the general one, and is used as it is, with nothing added.",
    ),
    variable(
        "OTEL_EXPORTER_OTLP_HEADERS",
        PAIRS,
        "none",
        "Headers of every request, such as a backend's key. They are never shown.",
    ),
    variable(
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
        PAIRS,
        "none",
        "In place of the general ones, not beside them.",
    ),
    variable(
        "OTEL_EXPORTER_OTLP_TIMEOUT",
        TIMEOUT,
        "10000",
        "How long one request may take.",
    ),
    variable("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", TIMEOUT, "10000", SIGNAL),
    variable(
        "OTEL_EXPORTER_OTLP_COMPRESSION",
        COMPRESSIONS,
        "none; gzip to Honeycomb by its own variables",
        "How bodies are packed.",
    ),
    variable("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", COMPRESSIONS, "none", SIGNAL),
    variable(
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        PROTOCOLS,
        "http/protobuf",
        "What bodies are written in. `grpc` is not supported.",
    ),
    variable("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", PROTOCOLS, "http/protobuf", SIGNAL),
    variable(
        "OTEL_EXPORTER_OTLP_INSECURE",
        BOOLEAN,
        "false",
        "Nothing: it is for gRPC, says the specification, and over HTTP the endpoint's scheme decides.",
    ),
    variable("OTEL_EXPORTER_OTLP_TRACES_INSECURE", BOOLEAN, "false", SIGNAL),
    variable("OTEL_EXPORTER_OTLP_CERTIFICATE", "", "none", NO_CERTIFICATE),
    variable("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "", "none", NO_CERTIFICATE),
    variable("OTEL_EXPORTER_OTLP_CLIENT_KEY", "", "none", NO_CERTIFICATE),
    variable("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "", "none", NO_CERTIFICATE),
    variable("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "", "none", NO_CERTIFICATE),
    variable(
        "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
        "",
        "none",
        NO_CERTIFICATE,
    ),
    // Honeycomb.
    variable(
        "HONEYCOMB_API_KEY",
        KEY,
        "none",
        "Sends spans to Honeycomb, with this as `x-honeycomb-team`. It is never shown.",
    ),
    variable(
        "HONEYCOMB_API_ENDPOINT",
        HONEYCOMB_ADDRESS,
        "https://api.honeycomb.io",
        "Where Honeycomb is; `/v1/traces` is added for spans.",
    ),
    variable(
        "HONEYCOMB_ENVIRONMENT",
        NAME,
        "any",
        "The environment that the key must write to.",
    ),
    // Not at all.
    variable("OTEL_CONFIG_FILE", "", "none", NO_FILE),
    variable("OTEL_EXPERIMENTAL_CONFIG_FILE", "", "none", NO_FILE),
];
