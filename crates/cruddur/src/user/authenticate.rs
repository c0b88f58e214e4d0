//! Signing in.

use super::{SignIn, User, password, show};
use crate::db::{Db, Statement};
use crate::span::{acting, in_span, note};
use crate::{Error, FieldError, Invalid};

const SELECT: Statement = Statement::new(
    "SELECT",
    "users",
    "SELECT uuid, handle, display_name, password_hash, is_demo FROM users WHERE email = $1",
);

struct Account {
    user: User,
    password_hash: String,
    is_demo: bool,
}

/// The person whose e-mail address and password these are. `allow_demo`: whether the demo people, whose password everybody
/// knows, may sign in from where this comes from.
///
/// # Errors
///
/// [`Error::Invalid`]: `email_blank`, `password_blank`; `credentials_incorrect`, in the same words and after the same time
/// whether nobody has the address or the password is wrong; `demo_loopback_only`. And the failures of [`Error`].
pub async fn sign_in(db: &Db, input: SignIn, allow_demo: bool) -> Result<User, Error> {
    in_span("user.sign_in", Vec::new(), async {
        let input = input.check()?;
        let account = db.row(&SELECT, vec![input.email.into()], |row| {
            let (password_hash, is_demo) = (row.text("password_hash")?, row.integer("is_demo")? != 0);
            Ok(Account {
                user: show::user(row)?,
                password_hash,
                is_demo,
            })
        });
        let account = account.await?;
        let hash = account.as_ref().map(|account| account.password_hash.clone());
        let correct = password::verify(input.password, hash).await?;
        let Some(account) = account.filter(|_| correct) else {
            return Err(credentials_incorrect().into());
        };
        if account.is_demo && !allow_demo {
            return Err(demo_loopback_only().into());
        }
        acting(&account.user).into_iter().for_each(note);
        Ok(account.user)
    })
    .await
}

fn credentials_incorrect() -> Invalid {
    let words = "No account has this e-mail address and password. Check both, or sign up.";
    FieldError::new("", "credentials_incorrect", words).into()
}

fn demo_loopback_only() -> Invalid {
    let words = "Everybody knows the password of the demo people, so they sign in only on the machine that Cruddur runs \
                 on. Open Cruddur there, or sign up with an account of your own.";
    FieldError::new("", "demo_loopback_only", words).into()
}
