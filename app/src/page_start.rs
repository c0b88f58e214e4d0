//! What the server knows when it renders a page and the browser needs to know when it takes over.
//!
//! It is collected once, written into the page, and read back at hydration, so that both sides render the same thing. The
//! signed-in person does not change while a document lives: signing in and out load a new one.

use crate::moment::Moment;
use crate::own_traces::OwnTraces;
use crate::trace::current_trace_id;
use cruddur::{FieldError, user::User};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a form that was sent without JavaScript comes back with: what was typed (never a password) and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormFlash {
    /// Which form: one of the constants in [`form`].
    pub form: String,
    /// The values by field name.
    pub values: BTreeMap<String, String>,
    /// Every problem, each with its field; an empty field means the form as a whole. None where the form was taken.
    pub errors: Vec<FieldError>,
    /// The trace in which it was sent, 32 hexadecimal digits.
    pub trace_id: Option<String>,
}

/// The code of an error that is no fault of what was typed: the cause is in the form's trace.
pub const FAILED: &str = "failed";

/// The names of the forms that can come back with a [`FormFlash`].
pub mod form {
    /// The form of `POST /api/users/signup`.
    pub const SIGN_UP: &str = "signup";
    /// The form of `POST /api/users/signin`.
    pub const SIGN_IN: &str = "signin";
    /// The form of `POST /api/activities`.
    pub const COMPOSE: &str = "compose";
}

/// How to sign in as one of the demo people. Only there when this visitor may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoHint {
    /// The password that they share.
    pub password: String,
    /// Name and e-mail address of each.
    pub people: Vec<(String, String)>,
}

/// The hand-over from the server's rendering to the browser's.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PageStart {
    /// The server's time when it rendered the page, in milliseconds since 1970.
    pub now_ms: i64,
    /// Who is signed in.
    pub viewer: Option<User>,
    /// The form that just came back, if one did.
    pub flash: Option<FormFlash>,
    /// The demo people, if this visitor may use them.
    pub demo: Option<DemoHint>,
    /// Whether the trace explorer is open to this visitor.
    pub explorer: bool,
    /// The trace of this page's load, 32 hexadecimal digits; none where it is not recorded.
    pub trace_id: Option<String>,
}

/// The person who is signed in, if anybody is.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn(pub(crate) Option<User>);

/// The demo people, if this visitor may use them.
#[derive(Clone, Debug)]
pub(crate) struct Demo(pub(crate) Option<DemoHint>);

/// Whether the trace explorer is open to this visitor, and the trace of this page's load.
#[derive(Clone, Debug)]
struct Traces {
    open: bool,
    page: Option<String>,
}

/// The form that came back, until its page is left.
#[derive(Clone, Copy)]
pub(crate) struct ReturnedForm(RwSignal<Option<FormFlash>>);

/// The server's time, kept going by the browser: a signal that moves once a minute.
#[derive(Clone, Copy)]
pub(crate) struct Now(RwSignal<i64>);

impl PageStart {
    /// Collects the hand-over on the server, reads it from the page in the browser, and provides its parts as contexts.
    pub(crate) fn provide() {
        let start = SharedValue::new(Self::collect).into_inner();
        let now = RwSignal::new(start.now_ms);
        keep_going(start.now_ms, now);
        reload_when_restored_for_another(start.viewer.clone());
        provide_context(SignedIn(start.viewer));
        provide_context(Demo(start.demo));
        provide_context(Traces {
            open: start.explorer,
            page: start.trace_id,
        });
        OwnTraces::provide();
        provide_context(ReturnedForm(RwSignal::new(start.flash)));
        provide_context(Now(now));
    }

    #[cfg(feature = "ssr")]
    fn collect() -> Self {
        crate::server_context::page_start()
    }

    /// Only reached if the page carries no hand-over, which our server never sends: a signed-out page with the browser's time.
    #[cfg(not(feature = "ssr"))]
    fn collect() -> Self {
        Self {
            now_ms: crate::browser::now_ms(),
            ..Self::default()
        }
    }
}

impl ReturnedForm {
    /// What came back for the form of this name. It is forgotten when the current page is left.
    pub(crate) fn named(form: &str) -> Option<FormFlash> {
        let Self(returned) = use_context::<Self>()?;
        let flash = returned.get_untracked().filter(|flash| flash.form == form)?;
        on_cleanup(move || {
            // The signal may be gone already when the whole page is.
            let _ = returned.try_set(None);
        });
        Some(flash)
    }
}

impl Now {
    /// The time to show ages at; tracked.
    pub(crate) fn get(self) -> Moment {
        Moment(self.0.get())
    }
}

/// Who is signed in.
pub(crate) fn viewer() -> Option<User> {
    use_context::<SignedIn>().and_then(|SignedIn(user)| user)
}

/// Whether the trace explorer is open to this visitor.
pub(crate) fn explorer_is_open() -> bool {
    use_context::<Traces>().is_some_and(|traces| traces.open)
}

/// The trace of what is being done, or else that of this page's load. The server renders the latter, and whether there is
/// one is the same in the browser: what it does in an unrecorded page is not recorded either.
pub(crate) fn trace_of_this() -> Option<String> {
    let page = || use_context::<Traces>().and_then(|traces| traces.page);
    match cfg!(feature = "ssr") {
        true => page(),
        false => current_trace_id().or_else(page),
    }
}

/// The clock of this page.
pub(crate) fn now() -> Now {
    expect_context()
}

/// Moves the server's time on by what passes in the browser: a browser whose clock is wrong shows the right ages.
fn keep_going(server_ms: i64, now: RwSignal<i64>) {
    Effect::new(move |_| {
        let began = crate::browser::now_ms();
        let tick = move || now.set(server_ms + crate::browser::now_ms() - began);
        if let Ok(interval) = set_interval_with_handle(tick, std::time::Duration::from_secs(60)) {
            on_cleanup(move || interval.clear());
        }
    });
}

/// A page that comes back from the back-forward cache still shows who was signed in when it was left: if that changed, it is
/// loaded anew.
fn reload_when_restored_for_another(shown: Option<User>) {
    Effect::new(move |_| {
        let shown = shown.clone();
        let listener = window_event_listener_untyped("pageshow", move |event| {
            let shown = shown.clone();
            if crate::browser::is_restored(&event) {
                leptos::task::spawn_local(async move {
                    if crate::api::users::current().await.is_ok_and(|current| current != shown) {
                        crate::browser::reload();
                    }
                });
            }
        });
        on_cleanup(move || listener.remove());
    });
}
