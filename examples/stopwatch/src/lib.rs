//! The stopwatch's page: type an address, fetch it, see how long it took, and keep the times worth keeping.
//!
//! It is here to show an app of its own that takes the telemetry crates (`docs/telemetry-crates.md`). What that takes
//! in the page is in `hydrate`, in the `client` of each server function, and in `browser_telemetry::fetch` in place of
//! gloo-net's `send`. The server's half is in `main.rs`.

use browser_telemetry::TracedClient;
use gloo_net::http::Request;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;
use send_wrapper::SendWrapper;
use web_sys::AbortController;

/// Where the browser's half starts: called by the page once this module has been instantiated.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    let mut telemetry = browser_telemetry::Config::new("stopwatch-frontend");
    telemetry.propagate_to = propagate_to();
    browser_telemetry::start(telemetry);
    browser_telemetry::hydrate(|| leptos::mount::hydrate_body(App));
}

/// Other origins that take trace context: the server names them in the page (`STOPWATCH_PROPAGATE_TO`).
#[cfg(feature = "hydrate")]
fn propagate_to() -> Vec<String> {
    let meta = document().query_selector("meta[name=propagate-to]").ok().flatten();
    let listed = meta.and_then(|meta| meta.get_attribute("content")).unwrap_or_default();
    listed.split_whitespace().map(str::to_owned).collect()
}

/// Puts a line on the list.
///
/// # Errors
///
/// Where the server cannot be reached, or the list is not to be had.
#[server(prefix = "/api", endpoint = "times/keep", client = TracedClient)]
pub async fn keep(
    /// What to keep.
    line: String,
) -> Result<(), ServerFnError> {
    kept::keep(line).map_err(ServerFnError::new)
}

/// The lines on the list, the newest first.
///
/// # Errors
///
/// As [`keep`].
#[server(prefix = "/api", endpoint = "times", input = leptos::server_fn::codec::GetUrl, client = TracedClient)]
pub async fn times() -> Result<Vec<String>, ServerFnError> {
    kept::all().map_err(ServerFnError::new)
}

/// The list, in the server's memory. Each use is a span of the app's own below the request's.
#[cfg(feature = "ssr")]
mod kept {
    use opentelemetry::global;
    use opentelemetry::trace::Tracer;
    use std::sync::{Mutex, MutexGuard};

    static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

    pub(super) fn keep(line: String) -> Result<(), &'static str> {
        global::tracer("stopwatch").in_span("times.keep", |_| {
            let mut lines = lock()?;
            lines.insert(0, line);
            lines.truncate(20);
            Ok(())
        })
    }

    pub(super) fn all() -> Result<Vec<String>, &'static str> {
        global::tracer("stopwatch").in_span("times.all", |_| Ok(lock()?.clone()))
    }

    fn lock() -> Result<MutexGuard<'static, Vec<String>>, &'static str> {
        LINES.lock().map_err(|_| "the list is lost; start the stopwatch again")
    }
}

/// The app: what the server renders into the body and the browser hydrates.
#[component]
pub fn App() -> impl IntoView {
    view! {
        <Router>
            <Routes fallback=|| "There is no such page.">
                <Route path=path!("/") view=Stopwatch />
            </Routes>
        </Router>
    }
}

/// The one page.
#[component]
fn Stopwatch() -> impl IntoView {
    let address = RwSignal::new("/try/slow/100".to_owned());
    let past_cache = RwSignal::new(false);
    let results = RwSignal::new(Vec::<String>::new());
    // (Leptos' own `new_local` would wrap what is made on the server, too, and panic where another thread drops it.)
    let stop = StoredValue::new(None::<SendWrapper<AbortController>>);
    let keep = ServerAction::<Keep>::new();
    let kept = Resource::new(move || keep.version().get(), |_| times());
    // Without the program there is nothing to press.
    let ready = RwSignal::new(false);
    Effect::new(move |_| ready.set(true));

    let fetch = move |count: usize| {
        let controller = AbortController::new().ok();
        for _ in 0..count {
            let (address, past_cache) = (address.get_untracked(), past_cache.get_untracked());
            let signal = controller.as_ref().map(AbortController::signal);
            spawn_local(async move {
                let line = time(&address, past_cache, signal.as_ref()).await;
                results.update(|results| results.push(line));
            });
        }
        stop.set_value(controller.map(SendWrapper::new));
    };

    view! {
        <main>
            <h1>"Stopwatch"</h1>
            <p>
                <label>"Address " <input type="text" size="60" bind:value=address /></label>
                " "
                <label><input type="checkbox" bind:checked=past_cache /> " past the cache"</label>
            </p>
            <p>
                <button data-action="fetch" disabled=move || !ready.get() on:click=move |_| fetch(1)>"Fetch"</button>
                " "
                <button data-action="fetch.twice" disabled=move || !ready.get() on:click=move |_| fetch(2)>
                    "Fetch twice"
                </button>
                " "
                <button
                    data-action="stop"
                    disabled=move || !ready.get()
                    on:click=move |_| stop.with_value(|stop| stop.iter().for_each(|stop| stop.abort()))
                >
                    "Stop"
                </button>
            </p>
            <ol id="results">
                <For
                    each=move || results.get().into_iter().enumerate()
                    key=|(index, _)| *index
                    children=|(_, line)| view! { <li>{line}</li> }
                />
            </ol>
            <h2>"Kept"</h2>
            <ActionForm action=keep attr:data-action="times.keep">
                <label>"Line " <input type="text" name="line" required /></label>
                " "
                <button disabled=move || !ready.get()>"Keep"</button>
            </ActionForm>
            <Suspense>
                <ul id="kept">
                    {move || Suspend::new(async move {
                        kept.await
                            .unwrap_or_else(|error| vec![error.to_string()])
                            .into_iter()
                            .map(|line| view! { <li>{line}</li> })
                            .collect_view()
                    })}
                </ul>
            </Suspense>
        </main>
    }
}

/// Fetches an address, reads what it answers, and says in a line what came of it.
async fn time(address: &str, past_cache: bool, signal: Option<&web_sys::AbortSignal>) -> String {
    let request = Request::get(address).abort_signal(signal);
    let request = match past_cache {
        true => request.cache(web_sys::RequestCache::NoStore),
        false => request,
    };
    let answer = async {
        let response = browser_telemetry::fetch(request.build()?).await?;
        let status = response.status();
        Ok::<_, gloo_net::Error>((status, response.text().await?.len()))
    };
    match answer.await {
        Ok((status, length)) => format!("{address}: {status}, {length} bytes"),
        Err(error) => format!("{address}: {error}"),
    }
}
