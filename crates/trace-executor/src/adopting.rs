//! A task that goes on in the context of whatever woke it.

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Wake, Waker};

/// Runs a future with a context attached on every poll.
///
/// The context is the one that was current when the task was made, until the task is woken while a span is current:
/// from then on it is that one. A wake-up outside any span (the browser delivers a response or a timer) changes
/// nothing, so a handler that awaits three fetches keeps its click.
///
/// But an endless task must not stay in its last click for good: where a timer or the browser's Back button sets the
/// signal that it waits for, that is nobody's click. So an adopted context is left once it is over ([`Self::new`]) and
/// something from outside any span wakes the task.
pub struct AdoptingTask<F> {
    future: Pin<Box<F>>,
    context: Context,
    is_adopted: bool,
    is_over: fn(&Context) -> bool,
    wakeups: Arc<Wakeups>,
}

impl<F: Future> AdoptingTask<F> {
    /// Wraps `future` in the current context. `is_over` says of an adopted context whether all that it was about has
    /// ended.
    pub fn new(future: F, is_over: fn(&Context) -> bool) -> Self {
        Self {
            future: Box::pin(future),
            context: Context::current(),
            is_adopted: false,
            is_over,
            wakeups: Arc::new(Wakeups {
                latest: Mutex::new(Latest {
                    task: Waker::noop().clone(),
                    context: None,
                }),
            }),
        }
    }
}

impl<F: Future> Future for AdoptingTask<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<F::Output> {
        let adopted = {
            let mut latest = self.wakeups.lock();
            if !latest.task.will_wake(cx.waker()) {
                latest.task = cx.waker().clone();
            }
            latest.context.take()
        };
        if let Some(adopted) = adopted {
            self.context = adopted;
            self.is_adopted = true;
        } else if self.is_adopted && (self.is_over)(&self.context) {
            self.context = Context::new();
            self.is_adopted = false;
        }
        let waker = Waker::from(self.wakeups.clone());
        let _attached = self.context.clone().attach();
        self.future.as_mut().poll(&mut std::task::Context::from_waker(&waker))
    }
}

/// The waker that the wrapped future sees: it notes the context of the wake-up and passes it on.
struct Wakeups {
    latest: Mutex<Latest>,
}

struct Latest {
    task: Waker,
    context: Option<Context>,
}

impl Wakeups {
    fn lock(&self) -> std::sync::MutexGuard<'_, Latest> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Wakeups {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let current = Context::map_current(|cx| cx.has_active_span().then(|| cx.clone()));
        let task = {
            let mut latest = self.lock();
            if current.is_some() {
                latest.context = current;
            }
            latest.task.clone()
        };
        task.wake();
    }
}
