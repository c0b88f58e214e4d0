//! Feeds: everybody's cruds, and one person's, newest first.
//!
//! A uuid of version 7 begins with its time, so its order is the feed's, and the last uuid of a page is where the next one
//! begins: what is posted in between moves nothing.

use super::Activity;
use super::page::{Page, ValidPage};
use crate::clock::rfc_3339;
use crate::db::{Db, Row, Statement, Value};
use crate::span::{acting, in_span, in_span_of_scope, note};
use crate::{Error, user::User};
use opentelemetry::KeyValue;
use trace_wire::attribute::{APP_NOW, APP_RESULT_LENGTH};

/// The name of the feed's span and of its scope, as in the homework that Cruddur comes from.
const HOME: &str = "home.activities";

const SELECT_HOME: Statement = Statement::new(
    "SELECT",
    "activities",
    "SELECT activities.uuid, users.display_name, users.handle, activities.message, activities.replies_count, \
     activities.reposts_count, activities.likes_count, activities.created_at, activities.expires_at \
     FROM activities JOIN users ON users.uuid = activities.user_uuid \
     WHERE activities.expires_at > $1 AND activities.uuid < $2 ORDER BY activities.uuid DESC LIMIT $3",
);
const SELECT_OF_USER: Statement = Statement::new(
    "SELECT",
    "activities",
    "SELECT activities.uuid, users.display_name, users.handle, activities.message, activities.replies_count, \
     activities.reposts_count, activities.likes_count, activities.created_at, activities.expires_at \
     FROM activities JOIN users ON users.uuid = activities.user_uuid \
     WHERE activities.expires_at > $1 AND activities.uuid < $2 AND activities.user_uuid = $4 \
     ORDER BY activities.uuid DESC LIMIT $3",
);

/// A page of a feed.
#[derive(Clone, Debug, PartialEq)]
pub struct Feed {
    /// Newest first.
    pub activities: Vec<Activity>,
    /// What to send as `before` for the page that follows; `None` when nothing follows.
    pub next: Option<String>,
}

/// Everybody's cruds that have not expired, newest first, in a span `home.activities`.
///
/// # Errors
///
/// [`Error::Invalid`] for a `before` or `limit` that is none, [`Error::Database`].
pub async fn home(db: &Db, viewer: Option<&User>, page: Page) -> Result<Feed, Error> {
    let attributes = viewer.map(acting).unwrap_or_default();
    in_span_of_scope(HOME, HOME, attributes, async {
        let now = db.now();
        note(KeyValue::new(APP_NOW, rfc_3339(now)));
        read(db, &SELECT_HOME, now, page.check()?, None).await
    })
    .await
}

/// One person's cruds that have not expired, newest first.
///
/// # Errors
///
/// [`Error::NotFound`] when nobody has that handle; those of [`home`].
pub async fn by_user(db: &Db, handle: &str, page: Page) -> Result<Feed, Error> {
    in_span("user.activities", Vec::new(), async {
        let now = db.now();
        note(KeyValue::new(APP_NOW, rfc_3339(now)));
        let page = page.check()?;
        let user = crate::user::find(db, handle).await?;
        read(db, &SELECT_OF_USER, now, page, Some(user.uuid)).await
    })
    .await
}

/// Reads one crud more than the page has: so it is known whether another page follows.
async fn read(
    db: &Db,
    statement: &'static Statement,
    now: i64,
    page: ValidPage,
    user_uuid: Option<String>,
) -> Result<Feed, Error> {
    let mut values: Vec<Value> = vec![now.into(), page.before.into(), (page.limit + 1).into()];
    values.extend(user_uuid.map(Value::from));
    let mut activities = db.rows(statement, values, activity).await?;
    let limit = usize::try_from(page.limit).unwrap_or_default();
    let more = activities.len() > limit;
    activities.truncate(limit);
    note(KeyValue::new(
        APP_RESULT_LENGTH,
        i64::try_from(activities.len()).unwrap_or(i64::MAX),
    ));
    let next = activities.last().filter(|_| more).map(|last| last.uuid.clone());
    Ok(Feed { activities, next })
}

/// A row as a crud.
pub(super) fn activity(row: Row<'_>) -> Result<Activity, sqlx::Error> {
    Ok(Activity {
        uuid: row.text("uuid")?,
        display_name: row.text("display_name")?,
        handle: row.text("handle")?,
        message: row.text("message")?,
        replies_count: row.integer("replies_count")?,
        reposts_count: row.integer("reposts_count")?,
        likes_count: row.integer("likes_count")?,
        created_at: rfc_3339(row.integer("created_at")?),
        expires_at: rfc_3339(row.integer("expires_at")?),
    })
}
