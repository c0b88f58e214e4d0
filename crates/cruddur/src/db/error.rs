//! Why a statement failed.

use super::Statement;
use std::borrow::Cow;

/// A statement failed.
#[derive(Debug, thiserror::Error)]
#[error("{statement} failed")]
pub struct DbError {
    /// `{operation} {table}`.
    statement: String,
    kind: Cow<'static, str>,
    source: sqlx::Error,
}

impl DbError {
    pub(super) fn new(statement: &Statement, source: sqlx::Error) -> Self {
        Self {
            statement: statement.summary(),
            kind: kind(&source),
            source,
        }
    }

    /// For `error.type`: the database's own code, or what happened on the way to it.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The database's own code, where it was the database that refused.
    pub(super) fn code(&self) -> Option<&str> {
        matches!(self.source, sqlx::Error::Database(_)).then_some(&self.kind)
    }

    /// What a span may say: the database's message (which names columns, never values), or the kind.
    pub(super) fn words(&self) -> String {
        match &self.source {
            sqlx::Error::Database(error) => error.message().to_owned(),
            _ => self.kind.clone().into_owned(),
        }
    }
}

fn kind(error: &sqlx::Error) -> Cow<'static, str> {
    match error {
        sqlx::Error::Database(error) => match error.code() {
            Some(code) => Cow::Owned(code.into_owned()),
            None => Cow::Borrowed("database"),
        },
        sqlx::Error::Io(_) => Cow::Borrowed("io"),
        sqlx::Error::PoolTimedOut => Cow::Borrowed("pool_timed_out"),
        sqlx::Error::PoolClosed => Cow::Borrowed("pool_closed"),
        sqlx::Error::WorkerCrashed => Cow::Borrowed("worker_crashed"),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnNotFound(_) | sqlx::Error::Decode(_) => {
            Cow::Borrowed("decode")
        }
        _ => Cow::Borrowed("_OTHER"),
    }
}
