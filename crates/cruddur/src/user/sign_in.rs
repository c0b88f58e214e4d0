//! What signing in takes.

use super::sign_up::lower_email;
use crate::{FieldError, Invalid};
use serde::Deserialize;
use std::fmt;

/// What the sign-in form sends; nothing is checked yet.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct SignIn {
    /// The e-mail address of the account.
    pub email: Option<String>,
    /// Its password.
    pub password: Option<String>,
}

/// A sign-in that can be tried.
#[derive(Clone)]
pub struct ValidSignIn {
    /// In lower case.
    pub email: String,
    /// As typed.
    pub password: String,
}

impl SignIn {
    /// What was typed, put in order.
    ///
    /// # Errors
    ///
    /// `email_blank` and `password_blank`.
    pub fn check(self) -> Result<ValidSignIn, Invalid> {
        let email = lower_email(&self.email.unwrap_or_default());
        let password = self.password.unwrap_or_default();
        let mut errors = Vec::new();
        if email.is_empty() {
            errors.push(FieldError::new(
                "email",
                "email_blank",
                "Type the e-mail address of your account.",
            ));
        }
        if password.is_empty() {
            errors.push(FieldError::new("password", "password_blank", "Type your password."));
        }
        if errors.is_empty() {
            Ok(ValidSignIn { email, password })
        } else {
            Err(Invalid(errors))
        }
    }
}

// Both without the password: what is printed ends in a log sooner or later.

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn")
            .field("email", &self.email)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ValidSignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValidSignIn")
            .field("email", &self.email)
            .finish_non_exhaustive()
    }
}
