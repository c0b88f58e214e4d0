//! The page: what is JavaScript's own business is written in JavaScript (`page.js`), because it weighs a third there of
//! what it would as WASM with an import for each property. Rust decides; the script reads, listens and sends.
//!
//! The page calls in through one function, [`Call`], so that one closure crosses the border and not twenty.

use wasm_bindgen::prelude::*;

/// Why the page calls. The numbers stand in `page.js`, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// A click or a submit begins (before any handler of the page): `name` is the span's, `id` the click that a submit
    /// belongs to, `path` where a router would go. Answered with the interaction's id.
    Enter = 0,
    /// Nothing is being dispatched any more.
    LeaveAll = 1,
    /// The Back or Forward button, and `path` where it leads to. Answered with the interaction's id.
    PopState = 2,
    /// The handlers of the interaction `id` have run.
    Leave = 3,
    /// The interaction `id` may have settled.
    Settled = 4,
    /// Something was thrown and not caught: `name` its type, `path` its message and its stack, `id` 1 where that was in a
    /// promise.
    Exception = 5,
    /// The page is hidden.
    Hidden = 6,
    /// The page goes away.
    PageHide = 7,
    /// The page is back from the back-forward cache, at `path`.
    PageShow = 8,
    /// The page has loaded.
    Loaded = 9,
    /// It is time to send; `id` 1 where a pause is over.
    Flush = 10,
    /// The page has had its time to hydrate.
    Patience = 11,
    /// The batch `id` has been answered, as `at` says: 0 where it was taken, minus the status where it was refused for
    /// good, or else the milliseconds until it may be tried again (1: as one likes).
    Answered = 12,
    /// A response has been read, and whoever waited for it has gone on.
    Read = 13,
}

const CALLS: [Call; 14] = [
    Call::Enter,
    Call::LeaveAll,
    Call::PopState,
    Call::Leave,
    Call::Settled,
    Call::Exception,
    Call::Hidden,
    Call::PageHide,
    Call::PageShow,
    Call::Loaded,
    Call::Flush,
    Call::Patience,
    Call::Answered,
    Call::Read,
];

#[wasm_bindgen]
extern "C" {
    /// Milliseconds since the page's time origin.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    pub(crate) fn performance_now() -> f64;
}

// What is shipped is the same, made smaller by `cargo xtask script`.
#[cfg_attr(debug_assertions, wasm_bindgen(module = "/src/page.js"))]
#[cfg_attr(not(debug_assertions), wasm_bindgen(module = "/src/page.min.js"))]
extern "C" {
    /// Begins to listen. Capture listeners on the window run before every handler of the page; the listener that is
    /// added while an event is on its way runs after all of them, and where the page stops the propagation, a timer does
    /// what it would have done. `pagehide` and `pageshow` are dispatched at the window, not at the document. `endpoint` is
    /// where [`post`] posts to. If the page's load `is_wanted`, calls [`Call::Loaded`] one task after it, when its own end is
    /// known; of a page that is rendered ahead of time, not before somebody looks at it.
    fn start(call: &JsValue, endpoint: &str, is_wanted: bool);

    fn after(delay_ms: i32, kind: u32, id: u32);

    /// Asks for a text: `path` of the page; `meta`, the content of the `<meta>` named `about`; `session`, see
    /// [`trace_wire::session`], in hexadecimal digits (it lies in the cookie, which this begins or prolongs; where a
    /// browser takes none, a visit is one page load); `entry`, the URL of a performance entry, see [`times`]; `complain`,
    /// which says `about` on the developer's console, and answers with the stack as the browser writes it: with the names of
    /// WASM functions where the build has them, and deeper than Chromium's ten frames, which a panic's own take up. Empty
    /// where there is none.
    pub(crate) fn ask(what: &str, about: &str) -> String;

    /// Fills `bytes` from the cryptographic generator.
    pub(crate) fn random(bytes: &mut [u8]);

    /// What a request asks for: its method, its URL, the URL's host and port, and whether that is the page's own origin
    /// (any text, or none), as [`first`] takes them.
    pub(crate) fn target(request: &web_sys::Request) -> String;

    /// Puts `traceparent`, and if so the visit, into a request's headers. In place of what is there: a request that is sent
    /// again has one parent.
    pub(crate) fn carry(request: &web_sys::Request, traceparent: &str, visit: bool);

    /// Numeric `properties` (with zero bytes between) of a performance entry, 0 where there is none, and after them
    /// [`Said`]. `name` is `navigation`, `wasm` (the first file of that kind), `paint` (when something, and some content,
    /// was painted first), `page` ([`number`]), or `request`: the one that carried the span id `client`, which is asked for
    /// once. Of requests the latest 256 are kept that nobody has asked for: the page's own buffer, which may be full, is left
    /// alone. Empty where there is no such entry.
    pub(crate) fn times(name: &str, client: &str, properties: &str) -> Vec<f64>;

    /// Posts a batch; the request is under way when this returns, unless it is to be zipped first. [`Call::Answered`] tells
    /// what became of it, after ten seconds in any case (the specification's default, `OTEL_EXPORTER_OTLP_TIMEOUT`). The
    /// bytes are copied before the first await, since WASM's memory may move.
    pub(crate) fn post(id: u32, body: &[u8], zip: bool);

    /// Is there when all that is under way has been answered, and after a second in any case.
    pub(crate) fn flushed() -> js_sys::Promise;

    /// Sends what is being zipped as it is: the page goes away.
    pub(crate) fn leave();
}

/// `timeOrigin`, the performance clock's 0 in milliseconds since 1970; `room`, how many bytes the next keepalive request
/// may have.
pub(crate) fn number(property: &str) -> f64 {
    times("page", "", property).first().copied().unwrap_or_default()
}

/// Takes the first of several texts that are one, with a zero byte between. (By bytes: `split_once` and its searcher weigh
/// three times as much in the page's WASM.)
#[inline(never)]
pub(crate) fn first<'a>(texts: &mut &'a str) -> &'a str {
    let end = texts.bytes().position(|byte| byte == 0).unwrap_or(texts.len());
    let first = texts.get(..end).unwrap_or_default();
    *texts = texts.get(end + 1..).unwrap_or_default();
    first
}

/// How many numbers [`Said`] has.
const SAID: usize = 4;

/// What an entry says besides its times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Said {
    /// The server's own duration, in milliseconds.
    pub(crate) server: Option<f64>,
    /// When the server received the request, in milliseconds since 1970.
    pub(crate) received: Option<f64>,
    /// The version of HTTP; 1.1, 2, 3.
    pub(crate) protocol: Option<f64>,
    /// Whether the server echoed the span id that was asked for.
    pub(crate) is_echoed: bool,
}

impl Said {
    /// Splits what [`times`] gives.
    pub(crate) fn split(numbers: &[f64]) -> Option<(&[f64], Self)> {
        let (times, said) = numbers.split_at_checked(numbers.len().checked_sub(SAID)?)?;
        let known = |number: f64| (!number.is_nan()).then_some(number);
        Some((
            times,
            Self {
                server: known(said[0]),
                received: known(said[1]),
                protocol: known(said[2]),
                is_echoed: said[3] == 1.0,
            },
        ))
    }
}

/// What a call brings: see [`Call`].
pub(crate) struct Args {
    pub(crate) id: u32,
    pub(crate) at: f64,
    pub(crate) name: String,
    pub(crate) path: String,
}

/// Begins to listen; `answer` takes every call.
pub(crate) fn listen(endpoint: &str, is_wanted: bool, answer: fn(Call, Args) -> u32) {
    let call = Closure::<dyn FnMut(usize, u32, f64, String, String) -> u32>::new(
        move |kind: usize, id: u32, at: f64, name: String, path: String| {
            CALLS
                .get(kind)
                .map_or(0, |call| answer(*call, Args { id, at, name, path }))
        },
    );
    start(&call.into_js_value(), endpoint, is_wanted);
}

/// Calls `kind` after `delay_ms` milliseconds; where they are below 0, as a microtask: once what runs now has run.
pub(crate) fn call_after(delay_ms: i32, kind: Call, id: u32) {
    after(delay_ms, kind as u32, id);
}

#[cfg(test)]
mod tests {
    use super::*;
    use trace_wire::session;

    const SCRIPT: &str = include_str!("page.js");

    #[test]
    fn the_numbers_are_in_the_order_of_the_list() {
        for (index, call) in CALLS.into_iter().enumerate() {
            assert_eq!(call as usize, index);
        }
    }

    #[test]
    fn texts_are_taken_one_by_one() {
        let mut texts = "GET\0http://a/\0";
        assert_eq!([(); 4].map(|()| first(&mut texts)), ["GET", "http://a/", "", ""]);
    }

    #[test]
    fn the_script_has_headers_as_the_wire_has_them() {
        for written in [
            format!("set(\"{}\", traceparent)", trace_wire::TRACEPARENT),
            format!(
                "set(\"{}\", \"{}=\" + session())",
                trace_wire::BAGGAGE,
                trace_wire::attribute::SESSION_ID
            ),
            format!("\"content-type\": \"{}\"", trace_wire::PROTOBUF),
        ] {
            assert!(SCRIPT.contains(&written), "{written}");
        }
    }

    #[test]
    fn the_script_has_the_visit_as_the_wire_has_it() {
        let example = session::Session { id: [1; 16], start: 7 };
        let cookie = example.cookie();
        let (value, attributes) = cookie.split_once("; ").unwrap();
        assert!(value.starts_with(session::COOKIE) && value.ends_with(".7"), "{value}");
        let written = format!("{}=${{visit[1]}}.${{visit[2]}}; {attributes}`", session::COOKIE);
        assert!(SCRIPT.contains(&written), "{written}");
        assert!(SCRIPT.contains(&format!("now - read < {}", session::IDLE_SECONDS)));
        assert!(SCRIPT.contains(&format!("now - known[2] < {}", session::MAX_SECONDS)));
    }
}
