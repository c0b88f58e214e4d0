//! Which part of a feed is asked for.

use crate::{FieldError, Invalid};
use serde::Deserialize;
use uuid::Uuid;

/// How many cruds a page has when nothing is said.
const DEFAULT_LIMIT: i64 = 20;
/// How many it has at most.
const MAX_LIMIT: i64 = 100;

/// A page as it is asked for; nothing is checked yet. Absent and empty are the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Page {
    /// The uuid of the last crud that the caller has: those before it follow.
    pub before: Option<String>,
    /// How many, 1 to 100; 20 when absent.
    pub limit: Option<String>,
}

/// A page that can be read.
pub(crate) struct ValidPage {
    /// Above every uuid when the feed is read from its start.
    pub(crate) before: String,
    pub(crate) limit: i64,
}

impl Page {
    /// What is asked for.
    ///
    /// # Errors
    ///
    /// `before_invalid` and `limit_invalid`.
    pub(crate) fn check(self) -> Result<ValidPage, Invalid> {
        let mut errors = Vec::new();
        let before = match given(self.before) {
            // 'g' follows 'f': greater than every uuid, so one text serves the first page and those after it.
            None => "g".to_owned(),
            Some(before) => Uuid::parse_str(&before)
                .map(|uuid| uuid.to_string())
                .unwrap_or_else(|_| {
                    errors.push(FieldError::new(
                        "before",
                        "before_invalid",
                        "`before` has to be the uuid of a crud: that of the last one on the page before.",
                    ));
                    String::new()
                }),
        };
        let limit = match given(self.limit).map(|limit| limit.parse()) {
            None => DEFAULT_LIMIT,
            Some(Ok(limit)) if (1..=MAX_LIMIT).contains(&limit) => limit,
            Some(_) => {
                let words = format!("`limit` has to be a number from 1 to {MAX_LIMIT}.");
                errors.push(FieldError::new("limit", "limit_invalid", words));
                DEFAULT_LIMIT
            }
        };
        if errors.is_empty() {
            Ok(ValidPage { before, limit })
        } else {
            Err(Invalid(errors))
        }
    }
}

fn given(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}
