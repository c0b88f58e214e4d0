//! The app's database: SQLite through sqlx's `Any`, so that PostgreSQL can follow with the same texts.
//!
//! Every statement is a constant `Statement` and runs through [`Db`] or a `Transaction`, which make
//! its span; nothing else in the crate touches sqlx. What `Any` demands: columns are BIGINT, TEXT, DOUBLE PRECISION or BLOB;
//! parameters are `$1`; a COUNT is cast to BIGINT; and which unique field was taken is asked for in the same transaction,
//! because SQLite's driver does not say.

mod connect;
mod error;
mod run;
mod statement;
mod transaction;
mod value;

pub use connect::{ConnectError, sqlite_url};
pub use error::DbError;
pub(crate) use statement::Statement;
pub(crate) use transaction::Transaction;
pub(crate) use value::{Row, Value};

use crate::Clock;
use sqlx::AnyPool;
use std::sync::{Arc, Mutex};
use uuid::Uuid;
use uuid::timestamp::context::ContextV7;

/// A pool of connections and a clock; clones are the same pool.
#[derive(Clone, Debug)]
pub struct Db {
    pool: AnyPool,
    /// `db.namespace` of its spans.
    namespace: Arc<str>,
    clock: Clock,
    /// Keeps the uuids of one millisecond in order.
    uuids: Arc<Mutex<ContextV7>>,
}

impl Db {
    /// Gives it another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// The time in microseconds since 1970.
    pub fn now(&self) -> i64 {
        self.clock.now()
    }

    /// A new id whose order is that of `now` (microseconds since 1970).
    pub(crate) fn new_uuid(&self, now: i64) -> String {
        let (seconds, micros) = (now.div_euclid(1_000_000), now.rem_euclid(1_000_000));
        let seconds = u64::try_from(seconds).unwrap_or_default();
        // The remainder is below a million, so a thousandfold fits.
        let nanos = u32::try_from(micros * 1_000).unwrap_or_default();
        Uuid::new_v7(uuid::Timestamp::from_unix(&*self.uuids, seconds, nanos)).to_string()
    }

    /// Waits for what is under way and closes the connections; SQLite then folds its write-ahead log into the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// The rows of a SELECT, read one by one.
    pub(crate) async fn rows<T>(
        &self,
        statement: &'static Statement,
        values: Vec<Value>,
        read: impl Fn(Row<'_>) -> Result<T, sqlx::Error>,
    ) -> Result<Vec<T>, DbError> {
        run::in_span(&self.namespace, statement, async {
            let mut connection = run::connection(self).await?;
            run::rows(&mut connection, statement, values, read).await
        })
        .await
    }

    /// The first row of a SELECT, if there is one.
    pub(crate) async fn row<T>(
        &self,
        statement: &'static Statement,
        values: Vec<Value>,
        read: impl Fn(Row<'_>) -> Result<T, sqlx::Error>,
    ) -> Result<Option<T>, DbError> {
        Ok(self.rows(statement, values, read).await?.into_iter().next())
    }

    /// Runs a statement that gives no rows, and says how many it changed.
    pub(crate) async fn execute(&self, statement: &'static Statement, values: Vec<Value>) -> Result<u64, DbError> {
        run::in_span(&self.namespace, statement, async {
            let mut connection = run::connection(self).await?;
            run::execute(&mut connection, statement, values).await
        })
        .await
    }

    /// Begins a transaction that may write. It is rolled back unless it is committed.
    pub(crate) async fn begin(&self) -> Result<Transaction, DbError> {
        Transaction::begin(self).await
    }
}
