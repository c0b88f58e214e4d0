//! How the relay reads and answers: OTLP in protobuf and in JSON, each answered in its own kind.

use super::counts::SpanRefusals;
use crate::rpc_status::RpcStatus;
use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;

/// The other name that protobuf goes by.
const PROTOBUF_REGISTERED: &str = "application/protobuf";
const JSON: &str = "application/json";

/// What the body is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Protobuf,
    Json,
}

impl Format {
    /// By `Content-Type`, parameters aside; `None` for any other type, or none.
    pub(super) fn of_request(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let essence = value.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case(trace_wire::PROTOBUF) || essence.eq_ignore_ascii_case(PROTOBUF_REGISTERED) {
            Some(Self::Protobuf)
        } else if essence.eq_ignore_ascii_case(JSON) {
            Some(Self::Json)
        } else {
            None
        }
    }

    pub(super) fn decode(self, body: &[u8]) -> Result<ExportTraceServiceRequest, Refusal> {
        match self {
            Self::Protobuf => ExportTraceServiceRequest::decode(body).map_err(|error| error.to_string()),
            // The derived reader would take an array for an object's fields in their order.
            Self::Json if body.trim_ascii_start().first() != Some(&b'{') => Err("a JSON object is expected".to_owned()),
            Self::Json => serde_json::from_slice(body).map_err(|error| error.to_string()),
        }
        .map_err(Refusal::Malformed)
    }

    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Protobuf => trace_wire::PROTOBUF,
            Self::Json => JSON,
        })
    }
}

/// Why a request is refused as a whole. The texts are what the sender reads; where Honeycomb's ingest refuses for the same
/// reason, they begin with its words.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("missing 'x-honeycomb-team' header: send the value of {setting} in it. Pages of this origin need none.")]
    MissingKey { setting: String },
    #[error(
        "unknown API key - check your credentials: this server takes no spans of other services. Set {setting} on the server, \
         and send the same value as x-honeycomb-team."
    )]
    NoKey { setting: String },
    #[error(
        "unknown API key - check your credentials: x-honeycomb-team is not the server's ingest key. Send the value of {setting}."
    )]
    WrongKey { setting: String },
    #[error(
        "Spans are taken from pages of this origin only (an Origin header that names this host, or Sec-Fetch-Site: same-origin). \
         Other services send their ingest key as x-honeycomb-team."
    )]
    NotSameOrigin,
    #[error("This page sends too many batches: send fewer and larger ones, a little later.")]
    TooOften,
    #[error("The batch is larger than {limit} bytes (uncompressed): send smaller batches.")]
    TooLarge { limit: usize },
    #[error(
        "unsupported content-type, valid types are: application/x-protobuf, application/protobuf, application/json"
    )]
    UnsupportedType,
    #[error("The content encoding must be gzip, zstd or identity, and one only.")]
    UnsupportedEncoding,
    #[error("failed to parse OTLP request body as an ExportTraceServiceRequest: {0}")]
    Malformed(String),
    #[error("The spans could not be written; send them again a little later.")]
    Unavailable,
    #[error("Some of these spans are being written for another request; send them again a little later.")]
    BeingWritten,
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::MissingKey { .. } | Self::NoKey { .. } | Self::WrongKey { .. } => StatusCode::UNAUTHORIZED,
            Self::NotSameOrigin => StatusCode::FORBIDDEN,
            Self::TooOften => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedType | Self::UnsupportedEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Unavailable | Self::BeingWritten => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The code of `google.rpc.Code` that stands for the HTTP status.
    fn code(&self) -> i32 {
        match self {
            Self::MissingKey { .. } | Self::NoKey { .. } | Self::WrongKey { .. } => 16,
            Self::NotSameOrigin => 7,
            Self::TooOften | Self::TooLarge { .. } => 8,
            Self::UnsupportedType | Self::UnsupportedEncoding | Self::Malformed(_) => 3,
            Self::Unavailable | Self::BeingWritten => 14,
        }
    }

    /// Whether the same batch may be taken a second later: a rate is at least one batch a second.
    fn may_come_again(&self) -> bool {
        matches!(self, Self::TooOften | Self::Unavailable | Self::BeingWritten)
    }
}

/// 200, with `partial_success` where spans were refused.
pub(super) fn success(format: Format, refused: &SpanRefusals) -> Response {
    let response = ExportTraceServiceResponse {
        partial_success: (refused.total() > 0).then(|| ExportTracePartialSuccess {
            rejected_spans: i64::try_from(refused.total()).unwrap_or(i64::MAX),
            error_message: in_words(refused),
        }),
    };
    let body = match format {
        Format::Protobuf => response.encode_to_vec(),
        // The derived JSON would write the absent field as null.
        Format::Json if response.partial_success.is_none() => b"{}".to_vec(),
        Format::Json => serde_json::to_vec(&response).unwrap_or_else(|_| b"{}".to_vec()),
    };
    respond(StatusCode::OK, format, body)
}

fn in_words(refused: &SpanRefusals) -> String {
    let reasons = [
        (refused.invalid_ids, "invalid ids"),
        (refused.invalid_times, "times that cannot be"),
        (refused.over_limit, "more spans than a batch may hold"),
        (
            refused.late_page_loads,
            "the load of a page that the server had given up",
        ),
    ];
    let parts: Vec<String> = reasons
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, reason)| format!("{count} for {reason}"))
        .collect();
    format!("spans refused: {}", parts.join(", "))
}

/// An error, as OTLP/HTTP wants it.
pub(super) fn refusal(format: Format, refusal: &Refusal) -> Response {
    let status = RpcStatus {
        code: refusal.code(),
        message: refusal.to_string(),
    };
    let body = match format {
        Format::Protobuf => status.encode_to_vec(),
        Format::Json => serde_json::json!({ "code": status.code, "message": status.message })
            .to_string()
            .into_bytes(),
    };
    let mut response = respond(refusal.status(), format, body);
    if refusal.may_come_again() {
        let seconds = HeaderValue::from_static("1");
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

fn respond(status: StatusCode, format: Format, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, format.content_type());
    response
}
