//! What a backend will never take, and what it takes in other sizes.

use crate::backend::{Backend, Received, Reply};
use crate::support::{Folder, Said, append, append_padded, in_state, start, status, stop, up_to_date};
use axum::body::Body;
use axum::http::Response;
use futures::StreamExt;
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
use prost::Message;
use server_telemetry::{MAX_ANSWER, SenderState, Senders};
use span_log::Batch;
use std::time::Duration;

fn has(name: &'static str) -> impl Fn(&Received) -> bool {
    move |request| request.spans.iter().any(|span| span == name)
}

#[tokio::test]
async fn a_poison_batch_is_found_left_out_and_holds_up_nobody() {
    let said = Said::listen();
    let folder = Folder::new();
    let (log, backend) = (folder.open(), Backend::start().await);
    backend.answer(|request| match has("poison")(request) {
        false => Reply::Take,
        true => Reply::Say(
            Response::builder()
                .status(400)
                .header("content-type", "application/json")
                .body(Body::from(r#"{"code":3,"message":"that is no span"}"#))
                .unwrap(),
        ),
    });
    append(&log, &["a", "b"]).await;
    append(&log, &["poison", "with it"]).await;
    append(&log, &["c"]).await;
    append(&log, &["poison"]).await;
    append(&log, &["d"]).await;
    let senders = start(&log, vec![backend.target()]);
    up_to_date(&senders).await;
    assert_eq!(backend.taken(), ["a", "b", "c", "d"]);
    let now = status(&senders);
    assert_eq!((now.delivered_spans, now.refused_spans), (4, 3));
    assert_eq!(
        now.last_error.as_deref(),
        Some("refused a batch: it answers 400 Bad Request")
    );
    assert_eq!(said.times("refuses a batch for good"), 1, "{}", said.text());
    assert_eq!(said.times("that is no span"), 1, "{}", said.text());
    stop(senders, log).await;

    // They are not sent again.
    let requests = backend.received().len();
    let log = folder.open();
    let senders = start(&log, vec![backend.target()]);
    up_to_date(&senders).await;
    assert_eq!(backend.received().len(), requests);
    stop(senders, log).await;
}

#[tokio::test]
async fn what_is_too_large_goes_in_smaller_requests_from_then_on() {
    let folder = Folder::new();
    let (log, backend) = (folder.open(), Backend::start().await);
    const MOST: usize = 40_000;
    backend.answer(|request| match request.bytes > MOST {
        true => Reply::status(413),
        false => Reply::Take,
    });
    let names: Vec<String> = (0..24).map(|number| number.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    append_padded(&log, &names[..4], 15_000).await;
    append_padded(&log, &names[4..5], 15_000).await;
    append_padded(&log, &["enormous"], 50_000).await;
    append_padded(&log, &names[5..], 1_000).await;
    let senders = start(&log, vec![backend.target()]);
    up_to_date(&senders).await;
    assert_eq!(backend.taken(), names, "once, and in their order");
    let now = status(&senders);
    assert_eq!((now.delivered_spans, now.refused_spans), (24, 1));
    let too_large = |from: usize| {
        backend.received()[from..]
            .iter()
            .filter(|request| !request.taken)
            .count()
    };
    let before = backend.received().len();
    assert!(too_large(0) > 0);
    // It has learnt.
    for _ in 0..6 {
        append_padded(&log, &["later"], 15_000).await;
    }
    up_to_date(&senders).await;
    assert_eq!(too_large(before), 0);
    stop(senders, log).await;
}

#[tokio::test]
async fn what_a_2xx_leaves_out_is_counted() {
    let said = Said::listen();
    let folder = Folder::new();
    let (log, backend) = (folder.open(), Backend::start().await);
    backend.answer(|_| {
        let body = ExportTraceServiceResponse {
            partial_success: Some(ExportTracePartialSuccess {
                rejected_spans: 2,
                error_message: "too old".to_owned(),
            }),
        };
        let response = Response::builder().header("content-type", "application/x-protobuf");
        Reply::Say(response.body(Body::from(body.encode_to_vec())).unwrap())
    });
    append(&log, &["a", "b", "c"]).await;
    let senders = start(&log, vec![backend.target()]);
    up_to_date(&senders).await;
    append(&log, &["d", "e", "f"]).await;
    crate::support::until("the second", || status(&senders).refused_spans == 4).await;
    up_to_date(&senders).await;
    assert_eq!(status(&senders).delivered_spans, 2);
    assert_eq!(backend.received().len(), 2, "it is not sent again");
    assert_eq!(said.times("too old"), 1, "{}", said.text());
    stop(senders, log).await;
}

/// The status decides, or a backend that garbles its answers would be sent the same for ever.
#[tokio::test]
async fn a_2xx_whose_body_cannot_be_read_has_taken_everything() {
    let folder = Folder::new();
    let (log, backend) = (folder.open(), Backend::start().await);
    backend.answer(|request| {
        let body = match request.spans[0].as_str() {
            "too long" => Body::from(vec![0; MAX_ANSWER + 1]),
            "breaks off" => {
                let gone = async {
                    // Not before the head of the answer is on its way.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    Err(std::io::Error::other("gone"))
                };
                Body::from_stream(futures::stream::iter([Ok("begun")]).chain(futures::stream::once(gone)))
            }
            _ => Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>()),
        };
        Reply::Say(Response::new(body))
    });
    let mut target = backend.target();
    target.timeout = Duration::from_secs(1);
    let senders = start(&log, vec![target]);
    for (number, name) in ["too long", "breaks off", "never ends"].into_iter().enumerate() {
        append(&log, &[name]).await;
        crate::support::until(name, || status(&senders).delivered_spans == number as u64 + 1).await;
        up_to_date(&senders).await;
        assert_eq!(backend.received().len(), number + 1, "{name}: it is not sent again");
    }
    assert_eq!(status(&senders).last_error, None);
    stop(senders, log).await;
}

#[tokio::test]
async fn a_redirect_is_not_followed_for_it_would_take_the_key_along() {
    let folder = Folder::new();
    let (log, backend, other) = (folder.open(), Backend::start().await, Backend::start().await);
    let elsewhere = format!("http://{}/v1/traces", other.address);
    backend.answer(move |_| {
        let response = Response::builder().status(307).header("location", &elsewhere);
        Reply::Say(response.body(Body::empty()).unwrap())
    });
    append(&log, &["a"]).await;
    let senders = start(&log, vec![backend.target()]);
    in_state(&senders, SenderState::NotThere).await;
    assert!(other.received().is_empty());
    stop(senders, log).await;
}

#[tokio::test]
async fn a_batch_that_is_no_otlp_does_not_stop_json_either() {
    let folder = Folder::new();
    let (log, backend) = (folder.open(), Backend::start().await);
    append(&log, &["a"]).await;
    let garbage = Batch {
        body: vec![0xff; 20],
        spans: 7,
        flags: 0,
    };
    log.append(garbage).unwrap().durable().await.unwrap();
    append(&log, &["b"]).await;
    let mut target = backend.target();
    target.protocol = server_telemetry::OtlpProtocol::HttpJson;
    let senders: Senders = start(&log, vec![target]);
    up_to_date(&senders).await;
    assert_eq!(backend.taken(), ["a", "b"]);
    assert_eq!(status(&senders).refused_spans, 7);
    stop(senders, log).await;
}
