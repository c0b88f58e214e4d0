//! How text of people is looked at: counted as people count, and blank when nothing of it can be seen.

use unicode_segmentation::UnicodeSegmentation;

/// The number of characters as people count them: extended grapheme clusters (UAX #29). A family emoji is one.
pub(crate) fn length(text: &str) -> usize {
    text.graphemes(true).count()
}

/// Whether nothing of `text` can be seen. Unicode has characters that are not white space and show nothing all the same.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(|character| {
        character.is_whitespace()
            || character.is_control()
            || is_direction(character)
            || matches!(
                character,
                // soft hyphen, zero width (joiners too), Hangul fillers, Braille blank, byte order mark, variations
                '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}'
                    | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            )
    })
}

/// Whether the character turns the direction of what follows: in a name it lets one person look like another.
pub(crate) fn is_direction(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Line breaks as `\n`. A form sends `\r\n` for what a script of the same page reads as `\n`.
pub(crate) fn line_breaks(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_as_people_do() {
        for (text, count) in [
            ("", 0),
            ("crud", 4),
            ("naïve", 5),
            ("nai\u{308}ve", 5),
            ("👨‍👩‍👧‍👦", 1),
            ("🇦🇹🇨🇭", 2),
            ("👍🏽!", 2),
            ("a\nb", 3),
        ] {
            assert_eq!(length(text), count, "{text:?}");
        }
    }

    #[test]
    fn what_shows_nothing_is_blank() {
        for blank in [
            "",
            " ",
            "\n\t ",
            "\u{a0}",
            "\u{200b}\u{200d}",
            "\u{3164}",
            "\u{2800}",
            "\u{fe0f}",
            "\u{202e}",
        ] {
            assert!(is_blank(blank), "{blank:?}");
        }
        for seen in ["a", " .", "👨‍👩‍👧‍👦", "\u{200b}x"] {
            assert!(!is_blank(seen), "{seen:?}");
        }
    }

    #[test]
    fn line_breaks_are_of_one_kind() {
        assert_eq!(line_breaks("a\r\nb\rc\n\r\n"), "a\nb\nc\n\n");
    }
}
