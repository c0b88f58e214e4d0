//! Sessions: who holds a token is signed in, for 30 days at most, until they sign out.
//!
//! A token is 256 random bits. The table has only its SHA-256, so that a copy of the database signs nobody in; a plain
//! hash is enough, because nobody guesses 256 bits. How the token travels (a signed cookie) is the app's.

use crate::clock::SECOND;
use crate::db::{Db, Statement};
use crate::span::{in_span, note, quiet};
use crate::{Error, user::User};
use opentelemetry::KeyValue;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use trace_wire::attribute::APP_REMOVED;

/// How long a session lasts, in microseconds.
const LIFETIME: i64 = 30 * 24 * 60 * 60 * SECOND;
/// The length of a token in hexadecimal digits.
const TOKEN_DIGITS: usize = 64;

const INSERT: Statement = Statement::new(
    "INSERT",
    "sessions",
    "INSERT INTO sessions (token_hash, user_uuid, created_at, expires_at) VALUES ($1, $2, $3, $4)",
);
const SELECT_USER: Statement = Statement::new(
    "SELECT",
    "sessions",
    "SELECT users.uuid, users.handle, users.display_name FROM sessions JOIN users ON users.uuid = sessions.user_uuid \
     WHERE sessions.token_hash = $1 AND sessions.expires_at > $2",
);
const DELETE: Statement = Statement::new("DELETE", "sessions", "DELETE FROM sessions WHERE token_hash = $1");
const SELECT_EXPIRED: Statement = Statement::new(
    "SELECT",
    "sessions",
    "SELECT token_hash FROM sessions WHERE expires_at <= $1 LIMIT 1",
);
const DELETE_EXPIRED: Statement = Statement::new("DELETE", "sessions", "DELETE FROM sessions WHERE expires_at <= $1");

/// Begins a session and gives its token: 64 hexadecimal digits.
///
/// # Errors
///
/// [`Error::Database`], [`Error::Random`].
pub async fn create(db: &Db, user: &User) -> Result<String, Error> {
    let mut secret = [0; TOKEN_DIGITS / 2];
    getrandom::fill(&mut secret).map_err(Error::Random)?;
    let token = hex(&secret);
    let now = db.now();
    let values = vec![
        hashed(&token).into(),
        user.uuid.as_str().into(),
        now.into(),
        (now + LIFETIME).into(),
    ];
    db.execute(&INSERT, values).await?;
    Ok(token)
}

/// Whose session this is; `None` for one that is over, and for what was never a token.
///
/// # Errors
///
/// [`Error::Database`].
pub async fn user_of(db: &Db, token: &str) -> Result<Option<User>, Error> {
    if token.len() != TOKEN_DIGITS {
        return Ok(None);
    }
    let values = vec![hashed(token).into(), db.now().into()];
    Ok(db.row(&SELECT_USER, values, crate::user::read).await?)
}

/// Ends a session; one that is over already stays so.
///
/// # Errors
///
/// [`Error::Database`].
pub async fn end(db: &Db, token: &str) -> Result<(), Error> {
    db.execute(&DELETE, vec![hashed(token).into()]).await?;
    Ok(())
}

/// A name for the session of this token, for those who may know which session it is and not its token: the same for as
/// long as it lasts, another one after the next sign-in. 16 hexadecimal digits, and not those of the table.
pub fn public_name(token: &str) -> String {
    let mut name = hashed(&format!("name of {token}"));
    name.truncate(16);
    name
}

/// Removes the sessions that are over, and says how many they were. Makes no span when there are none.
///
/// # Errors
///
/// [`Error::Database`].
pub async fn remove_expired(db: &Db) -> Result<u64, Error> {
    let now = db.now();
    let any = quiet(db.row(&SELECT_EXPIRED, vec![now.into()], |_| Ok(()))).await?;
    if any.is_none() {
        return Ok(0);
    }
    in_span("session.expire", Vec::new(), async {
        let removed = db.execute(&DELETE_EXPIRED, vec![now.into()]).await?;
        note(KeyValue::new(APP_REMOVED, i64::try_from(removed).unwrap_or(i64::MAX)));
        Ok(removed)
    })
    .await
}

fn hashed(token: &str) -> String {
    hex(&Sha256::digest(token))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_name_is_of_one_token_and_tells_nothing_of_it() {
        let name = public_name("a token");
        assert_eq!((name.len(), &name), (16, &public_name("a token")));
        assert_ne!(name, public_name("another token"));
        assert!(!hashed("a token").contains(&name));
    }
}
