//! A page that got no answer sends its spans again: none is lost, and none stands twice in the log.

use crate::relay::{Setup, attribute, batch, page, service, span};
use crate::relay_page::take;
use crate::support::{Mode, send};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use prost::Message;
use server_telemetry::{Ack, EncodedBatch, Relay, RelayConfig, SinkError, SpanSink};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::{Notify, oneshot};

fn posted(sent: &ExportTraceServiceRequest) -> Request<Body> {
    page("application/x-protobuf", sent.encode_to_vec())
}

#[tokio::test]
async fn spans_that_come_again_are_answered_for_and_not_written_again() {
    let setup = Setup::new();
    let [a, b, c] = ["a", "b", "c"].map(span);
    assert_eq!(take(&setup, &batch(vec![a.clone(), b.clone()])).await, None);
    // The same batch, and then in another company and in another order.
    assert_eq!(take(&setup, &batch(vec![a.clone(), b.clone()])).await, None);
    assert_eq!(take(&setup, &batch(vec![c, b, a])).await, None);
    let spans = setup.sink.spans();
    let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    let counts = setup.relay.counts();
    assert_eq!((counts.accepted_spans, counts.accepted_requests), (3, 3));
    assert_eq!((counts.pages.duplicates, counts.refused_spans.total()), (4, 0));
    assert_eq!(setup.sink.batches().len(), 2, "nothing is written for nothing");
}

#[tokio::test]
async fn the_same_id_in_another_trace_is_another_span() {
    let setup = Setup::new();
    let one = span("one");
    let mut other = one.clone();
    other.trace_id = vec![9; 16];
    assert_eq!(take(&setup, &batch(vec![one, other])).await, None);
    assert_eq!(setup.sink.spans().len(), 2);
}

#[tokio::test]
async fn what_was_not_kept_may_come_again() {
    for mode in [Mode::Full, Mode::Refuse, Mode::Lose] {
        let setup = Setup::new();
        let sent = batch(vec![span("a")]);
        setup.sink.set(mode);
        for _ in 0..2 {
            assert_eq!(
                setup.send(posted(&sent)).await.status(),
                StatusCode::SERVICE_UNAVAILABLE
            );
        }
        setup.sink.set(Mode::Keep);
        assert_eq!(take(&setup, &sent).await, None);
        assert_eq!(setup.sink.spans().len(), 1);
        assert_eq!(setup.relay.counts().pages.duplicates, 0);
    }
}

#[tokio::test]
async fn what_a_page_dropped_is_counted_once_too() {
    let setup = Setup::new();
    let mut sent = batch(vec![span("a")]);
    let mut dropped = attribute("span.dropped", "");
    dropped.value.as_mut().unwrap().value = Some(Value::IntValue(5));
    sent.resource_spans[0].resource.as_mut().unwrap().attributes = vec![dropped];
    for _ in 0..3 {
        assert_eq!(take(&setup, &sent).await, None);
    }
    assert_eq!(setup.relay.counts().pages.dropped_in_pages, 5);
}

#[tokio::test]
async fn a_service_is_believed() {
    let setup = Setup::new();
    let sent = batch(vec![span("charge")]);
    for _ in 0..2 {
        let response = setup
            .send(service("application/x-protobuf", sent.encode_to_vec()))
            .await;
        assert_eq!(response.status(), StatusCode::OK);
    }
    assert_eq!(setup.sink.batches().len(), 2);
}

/// Writes when it is told to.
#[derive(Default)]
struct SlowDisk {
    writing: Mutex<Vec<oneshot::Sender<()>>>,
    begun: Notify,
    appended: AtomicUsize,
}

impl SpanSink for SlowDisk {
    fn append(&self, _: EncodedBatch) -> Result<Ack, SinkError> {
        let (done, written) = oneshot::channel();
        self.writing.lock().unwrap().push(done);
        self.appended.fetch_add(1, Ordering::SeqCst);
        self.begun.notify_one();
        Ok(Ack::new(async move {
            written.await.map_err(|error| SinkError::Failed(error.into()))
        }))
    }
}

#[tokio::test]
async fn a_page_that_gives_up_while_its_batch_is_being_written_does_not_double_it() {
    let disk = Arc::new(SlowDisk::default());
    let relay = Relay::new(RelayConfig::new(disk.clone(), "shop-frontend"));
    let app = relay.router::<()>();
    let sent = batch(vec![span("a")]);

    let (given_up, begun) = (send(&app, posted(&sent)), disk.begun.notified());
    tokio::select! {
        _ = given_up => panic!("it is not written yet"),
        () = begun => {}
    }
    // Here the connection is gone and the handler with it. Nobody can say yet whether the span is needed again.
    let response = send(&app, posted(&sent)).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["retry-after"], "1");

    let written = disk.writing.lock().unwrap().pop().unwrap();
    written.send(()).unwrap();
    let answer = loop {
        let response = send(&app, posted(&sent)).await;
        if response.status() != StatusCode::SERVICE_UNAVAILABLE {
            break response;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(disk.appended.load(Ordering::SeqCst), 1);
    assert_eq!(relay.counts().pages.duplicates, 1);
}
