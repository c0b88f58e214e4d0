//! A person's picture: until there are uploads, the first letter of the name.

use leptos::prelude::*;

/// The initial of a name on the accent. Hidden from screen readers: the name always stands beside it.
#[component]
pub(crate) fn Avatar(
    /// The person's display name.
    #[prop(into)]
    name: String,
    /// Twice as large, for the head of a person's page.
    #[prop(optional)]
    large: bool,
) -> impl IntoView {
    view! {
        <span class="avatar" class:avatar-large=large aria-hidden="true">
            {initial(&name)}
        </span>
    }
}

fn initial(name: &str) -> String {
    name.chars()
        .find(|character| character.is_alphanumeric())
        .map_or_else(|| "?".to_owned(), |character| character.to_uppercase().collect())
}

#[cfg(test)]
mod tests {
    use super::initial;

    #[test]
    fn the_initial_is_the_first_letter_or_digit() {
        for (name, expected) in [
            ("Andrew Brown", "A"),
            ("  élise", "É"),
            ("🦄 coco", "C"),
            ("7 of 9", "7"),
            ("!?", "?"),
        ] {
            assert_eq!(initial(name), expected, "{name:?}");
        }
    }
}
