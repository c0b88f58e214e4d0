//! The icons, drawn in the text's colour. All are decoration: the words beside them, or of the element around them, carry the
//! meaning, so each is hidden from screen readers.

use leptos::prelude::*;

/// One icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Icon {
    Home,
    Person,
    Traces,
    SignOut,
    Bomb,
    Back,
    Warning,
    Clock,
}

impl Icon {
    /// The outline in a square of 24.
    fn path(self) -> &'static str {
        match self {
            Self::Home => "M3 11.2 12 3.6l9 7.6M5.4 9.4V20.4h4.8v-5.6h3.6v5.6h4.8V9.4",
            Self::Person => "M12 12.2a4.3 4.3 0 1 0 0-8.6 4.3 4.3 0 0 0 0 8.6ZM4 20.6c.8-3.7 4-5.6 8-5.6s7.2 1.9 8 5.6",
            Self::Traces => "M3.5 5.5h11M6.5 10h12M9.5 14.5h7M12.5 19h8",
            Self::SignOut => "M14.5 4H5.4v16h9.1M10 12h10.6M17 8.2l3.8 3.8-3.8 3.8",
            Self::Bomb => "M14.2 8.6l2.2-2.2M16.4 6.4c.5-1.7 2.6-1.9 3.2-.4M21.8 2.6v.1M22.6 7.4v.1M18 2.2v.1",
            Self::Back => "M20.5 12h-17M10 5.4 3.4 12l6.6 6.6",
            Self::Warning => "M12 3.8 2.6 20.2h18.8L12 3.8ZM12 10v4.6M12 17.3v.1",
            Self::Clock => "M12 20.6a8.6 8.6 0 1 0 0-17.2 8.6 8.6 0 0 0 0 17.2ZM12 7.2V12l3.2 2",
        }
    }

    /// What is filled and not only outlined.
    fn body(self) -> Option<&'static str> {
        (self == Self::Bomb).then_some("M9.6 22a7.6 7.6 0 1 0 0-15.2 7.6 7.6 0 0 0 0 15.2Z")
    }
}

/// Draws an icon at the size of the text around it.
#[component]
pub(crate) fn Draw(
    /// Which.
    icon: Icon,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            {icon.body().map(|body| view! { <path d=body fill="currentColor" /> })}
            <path
                d=icon.path()
                fill="none"
                stroke="currentColor"
                stroke-width="2"
                stroke-linecap="round"
                stroke-linejoin="round"
            />
        </svg>
    }
}

/// The logo: a comic swear bubble.
#[component]
pub(crate) fn Logo() -> impl IntoView {
    view! {
        <svg class="logo" viewBox="0 0 64 56" aria-hidden="true" focusable="false">
            <path
                class="logo-bubble"
                d="M14 2h36a12 12 0 0 1 12 12v14a12 12 0 0 1-12 12H31L18 53V40h-4A12 12 0 0 1 2 28V14A12 12 0 0 1 14 2Z"
            />
            // "#?@!", drawn and not written: it must not depend on a font.
            <path class="logo-mark" d="M11.6 27.6l2.4-13.2M17 27.6l2.4-13.2M10.4 18.4h10.8M9.8 23.6h10.8" />
            <path class="logo-mark" d="M25.6 17.8c.2-2.2 1.6-3.6 3.7-3.6 2.2 0 3.7 1.4 3.7 3.3 0 2.8-3.6 3-3.6 6M29.3 27.6v.1" />
            <path
                class="logo-mark"
                d="M44.7 21a2.9 2.9 0 1 1-5.8 0 2.9 2.9 0 0 1 5.8 0Zm0 0c0 3.4 3.9 3.4 3.9-.2a6.8 6.8 0 1 0-3 5.6"
            />
            <path class="logo-mark" d="M54.4 14.2v8.4M54.4 27.6v.1" />
        </svg>
    }
}
