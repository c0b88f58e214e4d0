//! What is wrong with an input: every problem at once, each at its field, in words that a person can act on.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One problem of one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's name in the form; empty where the problem is none of a single field.
    pub field: String,
    /// What programs go by, in the original's style: `message_blank`, `handle_taken`, …
    pub code: String,
    /// What people read.
    pub message: String,
}

impl FieldError {
    pub(crate) fn new(field: &str, code: &str, message: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            code: code.to_owned(),
            message: message.into(),
        }
    }
}

/// All that is wrong with an input; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invalid(pub Vec<FieldError>);

impl Invalid {
    /// The codes, in the order of the fields.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|error| error.code.as_str())
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(&error.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Invalid {}

impl From<FieldError> for Invalid {
    fn from(error: FieldError) -> Self {
        Self(vec![error])
    }
}
