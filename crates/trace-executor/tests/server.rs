//! Whose context a task of the server's executor runs in.

use any_spawner::Executor;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use tokio::sync::oneshot;

fn within(trace: u128) -> Context {
    Context::new().with_remote_span_context(SpanContext::new(
        TraceId::from(trace),
        SpanId::from(1),
        TraceFlags::SAMPLED,
        false,
        TraceState::default(),
    ))
}

fn here() -> TraceId {
    Context::current().span().span_context().trace_id()
}

/// The case of a connection pool: request B gives a connection back and so wakes a task of request A.
#[tokio::test]
async fn a_task_keeps_its_request_whoever_wakes_it() {
    trace_executor::init_server().unwrap();
    let (wake, woken) = oneshot::channel::<()>();
    let (answer, seen) = oneshot::channel();
    {
        let _request_a = within(0xa).attach();
        Executor::spawn(async move {
            let before = here();
            woken.await.unwrap();
            answer.send((before, here())).unwrap();
        });
    }
    tokio::task::yield_now().await;
    {
        let _request_b = within(0xb).attach();
        wake.send(()).unwrap();
    }
    assert_eq!(seen.await.unwrap(), (TraceId::from(0xa), TraceId::from(0xa)));
}
