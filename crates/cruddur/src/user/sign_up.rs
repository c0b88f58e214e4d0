//! What a new person has to tell us.

use crate::{FieldError, Invalid, text};
use serde::Deserialize;
use std::fmt;
use std::ops::RangeInclusive;

/// The longest name, in characters as people count them (grapheme clusters).
pub const MAX_NAME_GRAPHEMES: usize = 50;
/// The shortest password, in characters (Unicode scalar values).
pub const MIN_PASSWORD_CHARACTERS: usize = 10;
/// The longest password, in characters: hashing has to read all of it.
pub const MAX_PASSWORD_CHARACTERS: usize = 256;

/// How long a username is, in bytes, which are characters in ASCII.
const USERNAME_LENGTH: RangeInclusive<usize> = 2..=30;
/// The longest e-mail address that SMTP carries (RFC 5321 §4.5.3.1.3, less the angle brackets).
const MAX_EMAIL_BYTES: usize = 254;
/// The longest part before the `@` (RFC 5321 §4.5.3.1.1).
const MAX_EMAIL_LOCAL_BYTES: usize = 64;

/// Usernames that look like the app itself, or like one of its pages.
const RESERVED: [&str; 36] = [
    "about",
    "account",
    "admin",
    "administrator",
    "api",
    "confirm",
    "cruddur",
    "explore",
    "forgot",
    "health",
    "help",
    "home",
    "login",
    "logout",
    "me",
    "messages",
    "moderator",
    "new",
    "notifications",
    "null",
    "pkg",
    "privacy",
    "profile",
    "root",
    "search",
    "security",
    "settings",
    "signin",
    "signout",
    "signup",
    "status",
    "support",
    "system",
    "terms",
    "traces",
    "undefined",
];

/// What the sign-up form sends; nothing is checked yet.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct SignUp {
    /// The name that others see.
    pub name: Option<String>,
    /// The e-mail address, which nobody else sees.
    pub email: Option<String>,
    /// The handle, without `@`.
    pub username: Option<String>,
    /// The password.
    pub password: Option<String>,
}

/// A sign-up that holds, as far as can be said without asking who is there already.
#[derive(Clone)]
pub struct ValidSignUp {
    /// 1 to 50 characters, without blanks around them.
    pub name: String,
    /// In lower case.
    pub email: String,
    /// In lower case.
    pub handle: String,
    /// As typed.
    pub password: String,
}

impl SignUp {
    /// What was typed, put in order.
    ///
    /// # Errors
    ///
    /// `name_blank`, `name_exceed_max_chars`, `name_control_characters`, `email_blank`, `email_invalid`, `handle_blank`,
    /// `handle_invalid`, `handle_reserved`, `password_blank`, `password_too_short`, `password_too_long`; all that hold.
    pub fn check(self) -> Result<ValidSignUp, Invalid> {
        let parts = self.parts();
        let errors = parts.errors();
        if errors.is_empty() {
            Ok(parts.0)
        } else {
            Err(Invalid(errors))
        }
    }

    /// The fields put in order, whether they hold or not: who is there already is asked for each that holds.
    pub(crate) fn parts(self) -> Parts {
        Parts(ValidSignUp {
            name: self.name.unwrap_or_default().trim().to_owned(),
            email: lower_email(&self.email.unwrap_or_default()),
            handle: self.username.unwrap_or_default().trim().to_ascii_lowercase(),
            password: self.password.unwrap_or_default(),
        })
    }
}

/// A sign-up of which it is not yet known whether it holds.
pub(crate) struct Parts(pub(crate) ValidSignUp);

impl Parts {
    /// All that is wrong with it, in the order of the form.
    pub(crate) fn errors(&self) -> Vec<FieldError> {
        [
            self.name_error(),
            self.email_error(),
            self.handle_error(),
            self.password_error(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn name_error(&self) -> Option<FieldError> {
        let name = &self.0.name;
        let length = text::length(name);
        let (code, words) = if text::is_blank(name) {
            ("name_blank", "Type the name that others see.".to_owned())
        } else if length > MAX_NAME_GRAPHEMES {
            let words = format!("A name has at most {MAX_NAME_GRAPHEMES} characters, and this one has {length}.");
            ("name_exceed_max_chars", words)
        } else if name
            .chars()
            .any(|character| character.is_control() || text::is_direction(character))
        {
            let words = "The name has line breaks or invisible control characters in it. Type it again.";
            ("name_control_characters", words.to_owned())
        } else {
            return None;
        };
        Some(FieldError::new("name", code, words))
    }

    pub(crate) fn email_error(&self) -> Option<FieldError> {
        let email = &self.0.email;
        let (code, words) = if email.is_empty() {
            ("email_blank", "Type your e-mail address.")
        } else if !is_plausible_email(email) {
            (
                "email_invalid",
                "This does not look like an e-mail address. One looks like name@example.com.",
            )
        } else {
            return None;
        };
        Some(FieldError::new("email", code, words))
    }

    pub(crate) fn handle_error(&self) -> Option<FieldError> {
        let handle = self.0.handle.as_str();
        let (code, words) = if handle.is_empty() {
            ("handle_blank", "Choose a username.".to_owned())
        } else if !USERNAME_LENGTH.contains(&handle.len()) || !handle.bytes().all(is_of_username) {
            let words = format!(
                "A username has {} to {} characters: letters a to z, digits and the underscore.",
                USERNAME_LENGTH.start(),
                USERNAME_LENGTH.end()
            );
            ("handle_invalid", words)
        } else if RESERVED.contains(&handle) {
            (
                "handle_reserved",
                format!("The username {handle} is reserved. Choose another one."),
            )
        } else {
            return None;
        };
        Some(FieldError::new("username", code, words))
    }

    fn password_error(&self) -> Option<FieldError> {
        let length = self.0.password.chars().count();
        let (code, words) = if length == 0 {
            ("password_blank", "Choose a password.".to_owned())
        } else if length < MIN_PASSWORD_CHARACTERS {
            let words = format!("Use at least {MIN_PASSWORD_CHARACTERS} characters: a few words make a good password.");
            ("password_too_short", words)
        } else if length > MAX_PASSWORD_CHARACTERS {
            let words =
                format!("A password has at most {MAX_PASSWORD_CHARACTERS} characters, and this one has {length}.");
            ("password_too_long", words)
        } else {
            return None;
        };
        Some(FieldError::new("password", code, words))
    }
}

/// E-mail addresses are told apart without case: mail servers that do otherwise are gone.
pub(crate) fn lower_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Whether mail could go there. Only a message that arrives proves more, so this finds slips, not lies.
fn is_plausible_email(email: &str) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else {
        return false;
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .chars()
                .all(|character| character.is_alphanumeric() || character == '-')
    };
    email.len() <= MAX_EMAIL_BYTES
        && (1..=MAX_EMAIL_LOCAL_BYTES).contains(&local.len())
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && !local.contains(|character: char| {
            character.is_whitespace()
                || character.is_control()
                || text::is_direction(character)
                || "@,;:<>()[]\\\"".contains(character)
        })
        && domain.contains('.')
        && domain.split('.').all(is_label)
}

fn is_of_username(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
}

// Both without the password: what is printed ends in a log sooner or later.

impl fmt::Debug for SignUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignUp")
            .field("name", &self.name)
            .field("email", &self.email)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ValidSignUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValidSignUp")
            .field("name", &self.name)
            .field("email", &self.email)
            .field("handle", &self.handle)
            .finish_non_exhaustive()
    }
}
