//! Signing up.

use super::{SignUp, User, ValidSignUp, password, sign_up::Parts};
use crate::db::{Db, Row, Statement};
use crate::span::{acting, in_span, note};
use crate::{Error, FieldError, Invalid};

const SELECT_TAKEN: Statement = Statement::new(
    "SELECT",
    "users",
    "SELECT handle, email FROM users WHERE handle = $1 OR email = $2",
);
pub(crate) const INSERT: Statement = Statement::new(
    "INSERT",
    "users",
    "INSERT INTO users (uuid, handle, email, display_name, password_hash, is_demo, created_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)",
);

/// Makes an account.
///
/// Who is there already is asked twice: at first, so that everything that is wrong comes back at once and costs no hash;
/// and again in the transaction that writes, because hashing takes long enough for somebody else to be quicker.
///
/// # Errors
///
/// [`Error::Invalid`] as [`SignUp::check`] says, and `handle_taken` and `email_taken`; the failures of [`Error`].
pub async fn sign_up(db: &Db, input: SignUp) -> Result<User, Error> {
    in_span("user.sign_up", Vec::new(), async {
        let parts = input.parts();
        let mut errors = parts.errors();
        let taken = db.rows(&SELECT_TAKEN, parts.asked(), handle_and_email).await?;
        errors.extend(parts.taken_by(&taken));
        if !errors.is_empty() {
            return Err(Invalid(errors).into());
        }
        let hash = password::hash(parts.0.password.clone()).await?;

        let mut transaction = db.begin().await?;
        let taken = transaction.rows(&SELECT_TAKEN, parts.asked(), handle_and_email).await?;
        let errors = parts.taken_by(&taken);
        if !errors.is_empty() {
            return Err(Invalid(errors).into());
        }
        let created_at = db.now();
        let ValidSignUp {
            name, email, handle, ..
        } = parts.0;
        let user = User {
            uuid: db.new_uuid(created_at),
            handle,
            display_name: name,
        };
        let values = vec![
            user.uuid.as_str().into(),
            user.handle.as_str().into(),
            email.into(),
            user.display_name.as_str().into(),
            hash.into(),
            0.into(),
            created_at.into(),
        ];
        transaction.execute(&INSERT, values).await?;
        transaction.commit().await?;
        acting(&user).into_iter().for_each(note);
        Ok(user)
    })
    .await
}

impl Parts {
    fn asked(&self) -> Vec<crate::db::Value> {
        vec![self.0.handle.as_str().into(), self.0.email.as_str().into()]
    }

    fn taken_by(&self, people: &[(String, String)]) -> Vec<FieldError> {
        let ValidSignUp { handle, email, .. } = &self.0;
        let mut errors = Vec::new();
        if people.iter().any(|(_, taken)| taken == email) {
            let words = "There is an account with this e-mail address already. Sign in, or use another address.";
            errors.push(FieldError::new("email", "email_taken", words));
        }
        if people.iter().any(|(taken, _)| taken == handle) {
            let words = format!("The username {handle} is taken. Choose another one.");
            errors.push(FieldError::new("username", "handle_taken", words));
        }
        errors
    }
}

fn handle_and_email(row: Row<'_>) -> Result<(String, String), sqlx::Error> {
    Ok((row.text("handle")?, row.text("email")?))
}
