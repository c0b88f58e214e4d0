//! What a backend gets when all is well, and where a sender goes on.

use crate::backend::{Backend, Reply, Reserved, target};
use crate::support::{Folder, append, append_padded, client, in_state, quick, start, status, stop, until, up_to_date};
use opentelemetry::trace::{SpanKind, TraceContextExt, Tracer, TracerProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use server_telemetry::{OtlpCompression, OtlpProtocol, Permission, SenderConfig, SenderState, Senders, TracedClient};
use tokio::sync::watch;

#[tokio::test]
async fn every_span_is_delivered_once_and_in_its_order() {
    let folder = Folder::new();
    let (log, backend) = (folder.open(), Backend::start().await);
    append(&log, &["before"]).await;
    let senders = start(&log, vec![backend.target()]);
    up_to_date(&senders).await;
    append(&log, &["a", "b"]).await;
    append(&log, &["c"]).await;
    until("all of them", || backend.taken().len() == 4).await;
    up_to_date(&senders).await;
    assert_eq!(backend.taken(), ["before", "a", "b", "c"]);

    let first = backend.received().remove(0);
    assert_eq!((first.method.as_str(), first.uri.path()), ("POST", "/v1/traces"));
    assert_eq!(first.headers["x-honeycomb-team"], "hcaik_01secret");
    assert_eq!(first.headers["content-type"], "application/x-protobuf");
    assert_eq!(first.headers["content-encoding"], "gzip");

    let now = status(&senders);
    assert_eq!((now.delivered_spans, now.refused_spans, now.lost_batches), (4, 0, 0));
    assert_eq!((now.lag_batches, now.lag.as_nanos(), now.last_error), (0, 0, None));
    stop(senders.clone(), log).await;
    assert_eq!(status(&senders).state, SenderState::Stopped);
}

#[tokio::test]
async fn json_and_plain_bodies_are_delivered_as_well() {
    let folder = Folder::new();
    let (log, backend) = (folder.open(), Backend::start().await);
    append(&log, &["a"]).await;
    append(&log, &["b"]).await;
    let mut target = backend.target();
    target.protocol = OtlpProtocol::HttpJson;
    target.compression = OtlpCompression::None;
    let senders = start(&log, vec![target]);
    up_to_date(&senders).await;
    assert_eq!(backend.taken(), ["a", "b"]);
    let request = backend.received().remove(0);
    assert_eq!(request.headers["content-type"], "application/json");
    assert!(!request.headers.contains_key("content-encoding"));
    stop(senders, log).await;
}

#[tokio::test]
async fn batches_that_wait_go_in_few_requests_of_bounded_size() {
    let folder = Folder::new();
    let (log, backend) = (folder.open(), Backend::start().await);
    for _ in 0..20 {
        append(&log, &["small"; 10]).await;
    }
    for _ in 0..5 {
        append_padded(&log, &["large"], 700_000).await;
    }
    append(&log, &["many"; 1_500]).await;
    let senders = start(&log, vec![backend.target()]);
    up_to_date(&senders).await;
    let sizes: Vec<_> = backend.received().iter().map(|request| request.spans.len()).collect();
    // Twenty small ones with one large, large ones alone, and the one that is over the bound alone.
    assert_eq!(sizes, [201, 1, 1, 1, 1, 1_500]);
    stop(senders, log).await;
}

#[tokio::test]
async fn a_restart_goes_on_where_it_was() {
    let folder = Folder::new();
    let backend = Backend::start().await;
    let log = folder.open();
    for name in ["a", "b", "c", "d"] {
        // So large that each is a request.
        append_padded(&log, &[name], 900_000).await;
    }
    backend.answer(|request| match request.spans[0].as_str() {
        "a" | "b" => Reply::Take,
        _ => Reply::status(503),
    });
    let senders = start(&log, vec![backend.target()]);
    in_state(&senders, SenderState::Unwell).await;
    assert_eq!(status(&senders).lag_batches, 2);
    stop(senders, log).await;

    backend.take_everything();
    let log = folder.open();
    append(&log, &["e"]).await;
    let senders = start(&log, vec![backend.target()]);
    up_to_date(&senders).await;
    assert_eq!(
        backend.taken(),
        ["a", "b", "c", "d", "e"],
        "nothing lost, nothing twice"
    );
    let now = status(&senders);
    assert_eq!((now.delivered_spans, now.lost_batches), (3, 0), "since this start");
    stop(senders, log).await;
}

#[tokio::test]
async fn a_dead_backend_holds_up_no_other() {
    let folder = Folder::new();
    let (log, alive, late) = (folder.open(), Backend::start().await, Backend::start().await);
    let dead = Reserved::new();
    late.answer(|_| Reply::status(503));
    append(&log, &["a"]).await;
    let senders = start(&log, vec![target(dead.address), alive.target(), late.target()]);
    until("the living", || senders.status()[1].lag_batches == 0).await;
    append(&log, &["b"]).await;
    until("the living", || alive.taken() == ["a", "b"]).await;
    until("trouble", || {
        let states: Vec<_> = senders.status().into_iter().map(|status| status.state).collect();
        states == [SenderState::Down, SenderState::UpToDate, SenderState::Unwell]
    })
    .await;
    assert_eq!(senders.status()[0].lag_batches, 2);
    late.take_everything();
    until("the late", || late.taken() == ["a", "b"]).await;

    // The dead one's place is its own, too.
    stop(senders, log).await;
    let (log, risen) = (folder.open(), dead.start());
    let senders = start(&log, vec![risen.target(), alive.target(), late.target()]);
    up_to_date(&senders).await;
    assert_eq!(risen.taken(), ["a", "b"]);
    assert_eq!((alive.taken().len(), late.taken().len()), (2, 2));
    stop(senders, log).await;
}

#[tokio::test]
async fn what_the_bound_drops_is_counted_and_the_rest_is_delivered() {
    let folder = Folder::bounded(150_000);
    let log = folder.open();
    let reserved = Reserved::new();
    append_padded(&log, &["0"], 20_000).await;
    let senders = start(&log, vec![target(reserved.address)]);
    in_state(&senders, SenderState::Down).await;
    let names: Vec<String> = (0..40).map(|number| number.to_string()).collect();
    for name in &names[1..] {
        append_padded(&log, &[name], 20_000).await;
    }
    let now = status(&senders);
    let kept = log.counts().stored_batches;
    assert!(kept < 15, "{kept}");
    assert_eq!(
        (now.lost_batches, now.lag_batches),
        (40 - kept, kept),
        "seen before it is missed"
    );

    let backend = reserved.start();
    up_to_date(&senders).await;
    let now = status(&senders);
    // What was in hand on its way when the log dropped it may have been delivered all the same.
    assert!(now.delivered_spans >= kept, "{now:?}");
    assert_eq!(now.lost_batches + now.delivered_spans, 40);
    let taken = backend.taken();
    assert_eq!(taken.len() as u64, now.delivered_spans);
    assert!(
        taken.ends_with(&names[40 - usize::try_from(kept).unwrap()..]),
        "{taken:?}"
    );
    stop(senders, log).await;
}

#[tokio::test]
async fn a_new_backend_is_sent_what_the_log_holds_and_has_lost_nothing() {
    let folder = Folder::bounded(150_000);
    let (log, backend) = (folder.open(), Backend::start().await);
    for _ in 0..40 {
        append_padded(&log, &["old"], 20_000).await;
    }
    let kept = log.counts().stored_batches;
    let senders = start(&log, vec![backend.target()]);
    up_to_date(&senders).await;
    assert_eq!(backend.taken().len() as u64, kept);
    assert_eq!(status(&senders).lost_batches, 0);
    stop(senders, log).await;
}

#[tokio::test]
async fn nothing_is_sent_before_it_is_permitted() {
    let folder = Folder::new();
    let (log, backend) = (folder.open(), Backend::start().await);
    append(&log, &["a"]).await;
    let (permission, watched) = watch::channel(Permission::Held("not yet".to_owned()));
    let open = Backend::start().await;
    let config = |target, permission| SenderConfig {
        target,
        permission,
        pace: quick(),
    };
    let senders = Senders::start(
        &log,
        &client(),
        vec![config(backend.target(), Some(watched)), config(open.target(), None)],
    );
    until("the open one", || open.taken() == ["a"]).await;
    let now = status(&senders);
    assert_eq!((now.state.to_string().as_str(), now.lag_batches), ("held: not yet", 1));
    assert!(backend.received().is_empty());
    permission.send_replace(Permission::Granted);
    up_to_date(&senders).await;
    assert_eq!(backend.taken(), ["a"]);
    stop(senders, log).await;
}

#[tokio::test]
async fn sending_makes_no_spans_and_no_trace_goes_on_in_it() {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .build();
    let folder = Folder::new();
    let (log, backend) = (folder.open(), Backend::start().await);
    append(&log, &["a"]).await;
    let tracer = provider.tracer("test");
    let span = tracer
        .span_builder("start")
        .with_kind(SpanKind::Internal)
        .start(&tracer);
    let current = opentelemetry::Context::current_with_span(span).attach();
    let senders = Senders::start(
        &log,
        &TracedClient::with_provider(&provider).unwrap(),
        vec![SenderConfig {
            pace: quick(),
            ..backend.target().into()
        }],
    );
    drop(current);
    up_to_date(&senders).await;
    stop(senders, log).await;
    let names: Vec<_> = exporter
        .get_finished_spans()
        .unwrap()
        .into_iter()
        .map(|span| span.name)
        .collect();
    assert_eq!(names, ["start"]);
    assert!(!backend.received()[0].headers.contains_key("traceparent"));
}
