//! What a new crud has to be.

use super::TimeToLive;
use crate::{FieldError, Invalid, text};
use serde::{Deserialize, Serialize};

/// The longest message, in characters as people count them (see [`message_length`]).
pub const MAX_MESSAGE_GRAPHEMES: usize = 280;

/// The length of what would be posted, in grapheme clusters (UAX #29): without the blanks around it, and a line break is
/// one whether the form sends it as `\n` or as `\r\n`.
pub fn message_length(message: &str) -> usize {
    text::length(tidy(message).trim())
}

/// A crud as it comes in; nothing is checked yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewActivity {
    /// What to say.
    pub message: Option<String>,
    /// How long it lives: a [`TimeToLive::value`]; 7 days when absent.
    pub ttl: Option<String>,
}

/// A crud that may be posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidActivity {
    /// 1 to 280 characters, without blanks around them.
    pub message: String,
    /// How long it lives.
    pub ttl: TimeToLive,
}

impl NewActivity {
    /// What it says, put in order.
    ///
    /// # Errors
    ///
    /// `message_blank`, `message_exceed_max_chars`, `message_control_characters`, `ttl_blank`; all that hold.
    pub fn check(self) -> Result<ValidActivity, Invalid> {
        let mut errors = Vec::new();
        let message = tidy(&self.message.unwrap_or_default());
        let message = message.trim();
        check_message(message, &mut errors);
        let ttl = self
            .ttl
            .map_or(Some(TimeToLive::default()), |value| TimeToLive::parse(&value));
        match ttl {
            Some(ttl) if errors.is_empty() => Ok(ValidActivity {
                message: message.to_owned(),
                ttl,
            }),
            Some(_) => Err(Invalid(errors)),
            None => {
                errors.push(FieldError::new("ttl", "ttl_blank", choices()));
                Err(Invalid(errors))
            }
        }
    }
}

fn check_message(message: &str, errors: &mut Vec<FieldError>) {
    let length = text::length(message);
    if text::is_blank(message) {
        errors.push(FieldError::new(
            "message",
            "message_blank",
            "Write something first: a crud cannot be blank.",
        ));
    } else if length > MAX_MESSAGE_GRAPHEMES {
        let words = format!(
            "A crud has at most {MAX_MESSAGE_GRAPHEMES} characters, and this one has {length}. Take {} away.",
            length - MAX_MESSAGE_GRAPHEMES
        );
        errors.push(FieldError::new("message", "message_exceed_max_chars", words));
    }
    // They show nothing, and PostgreSQL takes no NUL in a text.
    if message
        .chars()
        .any(|character| character.is_control() && !matches!(character, '\n' | '\t'))
    {
        errors.push(FieldError::new(
            "message",
            "message_control_characters",
            "The message has invisible control characters in it. Type it again, or paste it as plain text.",
        ));
    }
}

fn choices() -> String {
    let values: Vec<_> = TimeToLive::ALL.into_iter().map(TimeToLive::value).collect();
    match values.split_last() {
        Some((last, rest)) => format!("Choose when the crud expires: {} or {last}.", rest.join(", ")),
        None => String::new(),
    }
}

fn tidy(message: &str) -> String {
    text::line_breaks(message)
}
