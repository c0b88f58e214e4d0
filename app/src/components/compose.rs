//! The form that posts a crud.

use crate::api::activities::Create;
use crate::components::avatar::Avatar;
use crate::components::form::{FormState, FormSummary};
use crate::components::icons::{Draw, Icon};
use crate::components::trace_links::TraceGlyph;
use crate::own_traces::OwnTraces;
use crate::page_start::{self, form::COMPOSE};
use crate::trace::current_trace_id;
use cruddur::activity::{MAX_MESSAGE_GRAPHEMES, TimeToLive, message_length};
use leptos::ev::KeyboardEvent;
use leptos::form::ActionForm;
use leptos::html::Textarea;
use leptos::prelude::*;

/// From here on the counter also speaks.
const NEARLY_FULL: usize = 20;

/// What do you want to say, and for how long? Ctrl+Enter or Cmd+Enter posts; a draft that fails stays.
#[component]
pub(crate) fn Compose(
    /// Posts; what shows the feed watches its version.
    action: ServerAction<Create>,
) -> impl IntoView {
    let form = FormState::new(COMPOSE, action);
    let error = form.error_of("message");
    let ttl_error = form.error_of("ttl");
    let draft = form.value("message").unwrap_or_default();
    let chosen = form
        .value("ttl")
        .and_then(|value| TimeToLive::parse(&value))
        .unwrap_or_default();
    let length = RwSignal::new(message_length(&draft));
    let text = NodeRef::<Textarea>::new();
    // Without JavaScript the page that follows says so.
    let trace = RwSignal::new(form.taken_in());

    // What was typed before hydration, or kept by the browser over a reload, counts too.
    Effect::new(move |_| {
        if let Some(text) = text.get() {
            length.set(message_length(&text.value()));
        }
    });
    Effect::new(move |_| {
        if let Some(Ok(activity)) = &*action.value().read()
            && let Some(text) = text.get_untracked()
        {
            text.set_value("");
            length.set(0);
            // This effect was woken by the submit's own success, and so runs in its trace.
            let id = current_trace_id();
            if let Some(id) = id.clone() {
                OwnTraces::remember(activity.uuid.clone(), id);
            }
            trace.set(id);
            let _ = text.focus();
        }
    });
    let send_by_keyboard = move |event: KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) && !action.pending().get_untracked() {
            event.prevent_default();
            if let Some(form) = text.get_untracked().and_then(|text| text.form()) {
                let _ = form.request_submit();
            }
        }
    };
    let name = page_start::viewer().map(|user| user.display_name).unwrap_or_default();

    view! {
        <ActionForm action attr:class="compose" attr:data-action="activity.create" attr:novalidate=true>
            <Avatar name />
            <div class="compose-body">
                <FormSummary form=form.clone() fields=&["message", "ttl"] />
                <label class="visually-hidden" for="message">
                    "What would you like to say?"
                </label>
                <textarea
                    id="message"
                    name="message"
                    rows="3"
                    placeholder="What would you like to say?"
                    required
                    aria-invalid=move || error.read().is_some().then_some("true")
                    aria-describedby=move || error.read().is_some().then_some("message-error")
                    node_ref=text
                    on:input:target=move |event| {
                        length.set(message_length(&event.target().value()));
                        trace.set(None);
                    }
                    on:keydown=send_by_keyboard
                >
                    {inside_textarea(draft)}
                </textarea>
                <p class="field-error" id="message-error" hidden=move || error.read().is_none()>
                    {move || error.get().unwrap_or_default()}
                </p>
                <div class="compose-foot">
                    <Counter length />
                    <ExpiresIn chosen error=ttl_error />
                    <button
                        type="submit"
                        class="button"
                        data-action="activity.create"
                        disabled=move || action.pending().get()
                    >
                        "Crud"
                    </button>
                </div>
                <p class="field-error" id="ttl-error" hidden=move || ttl_error.read().is_none()>
                    {move || ttl_error.get().unwrap_or_default()}
                </p>
                <p class="posted" role="status">
                    {move || trace.get().map(|id| view! { <Posted id /> })}
                </p>
            </div>
        </ActionForm>
    }
    .into_any()
}

/// A draft as the content of a `<textarea>`. Leptos writes such content out as it is, so that `</textarea>` in a draft would
/// end it, and what follows would be HTML. In the browser it makes a text of it, which needs nothing.
fn inside_textarea(draft: String) -> String {
    if cfg!(feature = "ssr") {
        draft.replace('&', "&amp;").replace('<', "&lt;")
    } else {
        draft
    }
}

/// How long the crud will live.
#[component]
fn ExpiresIn(
    /// What is chosen at first.
    chosen: TimeToLive,
    /// What is wrong with it, shown below the form.
    error: Signal<Option<String>>,
) -> impl IntoView {
    let choices = TimeToLive::ALL.map(|ttl| {
        view! {
            <option value=ttl.value() selected=ttl == chosen>
                {ttl.label()}
            </option>
        }
    });
    view! {
        <div class="ttl">
            <Draw icon=Icon::Bomb />
            <label for="ttl">"Expires in"</label>
            <select
                id="ttl"
                name="ttl"
                aria-invalid=move || error.read().is_some().then_some("true")
                aria-describedby=move || error.read().is_some().then_some("ttl-error")
            >
                {choices.into_iter().collect_view()}
            </select>
        </div>
    }
    .into_any()
}

/// The way of what was just posted, from the click down to the row.
#[component]
fn Posted(
    /// The trace's id.
    id: String,
) -> impl IntoView {
    view! {
        "Posted. "
        <TraceGlyph id words="See its trace" in_words=true />
    }
    .into_any()
}

/// How much room is left, for the eye at all times, for the ear when it gets scarce.
#[component]
fn Counter(
    /// The length of the draft in characters as people count them.
    length: RwSignal<usize>,
) -> impl IntoView {
    let over = move || length.get() > MAX_MESSAGE_GRAPHEMES;
    let left = move || match MAX_MESSAGE_GRAPHEMES.checked_sub(length.get()) {
        Some(left) => left.to_string(),
        None => format!("−{}", length.get() - MAX_MESSAGE_GRAPHEMES),
    };
    view! {
        <p class="counter" class:counter-over=over>
            <span aria-hidden="true">
                <strong>{left}</strong>
                {format!(" of {MAX_MESSAGE_GRAPHEMES}")}
            </span>
            <span class="visually-hidden" role="status">
                {move || room_in_words(length.get())}
            </span>
        </p>
    }
    .into_any()
}

/// Empty while there is room enough: a number after every key would drown what is being typed.
fn room_in_words(length: usize) -> String {
    match MAX_MESSAGE_GRAPHEMES.checked_sub(length) {
        Some(left) if left > NEARLY_FULL => String::new(),
        Some(1) => "1 character left".to_owned(),
        Some(left) => format!("{left} characters left"),
        None => match length - MAX_MESSAGE_GRAPHEMES {
            1 => "1 character too many".to_owned(),
            over => format!("{over} characters too many"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::room_in_words;

    #[test]
    fn the_counter_speaks_only_when_room_gets_scarce() {
        let cases = [
            (0, ""),
            (259, ""),
            (260, "20 characters left"),
            (279, "1 character left"),
            (280, "0 characters left"),
            (281, "1 character too many"),
            (300, "20 characters too many"),
        ];
        for (length, expected) in cases {
            assert_eq!(room_in_words(length), expected, "{length}");
        }
    }
}
