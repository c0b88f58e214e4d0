//! The attributes that Cruddur and its telemetry crates set: a constant for each name, and the list of all.
//!
//! Names without one of our prefixes are OpenTelemetry semantic conventions. Ours start with `timing.`, `clock.` and
//! `span.` (the crates') or `app.` (the app's). [`ATTRIBUTES`] is the table in `docs/attributes.md`. It is a constant that
//! the page never names, so its words are not part of the page's WASM.

mod table;

pub use table::{Attribute, Kind, SetBy};

use SetBy::{App, Database, Page, Relay, Server};

/// One list, from which come the constants with their documentation, and the table.
macro_rules! attributes {
    ($($constant:ident = $name:literal, $kind:ident, [$($by:ident),+], $meaning:literal;)+) => {
        $(
            #[doc = concat!(stringify!($kind), ". ", $meaning)]
            pub const $constant: &str = $name;
        )+

        /// All of them, in the order of the table.
        pub const ATTRIBUTES: &[Attribute] = &[
            $(Attribute {
                name: $name,
                constant: stringify!($constant),
                kind: Kind::$kind,
                set_by: &[$($by),+],
                meaning: $meaning,
            }),+
        ];
    };
}

attributes! {
    SERVICE_NAME = "service.name", String, [Page, Relay, Server], "On the resource. Which service a span is from.";
    SERVICE_VERSION = "service.version", String, [Server], "On the resource. Which version of it.";
    TELEMETRY_SDK_NAME = "telemetry.sdk.name", String, [Page, Server], "On the resource. What made the spans: `browser-telemetry`, or `opentelemetry`.";
    TELEMETRY_SDK_LANGUAGE = "telemetry.sdk.language", String, [Page, Server], "On the resource. `rust`.";
    TELEMETRY_SDK_VERSION = "telemetry.sdk.version", String, [Page, Server], "On the resource. The version of what made the spans.";

    SESSION_ID = "session.id", String, [Page, Relay, Server], "32 hexadecimal digits: the person's visit, across page loads and tabs. On the resource of a page's batches, and on the server's spans.";
    USER_ID = "user.id", String, [Relay, Server, App], "The id of the signed-in user. The server says it, for pages' spans as well; never the page.";
    USER_NAME = "user.name", String, [Relay, Server, App], "The handle of the signed-in user, as `user.id`.";

    TIMING_QUEUE_MS = "timing.queue_ms", Milliseconds, [Page], "Waiting in the browser before the request is sent, connecting not included.";
    TIMING_DNS_MS = "timing.dns_ms", Milliseconds, [Page], "Looking the server's name up.";
    TIMING_CONNECT_MS = "timing.connect_ms", Milliseconds, [Page], "Opening the connection, without TLS.";
    TIMING_TLS_MS = "timing.tls_ms", Milliseconds, [Page], "The TLS handshake.";
    TIMING_WAIT_MS = "timing.wait_ms", Milliseconds, [Page], "Request sent to first byte of the response.";
    TIMING_DOWNLOAD_MS = "timing.download_ms", Milliseconds, [Page], "First byte to last byte of the response. These six add up to the span's duration.";
    TIMING_SERVER_MS = "timing.server_ms", Milliseconds, [Page], "Request received to response head, as the server measured it.";
    TIMING_NETWORK_MS = "timing.network_ms", Milliseconds, [Page], "`timing.wait_ms` − `timing.server_ms`, never below 0.";
    CLOCK_OFFSET_MS = "clock.offset_ms", Milliseconds, [Page, Relay], "What the relay added to the span's times, to bring the browser's clock onto the server's. A page states it on the resource of its batches, and the relay puts it on each span that it moves.";
    CLOCK_ERROR_MS = "clock.error_ms", Milliseconds, [Page, Relay], "How far `clock.offset_ms` may be off, either way.";

    HTTP_REQUEST_METHOD = "http.request.method", String, [Page, Server], "The request method, or `_OTHER`.";
    HTTP_REQUEST_METHOD_ORIGINAL = "http.request.method_original", String, [Server], "The method as it was sent, where `http.request.method` is `_OTHER`.";
    HTTP_RESPONSE_STATUS_CODE = "http.response.status_code", Integer, [Page, Server], "The response's status code; absent where no response came.";
    HTTP_ROUTE = "http.route", String, [Server], "The matched route of the server, such as `/api/activities/home`.";
    URL_TEMPLATE = "url.template", String, [Page, Server], "The low-cardinality template of a client's address, or of the page that a navigation leads to.";
    URL_FULL = "url.full", String, [Page, Server], "On a client's span: the whole address, without credentials.";
    URL_PATH = "url.path", String, [Page, Server], "The path of the address.";
    URL_QUERY = "url.query", String, [Server], "The query, without `?`; the values of parameters that are credentials by their names are `REDACTED`.";
    URL_SCHEME = "url.scheme", String, [Server], "`http` or `https`.";
    SERVER_ADDRESS = "server.address", String, [Page, Server], "The host that a request goes to or came for.";
    SERVER_PORT = "server.port", Integer, [Page, Server], "The port that a request goes to or came for.";
    SERVICE_PEER_NAME = "service.peer.name", String, [Server], "The name of the service that a request goes to.";
    CLIENT_ADDRESS = "client.address", String, [Server], "The address of the client, as far as the server knows it.";
    NETWORK_PROTOCOL_VERSION = "network.protocol.version", String, [Page, Server], "`1.1`, `2` or `3`.";
    USER_AGENT_ORIGINAL = "user_agent.original", String, [Server], "The `User-Agent` header.";

    ERROR_TYPE = "error.type", String, [Page, Server, App], "What went wrong: a status code as text, or the name of an error; absent where nothing did.";
    EXCEPTION_TYPE = "exception.type", String, [Page], "The name of an exception's type.";
    EXCEPTION_MESSAGE = "exception.message", String, [Page], "An exception's message.";
    EXCEPTION_STACKTRACE = "exception.stacktrace", String, [Page], "The stack trace as the browser writes it.";

    DB_SYSTEM_NAME = "db.system.name", String, [Database], "`sqlite` or `postgresql`.";
    DB_NAMESPACE = "db.namespace", String, [Database], "The database's name within its system; SQLite: the name of its file.";
    DB_OPERATION_NAME = "db.operation.name", String, [Database], "`SELECT`, `INSERT`, …";
    DB_COLLECTION_NAME = "db.collection.name", String, [Database], "The table that a statement is about.";
    DB_QUERY_TEXT = "db.query.text", String, [Database], "The statement's text, with parameters in place of values.";
    DB_QUERY_SUMMARY = "db.query.summary", String, [Database], "`{operation} {table}`: the low-cardinality name of a statement.";
    DB_RESPONSE_RETURNED_ROWS = "db.response.returned_rows", Integer, [Database], "How many rows came back.";
    DB_RESPONSE_STATUS_CODE = "db.response.status_code", String, [Database], "The database's own code of an error, such as SQLite's `2067`.";

    CODE_FUNCTION_NAME = "code.function.name", String, [App], "The server function that a request called.";
    APP_NOW = "app.now", String, [App], "ISO 8601: the server's time when a feed was read.";
    APP_RESULT_LENGTH = "app.result_length", Integer, [App], "How many cruds a feed answered with.";
    APP_INVALID = "app.invalid", String, [App], "What is wrong with an input, as codes with commas between them (`message_blank,ttl_blank`). Not an error of the span.";
    APP_DB_WAIT_MS = "app.db_wait_ms", Milliseconds, [Database], "How long a statement or transaction waited for a connection and the write lock; absent below 1.";
    APP_REMOVED = "app.removed", Integer, [App], "How many expired cruds or sessions were removed.";

    SPAN_INCOMPLETE = "span.incomplete", Flag, [Page], "The span was still open when its page went away, and was ended there.";
    SPAN_SYNTHETIC = "span.synthetic", Flag, [Server], "The page's own span did not come, and the server made it from its own times.";
    SPAN_ABORTED = "span.aborted", Flag, [Page, Server, App], "The request was given up (its future was dropped, or it was aborted) before its response was complete.";
    SPAN_GENERATION = "span.generation", String, [Page], "From a page to the relay only, on the resource: the sign-in that the page was rendered for. Spans are stamped with the signed-in user only where it still is the same.";
    SPAN_DROPPED = "span.dropped", Integer, [Page], "From a page to the relay only, on the resource: how many spans the page has dropped since the last batch that was delivered.";
}
