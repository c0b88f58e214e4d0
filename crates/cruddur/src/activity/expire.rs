//! Forgetting. No query shows a crud that is past its time; this makes it gone.

use crate::Error;
use crate::db::{Db, Statement};
use crate::span::{in_span, note, quiet};
use opentelemetry::KeyValue;
use trace_wire::attribute::APP_REMOVED;

/// How many go at once: SQLite has one writer, and people post in between.
const BATCH: i64 = 500;

const SELECT_ANY: Statement = Statement::new(
    "SELECT",
    "activities",
    "SELECT uuid FROM activities WHERE expires_at <= $1 LIMIT 1",
);
const DELETE: Statement = Statement::new(
    "DELETE",
    "activities",
    "DELETE FROM activities WHERE uuid IN (SELECT uuid FROM activities WHERE expires_at <= $1 LIMIT $2)",
);

/// Removes the cruds that are past their time, and says how many they were. A span `activity.expire` tells of it, but only
/// when there is something to remove: an idle server makes no noise.
///
/// # Errors
///
/// [`Error::Database`].
pub async fn remove_expired(db: &Db) -> Result<u64, Error> {
    let now = db.now();
    let any = quiet(db.row(&SELECT_ANY, vec![now.into()], |_| Ok(()))).await?;
    if any.is_none() {
        return Ok(0);
    }
    in_span("activity.expire", Vec::new(), async {
        let mut removed = 0;
        loop {
            let batch = db.execute(&DELETE, vec![now.into(), BATCH.into()]).await?;
            removed += batch;
            if batch < BATCH.unsigned_abs() {
                break;
            }
        }
        note(KeyValue::new(APP_REMOVED, i64::try_from(removed).unwrap_or(i64::MAX)));
        Ok(removed)
    })
    .await
}
