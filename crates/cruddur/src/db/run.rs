//! Runs one statement in one span (semantic conventions for database client spans, stable).

use super::value::{Row, Value, arguments};
use super::{Db, DbError, Statement};
use crate::span::{OpenSpan, note};
use opentelemetry::KeyValue;
use opentelemetry::trace::{FutureExt, SpanKind};
use sqlx::AnyConnection;
use sqlx::any::Any;
use sqlx::pool::PoolConnection;
use std::time::{Duration, Instant};
use trace_wire::attribute::{
    APP_DB_WAIT_MS, DB_COLLECTION_NAME, DB_NAMESPACE, DB_OPERATION_NAME, DB_QUERY_SUMMARY, DB_QUERY_TEXT,
    DB_RESPONSE_RETURNED_ROWS, DB_RESPONSE_STATUS_CODE, DB_SYSTEM_NAME,
};

/// The instrumentation scope of statements.
const SCOPE: &str = "cruddur.db";
/// From here on a wait is worth telling.
const LONG_WAIT: Duration = Duration::from_millis(1);

/// Runs `work`, which is the statement, in the statement's span.
pub(super) async fn in_span<T>(
    namespace: &str,
    statement: &Statement,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, DbError> {
    let span = OpenSpan::start(
        SCOPE,
        statement.summary(),
        SpanKind::Client,
        attributes(namespace, statement),
    );
    let result = work
        .with_context(span.context.clone())
        .await
        .map_err(|error| DbError::new(statement, error));
    if let Err(error) = &result {
        if let Some(code) = error.code() {
            span.set(KeyValue::new(DB_RESPONSE_STATUS_CODE, code.to_owned()));
        }
        span.fail(error.kind(), error.words());
    }
    span.end();
    result
}

fn attributes(namespace: &str, statement: &Statement) -> Vec<KeyValue> {
    let mut attributes = vec![
        KeyValue::new(DB_SYSTEM_NAME, "sqlite"),
        KeyValue::new(DB_NAMESPACE, namespace.to_owned()),
        KeyValue::new(DB_OPERATION_NAME, statement.operation),
        KeyValue::new(DB_QUERY_TEXT, statement.text),
        KeyValue::new(DB_QUERY_SUMMARY, statement.summary()),
    ];
    if !statement.table.is_empty() {
        attributes.push(KeyValue::new(DB_COLLECTION_NAME, statement.table));
    }
    attributes
}

/// A connection of the pool; a long wait for it is noted on the current span.
pub(super) async fn connection(db: &Db) -> Result<PoolConnection<Any>, sqlx::Error> {
    waited_for(db.pool.acquire()).await
}

/// Notes on the current span how long `work` took, if that was long.
pub(super) async fn waited_for<T>(work: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let result = work.await;
    let waited = begun.elapsed();
    if waited >= LONG_WAIT {
        note(KeyValue::new(APP_DB_WAIT_MS, waited.as_secs_f64() * 1_000.0));
    }
    result
}

/// The rows of a SELECT; how many there were is noted on the current span.
pub(super) async fn rows<T>(
    connection: &mut AnyConnection,
    statement: &Statement,
    values: Vec<Value>,
    read: impl Fn(Row<'_>) -> Result<T, sqlx::Error>,
) -> Result<Vec<T>, sqlx::Error> {
    let rows = sqlx::query_with(statement.text, arguments(values)?)
        .fetch_all(connection)
        .await?;
    note(KeyValue::new(
        DB_RESPONSE_RETURNED_ROWS,
        i64::try_from(rows.len()).unwrap_or(i64::MAX),
    ));
    rows.iter().map(|row| read(Row(row))).collect()
}

/// Runs a statement that gives no rows, and says how many it changed.
pub(super) async fn execute(
    connection: &mut AnyConnection,
    statement: &Statement,
    values: Vec<Value>,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query_with(statement.text, arguments(values)?)
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}
