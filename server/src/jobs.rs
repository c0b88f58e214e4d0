//! Work that no request asks for: cruds past their time and sessions that are over are removed.

use cruddur::db::Db;
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// How often. No query shows an expired crud anyway; this only frees its place.
const EVERY: Duration = Duration::from_secs(60);

/// Runs until the task is aborted.
pub(crate) async fn run(db: Db) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = cruddur::activity::remove_expired(&db).await {
            tracing::error!(%error, "expired cruds could not be removed; the next try is in a minute");
        }
        if let Err(error) = cruddur::session::remove_expired(&db).await {
            tracing::error!(%error, "expired sessions could not be removed; the next try is in a minute");
        }
    }
}
