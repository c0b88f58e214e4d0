//! The attributes that Cruddur and its telemetry crates set, by name.
//!
//! Names without one of our prefixes are OpenTelemetry semantic conventions. Ours start with `timing.`, `clock.` and
//! `span.` (the crates') or `app.` (the app's).

/// String, on the resource. Which service a span is from.
pub const SERVICE_NAME: &str = "service.name";

/// String. The request method (semantic conventions, HTTP, stable).
pub const HTTP_REQUEST_METHOD: &str = "http.request.method";
/// Integer. The response's status code; absent where no response came.
pub const HTTP_RESPONSE_STATUS_CODE: &str = "http.response.status_code";
/// String. The matched route of the server, such as `/api/activities/home`.
pub const HTTP_ROUTE: &str = "http.route";
/// String. The low-cardinality template of a client's URL.
pub const URL_TEMPLATE: &str = "url.template";
/// String. The whole URL, without credentials.
pub const URL_FULL: &str = "url.full";
/// String. The path of the URL.
pub const URL_PATH: &str = "url.path";
/// String. The query of the URL, without `?`.
pub const URL_QUERY: &str = "url.query";
/// String. `http` or `https`.
pub const URL_SCHEME: &str = "url.scheme";
/// String. The host that a request goes to or came for.
pub const SERVER_ADDRESS: &str = "server.address";
/// Integer. The port that a request goes to or came for.
pub const SERVER_PORT: &str = "server.port";
/// String. The name of the service that a request goes to.
pub const SERVICE_PEER_NAME: &str = "service.peer.name";
/// String. The address of the client, as far as the server knows it.
pub const CLIENT_ADDRESS: &str = "client.address";
/// String. `1.1`, `2` or `3`.
pub const NETWORK_PROTOCOL_VERSION: &str = "network.protocol.version";
/// String. The `User-Agent` header.
pub const USER_AGENT_ORIGINAL: &str = "user_agent.original";
/// String. What went wrong: a status code as text, or the name of an error; absent where nothing did.
pub const ERROR_TYPE: &str = "error.type";

/// String. The name of an exception's type.
pub const EXCEPTION_TYPE: &str = "exception.type";
/// String. An exception's message.
pub const EXCEPTION_MESSAGE: &str = "exception.message";
/// String. The stack trace as the runtime writes it.
pub const EXCEPTION_STACKTRACE: &str = "exception.stacktrace";

/// String. The id of the signed-in user, stamped by the server.
pub const USER_ID: &str = "user.id";
/// String. The handle of the signed-in user, stamped by the server.
pub const USER_NAME: &str = "user.name";

/// String. `sqlite` or `postgresql`.
pub const DB_SYSTEM_NAME: &str = "db.system.name";
/// String. The database's name within its system; SQLite: the name of its file.
pub const DB_NAMESPACE: &str = "db.namespace";
/// String. `SELECT`, `INSERT`, …
pub const DB_OPERATION_NAME: &str = "db.operation.name";
/// String. The table that a statement is about.
pub const DB_COLLECTION_NAME: &str = "db.collection.name";
/// String. The statement's text, with parameters in place of values.
pub const DB_QUERY_TEXT: &str = "db.query.text";
/// String. `{operation} {table}`: the low-cardinality name of a statement.
pub const DB_QUERY_SUMMARY: &str = "db.query.summary";
/// Integer. How many rows came back.
pub const DB_RESPONSE_RETURNED_ROWS: &str = "db.response.returned_rows";
/// String. The database's own code of an error, such as SQLite's `2067`.
pub const DB_RESPONSE_STATUS_CODE: &str = "db.response.status_code";

/// Number, milliseconds: waiting in the browser before the request is sent, connecting not included.
pub const TIMING_QUEUE_MS: &str = "timing.queue_ms";
/// Number, milliseconds: looking the server's name up.
pub const TIMING_DNS_MS: &str = "timing.dns_ms";
/// Number, milliseconds: opening the connection, without TLS.
pub const TIMING_CONNECT_MS: &str = "timing.connect_ms";
/// Number, milliseconds: the TLS handshake.
pub const TIMING_TLS_MS: &str = "timing.tls_ms";
/// Number, milliseconds: request sent to first byte of the response.
pub const TIMING_WAIT_MS: &str = "timing.wait_ms";
/// Number, milliseconds: first byte to last byte of the response.
pub const TIMING_DOWNLOAD_MS: &str = "timing.download_ms";
/// Number, milliseconds: request received to response head, as the server measured it.
pub const TIMING_SERVER_MS: &str = "timing.server_ms";
/// Number, milliseconds: `timing.wait_ms` − `timing.server_ms`, never below 0.
pub const TIMING_NETWORK_MS: &str = "timing.network_ms";

/// Number, milliseconds: what the relay added to the span's times, to bring the browser's clock onto the server's.
/// A page states it on the resource of its batches, and the relay puts it on each span that it moves.
pub const CLOCK_OFFSET_MS: &str = "clock.offset_ms";
/// Number, milliseconds: how far `clock.offset_ms` may be off, either way.
pub const CLOCK_ERROR_MS: &str = "clock.error_ms";

/// String, 32 hexadecimal digits: the person's visit, across page loads and tabs ([`crate::session`]). On the resource
/// of a page's batches, and on the server's spans.
pub const SESSION_ID: &str = "session.id";

/// String, on the resource of a page's batches only; the relay takes it off. The sign-in that the page was rendered
/// for ([`crate::page::GENERATION_META`]): spans are stamped with the signed-in user only where it still is the same.
pub const SPAN_GENERATION: &str = "span.generation";
/// Integer, on the resource of a page's batches only; the relay takes it off and counts it. How many spans the page has
/// dropped since the last batch that was delivered.
pub const SPAN_DROPPED: &str = "span.dropped";

/// Boolean `true`: the span was still open when its page went away, and was ended there.
pub const SPAN_INCOMPLETE: &str = "span.incomplete";

/// String, ISO 8601: the server's time when a feed was read.
pub const APP_NOW: &str = "app.now";
/// Integer: how many cruds a feed answered with.
pub const APP_RESULT_LENGTH: &str = "app.result_length";
/// Boolean `true`: the page's own span did not come, and the server made it from its own times.
pub const SPAN_SYNTHETIC: &str = "span.synthetic";
/// Boolean `true`: the request was given up (its future was dropped, or it was aborted) before its response was
/// complete.
pub const SPAN_ABORTED: &str = "span.aborted";
/// String: what is wrong with an input, as codes with commas between them (`message_blank,ttl_blank`). Not an error of
/// the span.
pub const APP_INVALID: &str = "app.invalid";
/// Number, milliseconds: how long a statement or transaction waited for a connection and the write lock; absent
/// below 1.
pub const APP_DB_WAIT_MS: &str = "app.db_wait_ms";
/// Integer: how many expired cruds or sessions were removed.
pub const APP_REMOVED: &str = "app.removed";
