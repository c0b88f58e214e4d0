//! One crud.

use super::{Activity, feed};
use crate::Error;
use crate::db::{Db, Statement};
use crate::span::in_span;
use uuid::Uuid;

const SELECT: Statement = Statement::new(
    "SELECT",
    "activities",
    "SELECT activities.uuid, users.display_name, users.handle, activities.message, activities.replies_count, \
     activities.reposts_count, activities.likes_count, activities.created_at, activities.expires_at \
     FROM activities JOIN users ON users.uuid = activities.user_uuid \
     WHERE activities.uuid = $1 AND users.handle = $2 AND activities.expires_at > $3",
);

/// The crud with this uuid by the person with this handle.
///
/// # Errors
///
/// [`Error::NotFound`] when there is none, when it is somebody else's, and when it has expired; [`Error::Database`].
pub async fn show(db: &Db, handle: &str, uuid: &str) -> Result<Activity, Error> {
    in_span("activity.show", Vec::new(), async {
        let uuid = Uuid::parse_str(uuid).map_err(|_| Error::NotFound)?;
        let values = vec![
            uuid.to_string().into(),
            handle.to_ascii_lowercase().into(),
            db.now().into(),
        ];
        db.row(&SELECT, values, feed::activity).await?.ok_or(Error::NotFound)
    })
    .await
}
