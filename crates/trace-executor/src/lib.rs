//! An executor for [`any_spawner`] (and so for Leptos) whose tasks carry the OpenTelemetry context.
//!
//! Leptos makes one endless task per `Resource` and `Effect` when it is *created*, and wakes it by signals. So the
//! context of creation is the wrong one in the browser: what a click causes would hang under the page load. There a
//! task **adopts** the context in which it is woken ([`AdoptingTask`]): click → signal → Resource → fetch is then one
//! trace.
//!
//! On the server a task **keeps** the context in which it was spawned. There every `Resource` is created inside its
//! own request, so nothing needs adopting; and adopting would do harm: a task that waits for a pooled database
//! connection is woken by whichever request gives one back, and would go on in that stranger's trace.
//!
//! Call `init_browser` (wasm32) before hydrating, and `init_server` (elsewhere) before `leptos_routes` or `generate_route_list`: the
//! first executor that is set stays, later `init_*` calls of Leptos itself are ignored.

mod adopting;

pub use adopting::AdoptingTask;

use any_spawner::{CustomExecutor, Executor, ExecutorError, PinnedFuture, PinnedLocalFuture};
#[cfg(target_arch = "wasm32")]
use opentelemetry::Context;

/// Sets the browser's executor: tasks adopt the context that wakes them, and leave it when `is_over` says so (see
/// [`AdoptingTask`]).
///
/// # Errors
///
/// Where an executor has been set already (before this call, by hydration for example): tasks then lose the trace.
#[cfg(target_arch = "wasm32")]
pub fn init_browser(is_over: fn(&Context) -> bool) -> Result<(), ExecutorError> {
    struct Browser(fn(&Context) -> bool);

    impl CustomExecutor for Browser {
        fn spawn(&self, future: PinnedFuture<()>) {
            self.spawn_local(future);
        }

        fn spawn_local(&self, future: PinnedLocalFuture<()>) {
            wasm_bindgen_futures::spawn_local(AdoptingTask::new(future, self.0));
        }

        fn poll_local(&self) {}
    }

    Executor::init_custom_executor(Browser(is_over))
}

/// Sets the server's executor: tokio, with tasks that keep the context of the request that spawned them.
///
/// # Errors
///
/// Where an executor has been set already.
#[cfg(not(target_arch = "wasm32"))]
pub fn init_server() -> Result<(), ExecutorError> {
    use opentelemetry::trace::FutureExt;

    struct Server;

    impl CustomExecutor for Server {
        fn spawn(&self, future: PinnedFuture<()>) {
            tokio::spawn(future.with_current_context());
        }

        fn spawn_local(&self, future: PinnedLocalFuture<()>) {
            tokio::task::spawn_local(future.with_current_context());
        }

        fn poll_local(&self) {}
    }

    Executor::init_custom_executor(Server)
}
