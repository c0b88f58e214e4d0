//! Looking for a text in everything that the spans of a trace say.

use honeycomb::{Event, column};
use std::collections::HashSet;

/// The ids of the spans that say `text` in a column's name or value, or in those of their events and links; letters of
/// either case are the same. In the order of time, each once.
pub(crate) fn saying<'a>(events: &'a [Event], text: &str) -> Vec<&'a str> {
    let wanted = text.to_lowercase();
    let says = |told: &str| contains(told, &wanted);
    let mut ids: Vec<&str> = events
        .iter()
        .filter(|event| {
            event.columns().any(|(name, value)| {
                says(name)
                    || match value.as_str() {
                        Some(text) => says(text),
                        None => says(&value.to_string()),
                    }
            })
        })
        .filter_map(|event| {
            event.str(if event.is_span() {
                column::SPAN_ID
            } else {
                column::PARENT_ID
            })
        })
        .collect();
    let mut seen = HashSet::with_capacity(ids.len());
    ids.retain(|id| seen.insert(*id));
    ids
}

/// `wanted` is in lower case. Ids, routes and statements are ASCII and are looked through as they lie.
fn contains(text: &str, wanted: &str) -> bool {
    if !text.is_ascii() {
        return text.to_lowercase().contains(wanted);
    }
    let wanted = wanted.as_bytes();
    wanted.is_empty()
        || text
            .as_bytes()
            .windows(wanted.len())
            .any(|part| part.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn looking_through_is_that_of_lower_case_texts(text in "[a-cA-CäÄ]{0,9}", wanted in "[a-cA-CäÄ]{0,3}") {
            let wanted = wanted.to_lowercase();
            prop_assert_eq!(contains(&text, &wanted), text.to_lowercase().contains(&wanted));
        }
    }
}
