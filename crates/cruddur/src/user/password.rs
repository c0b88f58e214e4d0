//! Passwords: argon2id, on threads that may block, a few at a time.
//!
//! Parameters are OWASP's first choice below 47 MiB: 19 MiB of memory, 2 passes, 1 lane (Password Storage Cheat Sheet).
//! Each hash takes tens of milliseconds of a core and its memory, so no more run at once than there are cores: a burst of
//! sign-ins waits its turn instead of taking the machine.

use crate::Error;
use crate::error::PasswordError;
use crate::span::in_span;
use argon2::password_hash::{Error as HashError, PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::{Arc, LazyLock};
use std::thread::available_parallelism;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// What a password is checked against when there is no account: it takes as long as a real one, and nothing matches it
/// (nobody knows a password whose hash is all zero).
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static TURNS: LazyLock<Arc<Semaphore>> =
    LazyLock::new(|| Arc::new(Semaphore::new(available_parallelism().map_or(2, usize::from))));

/// The hash of a password, with its salt and parameters (PHC string format), in a span `password.hash`.
pub(crate) async fn hash(password: String) -> Result<String, Error> {
    in_span("password.hash", Vec::new(), async {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(Error::Random)?;
        in_turn(move || {
            let salt = SaltString::encode_b64(&salt)?;
            Ok(argon2()?.hash_password(password.as_bytes(), &salt)?.to_string())
        })
        .await
    })
    .await
}

/// Whether the password is the one that was hashed, in a span `password.verify`. Without a hash (nobody has that e-mail
/// address) the answer is no, and takes as long.
pub(crate) async fn verify(password: String, hash: Option<String>) -> Result<bool, Error> {
    in_span("password.verify", Vec::new(), async {
        in_turn(move || {
            let parsed = PasswordHash::new(hash.as_deref().unwrap_or(NOBODY))?;
            match argon2()?.verify_password(password.as_bytes(), &parsed) {
                Ok(()) => Ok(hash.is_some()),
                Err(HashError::Password) => Ok(false),
                Err(error) => Err(error),
            }
        })
        .await
    })
    .await
}

/// Runs `work` on a thread that may block. Its turn ends with it, also when nobody waits for it any more.
async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> Result<T, HashError> + Send + 'static) -> Result<T, Error> {
    // The semaphore is never closed, so there is always a turn.
    let turn = TURNS.clone().acquire_owned().await.ok();
    let done = spawn_blocking(move || {
        let _turn = turn;
        work()
    });
    done.await
        .map_err(|error| Error::Password(PasswordError::Thread(error)))?
        .map_err(|error| Error::Password(PasswordError::Argon2(error)))
}

fn argon2() -> Result<Argon2<'static>, HashError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_again() {
        let hashed = hash("correct horse battery".to_owned()).await.unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashed}");
        assert!(
            verify("correct horse battery".to_owned(), Some(hashed.clone()))
                .await
                .unwrap()
        );
        assert!(
            !verify("correct horse batterY".to_owned(), Some(hashed.clone()))
                .await
                .unwrap()
        );
        assert_ne!(
            hash("correct horse battery".to_owned()).await.unwrap(),
            hashed,
            "salted"
        );
    }

    #[tokio::test]
    async fn nobody_is_checked_like_somebody() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let somebody = hash("correct horse battery".to_owned()).await.unwrap();
        let somebody = PasswordHash::new(&somebody).unwrap();
        assert_eq!(nobody.algorithm, somebody.algorithm);
        assert_eq!(nobody.version, somebody.version);
        assert_eq!(nobody.params, somebody.params);
        assert_eq!(nobody.hash.unwrap().len(), somebody.hash.unwrap().len());
        assert!(!verify(String::new(), None).await.unwrap());
    }
}
