//! Looking somebody up.

use super::{Profile, User};
use crate::Error;
use crate::db::{Db, Row, Statement};
use crate::span::in_span;

const SELECT: Statement = Statement::new(
    "SELECT",
    "users",
    "SELECT uuid, handle, display_name FROM users WHERE handle = $1",
);
const SELECT_PROFILE: Statement = Statement::new(
    "SELECT",
    "users",
    "SELECT uuid, handle, display_name, (SELECT CAST(COUNT(*) AS BIGINT) FROM activities \
     WHERE activities.user_uuid = users.uuid AND activities.expires_at > $2) AS cruds_count FROM users WHERE handle = $1",
);

/// The person with this handle, in whatever case it is written.
///
/// # Errors
///
/// [`Error::NotFound`] when nobody has it; [`Error::Database`].
pub async fn by_handle(db: &Db, handle: &str) -> Result<User, Error> {
    in_span("user.show", Vec::new(), find(db, handle)).await
}

/// The person with this handle, and how many cruds they have that have not expired.
///
/// # Errors
///
/// [`Error::NotFound`] when nobody has it; [`Error::Database`].
pub async fn profile(db: &Db, handle: &str) -> Result<Profile, Error> {
    in_span("user.show", Vec::new(), async {
        let values = vec![handle.to_ascii_lowercase().into(), db.now().into()];
        let profile = db.row(&SELECT_PROFILE, values, |row| {
            let cruds_count = row.integer("cruds_count")?;
            Ok(Profile {
                user: user(row)?,
                cruds_count,
            })
        });
        profile.await?.ok_or(Error::NotFound)
    })
    .await
}

/// [`by_handle`], as a part of another operation.
pub(crate) async fn find(db: &Db, handle: &str) -> Result<User, Error> {
    let found = db.row(&SELECT, vec![handle.to_ascii_lowercase().into()], user).await?;
    found.ok_or(Error::NotFound)
}

/// A row as a person.
pub(crate) fn user(row: Row<'_>) -> Result<User, sqlx::Error> {
    Ok(User {
        uuid: row.text("uuid")?,
        handle: row.text("handle")?,
        display_name: row.text("display_name")?,
    })
}
