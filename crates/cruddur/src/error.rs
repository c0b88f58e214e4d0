//! Why a domain function did not do what it was asked to. Nothing in its words is internal; the causes are, and are for the
//! log.

use crate::Invalid;
use crate::db::DbError;

/// What came of a request to the domain.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input does not hold: what, where, and what to do about it.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// There is none, or it has expired.
    #[error("There is nothing here, or not any more.")]
    NotFound,
    /// The database failed.
    #[error("Something went wrong on our side. Try again in a moment.")]
    Database(#[from] DbError),
    /// A password could not be hashed.
    #[error("Something went wrong on our side. Try again in a moment.")]
    Password(#[source] PasswordError),
    /// The operating system gave no random numbers.
    #[error("Something went wrong on our side. Try again in a moment.")]
    Random(#[source] getrandom::Error),
}

impl Error {
    /// A short name of the kind, for `error.type`; `None` for what is no fault of ours.
    pub(crate) fn kind(&self) -> Option<&str> {
        match self {
            Self::Invalid(_) | Self::NotFound => None,
            Self::Database(error) => Some(error.kind()),
            Self::Password(_) => Some("password_hash"),
            Self::Random(_) => Some("random"),
        }
    }
}

/// Why a password could not be hashed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Argon2 refused its parameters or what is in the database.
    #[error("argon2 failed")]
    Argon2(#[source] argon2::password_hash::Error),
    /// The thread that hashed it is gone.
    #[error("the hashing thread ended early")]
    Thread(#[source] tokio::task::JoinError),
}
