//! A transaction that may write.

use super::run;
use super::{Db, DbError, Row, Statement, Value};
use sqlx::Any;
use std::sync::Arc;

/// Takes SQLite's write lock at once: a transaction that reads first and writes later is refused when another has written
/// in between, instead of waiting its turn.
const BEGIN: Statement = Statement::new("BEGIN", "", "BEGIN IMMEDIATE");
/// The only one of the three with a span: here the disk is waited for.
const COMMIT: Statement = Statement::new("COMMIT", "", "COMMIT");

/// An open transaction. Dropped without [`commit`](Self::commit), it is rolled back.
pub(crate) struct Transaction {
    inner: sqlx::Transaction<'static, Any>,
    namespace: Arc<str>,
}

impl Transaction {
    /// Waits for a connection and for the write lock; a long wait is noted on the current span.
    pub(super) async fn begin(db: &Db) -> Result<Self, DbError> {
        let inner = run::waited_for(db.pool.begin_with(BEGIN.text))
            .await
            .map_err(|error| DbError::new(&BEGIN, error))?;
        Ok(Self {
            inner,
            namespace: db.namespace.clone(),
        })
    }

    /// The rows of a SELECT, read one by one.
    pub(crate) async fn rows<T>(
        &mut self,
        statement: &'static Statement,
        values: Vec<Value>,
        read: impl Fn(Row<'_>) -> Result<T, sqlx::Error>,
    ) -> Result<Vec<T>, DbError> {
        let work = run::rows(&mut self.inner, statement, values, read);
        run::in_span(&self.namespace, statement, work).await
    }

    /// Runs a statement that gives no rows, and says how many it changed.
    pub(crate) async fn execute(&mut self, statement: &'static Statement, values: Vec<Value>) -> Result<u64, DbError> {
        let work = run::execute(&mut self.inner, statement, values);
        run::in_span(&self.namespace, statement, work).await
    }

    /// Makes it lasting: when this returns, it is on the disk.
    pub(crate) async fn commit(self) -> Result<(), DbError> {
        run::in_span(&self.namespace, &COMMIT, self.inner.commit()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::sqlite_url;

    const INSERT: Statement = Statement::new(
        "INSERT",
        "users",
        "INSERT INTO users (uuid, handle, email, display_name, password_hash, created_at) VALUES ($1, $1, $1, $1, $1, 0)",
    );
    const SELECT: Statement = Statement::new("SELECT", "users", "SELECT handle FROM users ORDER BY handle");

    #[tokio::test]
    async fn what_is_not_committed_never_was() {
        let folder = tempfile::tempdir().unwrap();
        let url = sqlite_url(&folder.path().join("cruddur.db")).unwrap();
        let db = Db::connect(&url).await.unwrap();
        let handles = || db.rows(&SELECT, Vec::new(), |row| row.text("handle"));

        let mut transaction = db.begin().await.unwrap();
        transaction.execute(&INSERT, vec!["dropped".into()]).await.unwrap();
        let seen_inside = transaction
            .rows(&SELECT, Vec::new(), |row| row.text("handle"))
            .await
            .unwrap();
        assert_eq!(seen_inside, ["dropped"]);
        assert!(
            handles().await.unwrap().is_empty(),
            "others do not wait for it, and do not see it"
        );
        drop(transaction);

        // The lock is free again.
        let mut transaction = db.begin().await.unwrap();
        transaction.execute(&INSERT, vec!["kept".into()]).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(handles().await.unwrap(), ["kept"]);
    }

    #[tokio::test]
    async fn a_column_of_another_type_is_told_without_its_value() {
        let db = Db::connect("sqlite::memory:").await.unwrap();
        db.execute(&INSERT, vec!["secret".into()]).await.unwrap();
        let read = db.rows(&SELECT, Vec::new(), |row| row.integer("handle")).await;
        let error = read.unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            ("decode", "SELECT users failed")
        );
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        let missing = db.rows(&SELECT, Vec::new(), |row| row.text("email")).await;
        assert_eq!(missing.unwrap_err().kind(), "decode");
    }
}
