//! Forms that work without JavaScript and are quicker with it.
//!
//! Without, the browser posts the form and the server sends the page again with what was typed and what is wrong (the
//! [`FormFlash`](crate::FormFlash)). With, the server function is called in place, and the same errors arrive as its result. The fields do not
//! know the difference: both end in one list of errors.

use crate::components::trace_links::{TraceGlyph, TraceId};
use crate::page_start::{FAILED, ReturnedForm};
use crate::trace::current_trace_id;
use crate::{ApiError, browser};
use cruddur::FieldError;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use std::collections::BTreeMap;

/// Where a form stands: what it came back with, and what its last submission had to say.
#[derive(Clone)]
pub(crate) struct FormState {
    values: BTreeMap<String, String>,
    /// Every problem, each with its field.
    pub(crate) errors: Signal<Vec<FieldError>>,
    /// What went wrong apart from the input.
    pub(crate) failure: Signal<Option<ApiError>>,
    /// The trace in which it was sent last.
    trace: RwSignal<Option<String>>,
}

impl FormState {
    /// The state of the form `name`, which is sent by `action`. The first field in error gets the keyboard's focus.
    pub(crate) fn new<S>(name: &str, action: ServerAction<S>) -> Self
    where
        S: ServerFn<Error = ApiError> + Clone + Send + Sync + 'static,
        S::Output: Clone + Send + Sync + 'static,
    {
        let flash = ReturnedForm::named(name).unwrap_or_default();
        let (values, returned) = (flash.values, flash.errors);
        let trace = RwSignal::new(flash.trace_id);
        let value = action.value();
        let errors = Memo::new(move |_| {
            value.with(|value| match value {
                None => returned.clone(),
                Some(Ok(_)) => Vec::new(),
                Some(Err(error)) => error.field_errors().to_vec(),
            })
        });
        let failure = Memo::new(move |_| {
            value.with(|value| match value {
                Some(Err(error)) if error.field_errors().is_empty() => Some(error.clone()),
                _ => None,
            })
        });
        Effect::new(move |_| {
            // Also when the same errors come again.
            if action.version().get() > 0 {
                // This effect was woken by the answer to the form, and so runs in its trace.
                trace.set(current_trace_id());
            }
            if !errors.read().is_empty() {
                browser::focus_soon("[aria-invalid='true']");
            }
        });
        Self {
            values,
            errors: errors.into(),
            failure: failure.into(),
            trace,
        }
    }

    /// What the field held when the form came back without JavaScript.
    pub(crate) fn value(&self, field: &str) -> Option<String> {
        self.values.get(field).cloned()
    }

    /// The trace in which the form was sent without JavaScript and taken.
    pub(crate) fn taken_in(&self) -> Option<String> {
        let taken = self.errors.read_untracked().is_empty();
        self.trace.get_untracked().filter(|_| taken)
    }

    /// The problems of one field, as one text; `None` when it has none.
    pub(crate) fn error_of(&self, field: &'static str) -> Signal<Option<String>> {
        let errors = self.errors;
        Signal::derive(move || {
            let errors = errors.read();
            let words: Vec<_> = errors
                .iter()
                .filter(|error| error.field == field)
                .map(|error| error.message.as_str())
                .collect();
            (!words.is_empty()).then(|| words.join(" "))
        })
    }
}

/// One labelled line of input, with its hint and its error.
#[component]
pub(crate) fn TextField(
    /// The form that it belongs to.
    form: FormState,
    /// Its name in the form, and its id.
    name: &'static str,
    /// Its label, which is its accessible name.
    label: &'static str,
    /// The input's type: `text`, `email`, `password`.
    #[prop(default = "text")]
    kind: &'static str,
    /// What the browser may fill in (the tokens of HTML's `autocomplete`).
    autocomplete: &'static str,
    /// What to know before typing.
    #[prop(optional)]
    hint: Option<&'static str>,
) -> impl IntoView {
    let error = form.error_of(name);
    let error_id = format!("{name}-error");
    let hint_id = format!("{name}-hint");
    let described_by = {
        let (error_id, hint_id) = (error_id.clone(), hint_id.clone());
        move || match (hint.is_some(), error.read().is_some()) {
            (true, true) => Some(format!("{error_id} {hint_id}")),
            (true, false) => Some(hint_id.clone()),
            (false, true) => Some(error_id.clone()),
            (false, false) => None,
        }
    };
    // A name is not a sentence: no capitals and no red underlines where they would be wrong.
    let plain = kind != "text" || autocomplete == "username";
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                id=name
                name=name
                type=kind
                value=form.value(name).unwrap_or_default()
                autocomplete=autocomplete
                autocapitalize=plain.then_some("none")
                spellcheck=plain.then_some("false")
                required
                aria-invalid=move || error.read().is_some().then_some("true")
                aria-describedby=described_by
            />
            <p class="field-error" id=error_id hidden=move || error.read().is_none()>
                {move || error.get().unwrap_or_default()}
            </p>
            {hint.map(|hint| view! { <p class="field-hint" id=hint_id>{hint}</p> })}
        </div>
    }
    .into_any()
}

/// What is wrong with the form as a whole, spoken as soon as it is known: problems of no field, how many fields have one, and
/// what went wrong on the way.
#[component]
pub(crate) fn FormSummary(
    /// The form.
    form: FormState,
    /// The fields that show their own problems.
    fields: &'static [&'static str],
) -> impl IntoView {
    let FormState {
        errors, failure, trace, ..
    } = form;
    let words = move || {
        let errors = errors.read();
        let (at_fields, elsewhere): (Vec<_>, Vec<_>) =
            errors.iter().partition(|error| fields.contains(&error.field.as_str()));
        let mut words: Vec<_> = elsewhere.into_iter().map(|error| error.message.clone()).collect();
        match at_fields.len() {
            0 => {}
            1 => words.push("One field needs another look.".to_owned()),
            count => words.push(format!("{count} fields need another look.")),
        }
        if let Some(failure) = &*failure.read() {
            words.push(failure.to_string());
        }
        // None and not an empty text: the stylesheet shows the box only around something.
        (!words.is_empty()).then(|| words.join(" "))
    };
    view! {
        <div class="form-summary">
            <p class="form-summary-words" role="alert">{words}</p>
            {move || {
                let failed = failure.read().is_some() || errors.read().iter().any(|error| error.code == FAILED);
                let named = failure.read().as_ref().and_then(|failure| failure.trace_id().map(str::to_owned));
                let id = named.or_else(|| trace.get())?;
                match (failed, errors.read().is_empty()) {
                    (true, _) => Some(view! { <TraceId id /> }.into_any()),
                    (false, false) => Some(view! { <TraceGlyph id words="Trace of this try" in_words=true /> }.into_any()),
                    (false, true) => None,
                }
            }}
        </div>
    }
    .into_any()
}
