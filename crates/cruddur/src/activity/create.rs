//! Posting a crud.

use super::{Activity, NewActivity};
use crate::clock::{SECOND, rfc_3339};
use crate::db::{Db, Statement};
use crate::span::{acting, in_span};
use crate::{Error, user::User};

pub(crate) const INSERT: Statement = Statement::new(
    "INSERT",
    "activities",
    "INSERT INTO activities (uuid, user_uuid, message, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
);

/// Posts a crud; when this returns, it is on the disk.
///
/// # Errors
///
/// [`Error::Invalid`] as [`NewActivity::check`] says, [`Error::Database`].
pub async fn create(db: &Db, author: &User, new: NewActivity) -> Result<Activity, Error> {
    in_span("activity.create", acting(author), async {
        let new = new.check()?;
        let created_at = db.now();
        let expires_at = created_at + new.ttl.seconds() * SECOND;
        let uuid = db.new_uuid(created_at);
        let values = vec![
            uuid.as_str().into(),
            author.uuid.as_str().into(),
            new.message.as_str().into(),
            created_at.into(),
            expires_at.into(),
        ];
        db.execute(&INSERT, values).await?;
        Ok(Activity {
            uuid,
            display_name: author.display_name.clone(),
            handle: author.handle.clone(),
            message: new.message,
            replies_count: 0,
            reposts_count: 0,
            likes_count: 0,
            created_at: rfc_3339(created_at),
            expires_at: rfc_3339(expires_at),
        })
    })
    .await
}
