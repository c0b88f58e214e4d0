//! What an answer means, by the OTLP specification (<https://opentelemetry.io/docs/specs/otlp/#otlphttp-response>), with
//! three differences, all because what waits in a durable log need not be thrown away:
//!
//! - Every 5xx is tried again, and not only 502, 503 and 504.
//! - A key that is refused (401, 403) and an address or a format that is not OTLP's there (redirects, 404, 405, 406, 407,
//!   415, 501) are somebody's mistake, which somebody will put right: tried again, slowly.
//! - 413 is tried again in smaller requests.

use super::pace::retry_after;
use super::status::Trouble;
use crate::client::ClientError;
use crate::rpc_status::RpcStatus;
use bytes::Bytes;
use http::{Response, header};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use std::time::{Duration, SystemTime};

/// How much of a backend's own words is repeated.
const MOST_WORDS: usize = 200;

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It has them, but for so many, for the reason that it gives.
    Taken { rejected: u64, reason: String },
    /// They are too many at once.
    TooLarge,
    /// It will never take them: why, and what it says itself.
    Refused { why: String, reason: String },
    /// Not now.
    Later { trouble: Trouble, after: Option<Duration> },
}

/// Judges what came back.
pub(super) fn judge(answer: &Result<Response<Bytes>, ClientError>) -> Verdict {
    let response = match answer {
        Ok(response) => response,
        Err(ClientError::Timeout) => return Verdict::later(Trouble::Slow),
        Err(error) => return Verdict::later(Trouble::Down(*error)),
    };
    let status = response.status();
    let after = response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| retry_after(value.to_str().ok()?, SystemTime::now()));
    let trouble = match status.as_u16() {
        200..=299 => return taken(response),
        413 => return Verdict::TooLarge,
        429 => Trouble::Throttled,
        401 | 403 => Trouble::KeyRefused(status),
        300..=399 | 404 | 405 | 406 | 407 | 415 | 501 => Trouble::NotThere(status),
        408 | 425 | 500..=599 => Trouble::Unwell(status),
        _ => {
            return Verdict::Refused {
                why: format!("it answers {status}"),
                reason: reason(response),
            };
        }
    };
    Verdict::Later { trouble, after }
}

/// What is made of an answer, for tests that have nobody answer: in a word, in the backend's words, and how long it is
/// left alone.
#[doc(hidden)]
pub fn judged(answer: Response<Bytes>) -> (&'static str, String, Option<Duration>) {
    match judge(&Ok(answer)) {
        Verdict::Taken { reason, .. } => ("taken", reason, None),
        Verdict::TooLarge => ("too large", String::new(), None),
        Verdict::Refused { reason, .. } => ("refused", reason, None),
        Verdict::Later { trouble, after } => {
            let pause = super::Pace::default().pause(1, trouble.needs_a_person(), after);
            ("later", String::new(), Some(pause))
        }
    }
}

impl Verdict {
    fn later(trouble: Trouble) -> Self {
        Self::Later { trouble, after: None }
    }
}

/// A 2xx may refuse some spans (`partial_success`). Where its body cannot be read, all were taken: the status says so.
fn taken(response: &Response<Bytes>) -> Verdict {
    let (rejected, reason) = if is_json(response) {
        let body: serde_json::Value = serde_json::from_slice(response.body()).unwrap_or_default();
        let partial = &body["partialSuccess"];
        // 64-bit integers are strings in protobuf's JSON, and numbers are taken as well.
        let rejected = &partial["rejectedSpans"];
        let rejected = rejected
            .as_i64()
            .or_else(|| rejected.as_str()?.parse().ok())
            .unwrap_or_default();
        (
            rejected,
            partial["errorMessage"].as_str().unwrap_or_default().to_owned(),
        )
    } else {
        let body = ExportTraceServiceResponse::decode(response.body().clone()).unwrap_or_default();
        let partial = body.partial_success.unwrap_or_default();
        (partial.rejected_spans, partial.error_message)
    };
    Verdict::Taken {
        rejected: u64::try_from(rejected).unwrap_or(0),
        reason: cut(&reason),
    }
}

/// The backend's own words, cut to a line.
fn reason(response: &Response<Bytes>) -> String {
    let body = response.body();
    if is_json(response) {
        let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let words = ["message", "error", "detail", "title"];
        return cut(words.iter().find_map(|name| body[*name].as_str()).unwrap_or_default());
    }
    let kind = content_type(response);
    if kind.starts_with("text/plain") {
        return cut(&String::from_utf8_lossy(body));
    }
    if kind.contains("protobuf") {
        return cut(&RpcStatus::decode(body.clone()).unwrap_or_default().message);
    }
    String::new()
}

fn content_type(response: &Response<Bytes>) -> &str {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default()
}

fn is_json(response: &Response<Bytes>) -> bool {
    content_type(response).contains("json")
}

fn cut(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MOST_WORDS)
        .collect();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTracePartialSuccess;

    fn answer(status: u16, kind: &str, body: impl Into<Bytes>) -> Result<Response<Bytes>, ClientError> {
        let response = Response::builder().status(status).header("content-type", kind);
        Ok(response.body(body.into()).unwrap())
    }

    fn taken(rejected: u64, reason: &str) -> Verdict {
        let reason = reason.to_owned();
        Verdict::Taken { rejected, reason }
    }

    #[test]
    fn what_a_2xx_refuses_is_read_in_both_formats() {
        let protobuf = ExportTraceServiceResponse {
            partial_success: Some(ExportTracePartialSuccess {
                rejected_spans: 3,
                error_message: "too old".into(),
            }),
        };
        let verdict = judge(&answer(200, "application/x-protobuf", protobuf.encode_to_vec()));
        assert_eq!(verdict, taken(3, "too old"));
        for rejected in ["3", "\"3\""] {
            let body = format!(r#"{{"partialSuccess":{{"rejectedSpans":{rejected},"errorMessage":"too\nold"}}}}"#);
            assert_eq!(judge(&answer(200, "application/json", body)), taken(3, "too old"));
        }
        for (kind, body) in [
            ("application/x-protobuf", ""),
            ("text/html", "<p>"),
            ("application/json", "{"),
        ] {
            assert_eq!(judge(&answer(202, kind, body)), taken(0, ""), "{kind}");
        }
    }

    #[test]
    fn only_what_can_never_succeed_is_given_up() {
        let trouble = |status| match judge(&answer(status, "text/plain", "")) {
            Verdict::Later { trouble, .. } => Some(trouble),
            _ => None,
        };
        let code = |status| StatusCode::from_u16(status).unwrap();
        for status in [408, 500, 502, 503, 504, 599] {
            assert_eq!(trouble(status), Some(Trouble::Unwell(code(status))));
        }
        for status in [401, 403] {
            assert_eq!(trouble(status), Some(Trouble::KeyRefused(code(status))));
        }
        for status in [301, 302, 307, 404, 405, 415, 501] {
            assert_eq!(trouble(status), Some(Trouble::NotThere(code(status))));
        }
        assert_eq!(trouble(429), Some(Trouble::Throttled));
        assert_eq!(judge(&answer(413, "text/plain", "")), Verdict::TooLarge);
        for status in [400, 409, 422] {
            assert!(
                matches!(judge(&answer(status, "", "")), Verdict::Refused { .. }),
                "{status}"
            );
        }
    }

    #[test]
    fn a_refusal_is_in_the_backends_words() {
        let status = RpcStatus {
            code: 3,
            message: "bad\u{7} ids".into(),
        };
        for (kind, body) in [
            ("application/x-protobuf", status.encode_to_vec()),
            ("application/json", br#"{"code":3,"message":"bad  ids"}"#.to_vec()),
            ("application/problem+json", br#"{"error":"bad  ids"}"#.to_vec()),
            ("text/plain; charset=utf-8", b"bad  ids\n".to_vec()),
        ] {
            let Verdict::Refused { reason, .. } = judge(&answer(400, kind, body)) else {
                panic!("{kind}")
            };
            assert_eq!(reason, "bad  ids", "{kind}");
        }
    }

    #[test]
    fn a_pause_that_is_asked_for_is_kept() {
        let mut answer = answer(429, "", "");
        let headers = answer.as_mut().unwrap().headers_mut();
        headers.insert("retry-after", "7".parse().unwrap());
        assert_eq!(
            judge(&answer),
            Verdict::Later {
                trouble: Trouble::Throttled,
                after: Some(Duration::from_secs(7))
            }
        );
        assert_eq!(judge(&Err(ClientError::Timeout)), Verdict::later(Trouble::Slow));
        assert_eq!(
            judge(&Err(ClientError::Refused)),
            Verdict::later(Trouble::Down(ClientError::Refused))
        );
    }
}
