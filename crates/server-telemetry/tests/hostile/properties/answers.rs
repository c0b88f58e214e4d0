//! Properties of what others answer, of what proxies say, and of the rows that are made of batches.

use super::batch;
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode};
use honeycomb::whoami::{self, WhoamiError};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;
use std::net::IpAddr;

proptest! {
    /// A service's batch goes into the log with all that the relay does not look at, and the store makes rows of it.
    #[test]
    fn every_span_event_and_link_is_a_row(sent in batch()) {
        let rows = honeycomb::events(&sent);
        let spans = sent.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
        let expected: usize = spans
            .flat_map(|scope| &scope.spans)
            .map(|span| 1 + span.events.len() + span.links.len())
            .sum();
        prop_assert_eq!(rows.len(), expected);
        let read = ExportTraceServiceRequest::decode(&*sent.encode_to_vec()).unwrap();
        prop_assert_eq!(honeycomb::events(&read).len(), expected);
    }

    #[test]
    fn the_last_address_of_the_last_list_counts(
        before in vec("[ -~]{0,20}", 0..3),
        list in "([0-9a-f.:, ]{0,20},)?",
        address: IpAddr,
        spaces in " {0,2}",
    ) {
        let mut headers = HeaderMap::new();
        for line in before.iter().chain([&format!("{list}{spaces}{address}{spaces}")]) {
            headers.append("x-forwarded-for", HeaderValue::from_str(line).unwrap());
        }
        prop_assert_eq!(server_telemetry::behind_proxy(&Extensions::new(), &headers), Some(address));
    }

    #[test]
    fn whatever_honeycomb_answers_is_a_key_or_one_line(status in 100_u16..1000, body in vec(any::<u8>(), 0..200), words in ".{0,600}") {
        let status = StatusCode::from_u16(status).unwrap();
        let told = serde_json::json!({ "error": words }).to_string().into_bytes();
        for body in [body, told] {
            match whoami::answer(status, &body) {
                Ok(_) => prop_assert_eq!(status, StatusCode::OK),
                Err(WhoamiError::Refused { status: refused, message }) => {
                    prop_assert!(refused == 401 || refused == 403);
                    prop_assert!(message.chars().count() <= 300 && !message.contains(char::is_control));
                }
                Err(WhoamiError::Status { message, .. }) => {
                    prop_assert!(message.chars().count() <= 300 && !message.contains(char::is_control));
                }
                Err(error) => prop_assert_eq!((error, status), (WhoamiError::NotHoneycomb, StatusCode::OK)),
            }
        }
    }
}

#[cfg(feature = "sender")]
proptest! {
    /// The status decides, whatever the body is and says that it is.
    #[test]
    fn what_a_backend_answers_is_judged_by_its_status(
        status in 100_u16..1000,
        kind in "application/json|application/x-protobuf|text/plain|[ -~]{0,20}",
        after in prop::option::of("[0-9]{1,25}|[ -~]{0,30}"),
        body in vec(any::<u8>(), 0..200),
        words in ".{0,600}",
    ) {
        let told = serde_json::json!({ "message": words, "partialSuccess": { "errorMessage": words } }).to_string();
        for body in [body, told.into_bytes()] {
            let mut response = axum::http::Response::builder().status(status).header("content-type", &kind);
            if let Some(after) = &after {
                response = response.header("retry-after", after);
            }
            let (verdict, reason, pause) = server_telemetry::judged(response.body(body.into()).unwrap());
            let expected = match status {
                200..=299 => "taken",
                413 => "too large",
                300..=399 | 401 | 403..=408 | 415 | 425 | 429 | 500..=599 => "later",
                _ => "refused",
            };
            prop_assert_eq!(verdict, expected);
            prop_assert!(reason.chars().count() <= 200 && !reason.contains(char::is_control));
            prop_assert!(pause.is_none_or(|pause| !pause.is_zero() && pause.as_secs() <= 300));
        }
    }
}
