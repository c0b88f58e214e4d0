//! Whose context a task of the browser's executor runs in.

use futures::channel::{mpsc, oneshot};
use futures::executor::LocalPool;
use futures::task::LocalSpawnExt;
use futures::{SinkExt, StreamExt};
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use trace_executor::AdoptingTask;

fn within(span: u64) -> Context {
    Context::new().with_remote_span_context(SpanContext::new(
        TraceId::from(1),
        SpanId::from(span),
        TraceFlags::SAMPLED,
        false,
        TraceState::default(),
    ))
}

/// The current span's id, as a number; 0 outside any.
fn here() -> u64 {
    u64::from_be_bytes(Context::current().span().span_context().span_id().to_bytes())
}

/// A task in whose world nothing is ever over.
fn task<F: Future<Output = ()>>(future: F) -> AdoptingTask<F> {
    AdoptingTask::new(future, |_| false)
}

#[test]
fn a_task_keeps_its_context_over_wake_ups_from_outside_any_span() {
    let mut pool = LocalPool::new();
    let (tx, rx) = oneshot::channel();
    let seen = Rc::new(RefCell::new(vec![]));
    {
        let _click = within(7).attach();
        let seen = seen.clone();
        pool.spawner()
            .spawn_local(task(async move {
                seen.borrow_mut().push(here());
                rx.await.unwrap();
                seen.borrow_mut().push(here());
            }))
            .unwrap();
    }
    pool.run_until_stalled();
    tx.send(()).unwrap();
    pool.run();
    assert_eq!(*seen.borrow(), [7, 7]);
    assert_eq!(here(), 0, "nothing stays attached after a poll");
}

#[test]
fn an_endless_task_adopts_each_context_that_wakes_it() {
    let mut pool = LocalPool::new();
    let (mut tx, mut rx) = mpsc::channel::<()>(1);
    let seen = Rc::new(RefCell::new(vec![]));
    {
        let _page_load = within(1).attach();
        let seen = seen.clone();
        pool.spawner()
            .spawn_local(task(async move {
                while rx.next().await.is_some() {
                    seen.borrow_mut().push(here());
                }
            }))
            .unwrap();
    }
    for click in [2, 3] {
        pool.run_until_stalled();
        let _click = within(click).attach();
        futures::executor::block_on(tx.send(())).unwrap();
    }
    pool.run_until_stalled();
    assert_eq!(*seen.borrow(), [2, 3]);
}

#[test]
fn two_tasks_do_not_mix() {
    let mut pool = LocalPool::new();
    let seen = Rc::new(RefCell::new(vec![]));
    let mut wakers = vec![];
    for click in [2, 3] {
        let _click = within(click).attach();
        let (tx, rx) = oneshot::channel::<()>();
        wakers.push(tx);
        let seen = seen.clone();
        pool.spawner()
            .spawn_local(task(async move {
                rx.await.unwrap();
                seen.borrow_mut().push((click, here()));
            }))
            .unwrap();
    }
    pool.run_until_stalled();
    for tx in wakers.into_iter().rev() {
        tx.send(()).unwrap();
        pool.run_until_stalled();
    }
    assert_eq!(*seen.borrow(), [(3, 3), (2, 2)]);
}

#[test]
fn a_task_that_wakes_itself_stays_where_it_is() {
    let mut pool = LocalPool::new();
    let seen = Rc::new(RefCell::new(0));
    {
        let _click = within(5).attach();
        let seen = seen.clone();
        pool.spawner()
            .spawn_local(task(async move {
                let mut yielded = false;
                std::future::poll_fn(|cx| {
                    if std::mem::replace(&mut yielded, true) {
                        return std::task::Poll::Ready(());
                    }
                    cx.waker().wake_by_ref();
                    std::task::Poll::Pending
                })
                .await;
                *seen.borrow_mut() = here();
            }))
            .unwrap();
    }
    pool.run();
    assert_eq!(*seen.borrow(), 5);
}

#[test]
fn an_adopted_context_is_left_when_it_is_over_and_the_world_wakes_the_task() {
    thread_local!(static OVER: Cell<bool> = const { Cell::new(false) });
    let mut pool = LocalPool::new();
    let (mut tx, mut rx) = mpsc::channel::<()>(1);
    let seen = Rc::new(RefCell::new(vec![]));
    let endless = seen.clone();
    let future = async move {
        while rx.next().await.is_some() {
            endless.borrow_mut().push(here());
        }
    };
    pool.spawner()
        .spawn_local(AdoptingTask::new(future, |_| OVER.get()))
        .unwrap();
    pool.run_until_stalled();
    {
        let _click = within(2).attach();
        futures::executor::block_on(tx.send(())).unwrap();
    }
    pool.run_until_stalled();
    // The click is still at work: its response comes.
    futures::executor::block_on(tx.send(())).unwrap();
    pool.run_until_stalled();
    // Then it is over, and a timer rings.
    OVER.set(true);
    futures::executor::block_on(tx.send(())).unwrap();
    pool.run_until_stalled();
    assert_eq!(*seen.borrow(), [2, 2, 0]);
}
