//! The session's cookie: the token of a server-side session, signed, so that a made-up one costs no look into the database.
//!
//! `HttpOnly` (no script reads it), `SameSite=Lax` (no other site's form or fetch sends it), `Path=/`, and `Secure` over HTTPS.
//! Signing in always makes a new session and ends the one that was there: a token that somebody planted beforehand is worth
//! nothing afterwards.

use crate::server_context::Services;
use cookie::{Cookie, CookieJar, Key, SameSite, time::Duration};
use cruddur::{session, user::User};
use http::{HeaderMap, HeaderValue, header::COOKIE};

/// The cookie's name.
pub const NAME: &str = "cruddur_session";

/// How long the browser keeps it, in days: as long as the domain keeps the session.
const DAYS: i64 = 30;

/// The session's token in a request's `Cookie` headers; `None` without one and for one that we did not sign.
#[must_use]
pub fn token(headers: &HeaderMap, key: &Key) -> Option<String> {
    let mut jar = CookieJar::new();
    for header in headers.get_all(COOKIE) {
        // Not `to_str`, which takes ASCII only: another app on this host may have set a cookie with more in it.
        let text = String::from_utf8_lossy(header.as_bytes()).into_owned();
        for cookie in Cookie::split_parse(text).flatten() {
            if cookie.name() == NAME {
                jar.add_original(cookie);
            }
        }
    }
    jar.signed(key).get(NAME).map(|cookie| cookie.value().to_owned())
}

/// The `Set-Cookie` that gives the browser this token.
#[must_use]
pub fn set(token: String, key: &Key, secure: bool) -> HeaderValue {
    let mut jar = CookieJar::new();
    jar.signed_mut(key).add(built(token, secure, Duration::days(DAYS)));
    let signed = jar.get(NAME).map(ToString::to_string).unwrap_or_default();
    header(&signed)
}

/// The `Set-Cookie` that takes the token away.
#[must_use]
pub fn clear(secure: bool) -> HeaderValue {
    header(&built(String::new(), secure, Duration::ZERO).to_string())
}

/// Ends the session that the request came with, begins one for `user`, and answers with its `Set-Cookie`.
///
/// # Errors
///
/// Those of the database.
pub async fn renew(services: &Services, headers: &HeaderMap, user: &User) -> Result<HeaderValue, cruddur::Error> {
    if let Some(old) = token(headers, &services.cookie_key) {
        session::end(&services.db, &old).await?;
    }
    let new = session::create(&services.db, user).await?;
    Ok(set(new, &services.cookie_key, services.secure_cookies))
}

/// Ends the session that the request came with, if any, and answers with the `Set-Cookie` that takes its token away.
///
/// # Errors
///
/// Those of the database.
pub async fn end(services: &Services, headers: &HeaderMap) -> Result<HeaderValue, cruddur::Error> {
    if let Some(old) = token(headers, &services.cookie_key) {
        session::end(&services.db, &old).await?;
    }
    Ok(clear(services.secure_cookies))
}

fn built(value: String, secure: bool, max_age: Duration) -> Cookie<'static> {
    Cookie::build((NAME, value))
        .http_only(true)
        .same_site(SameSite::Lax)
        .path("/")
        .secure(secure)
        .max_age(max_age)
        .build()
}

/// A cookie of ours is always a header: the name and attributes are literals, tokens and signatures are base64 or hexadecimal.
fn header(cookie: &str) -> HeaderValue {
    HeaderValue::from_str(cookie).unwrap_or_else(|_| HeaderValue::from_static("cruddur_session=; Path=/; Max-Age=0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key::from(&[7; 64])
    }

    /// The `Cookie` header that a browser would send after this `Set-Cookie`.
    fn sent_back(set_cookie: &HeaderValue) -> HeaderMap {
        let text = set_cookie.to_str().expect("visible ASCII");
        let pair = text.split(';').next().expect("a first part");
        let mut headers = HeaderMap::new();
        headers.insert(
            COOKIE,
            HeaderValue::from_str(&format!("theme=dark; {pair}")).expect("a header"),
        );
        headers
    }

    #[test]
    fn a_token_comes_back() {
        let cookie = set("0a1b2c".to_owned(), &key(), false);
        assert_eq!(token(&sent_back(&cookie), &key()).as_deref(), Some("0a1b2c"));
    }

    #[test]
    fn a_token_that_we_did_not_sign_is_none() {
        let cookie = set("0a1b2c".to_owned(), &Key::from(&[8; 64]), false);
        assert_eq!(token(&sent_back(&cookie), &key()), None);

        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_static("cruddur_session=0a1b2c"));
        assert_eq!(token(&headers, &key()), None);
        assert_eq!(token(&HeaderMap::new(), &key()), None);
    }

    #[test]
    fn a_changed_token_is_none() {
        let cookie = set("0a1b2c".to_owned(), &key(), false);
        let changed = cookie.to_str().expect("visible ASCII").replace("0a1b2c", "0a1b2d");
        let changed = HeaderValue::from_str(&changed).expect("a header");
        assert_eq!(token(&sent_back(&changed), &key()), None);
    }

    #[test]
    fn its_attributes_keep_it_from_scripts_and_other_sites() {
        let attributes = |cookie: &HeaderValue| {
            let text = cookie.to_str().expect("visible ASCII").to_owned();
            let mut parts: Vec<String> = text.split("; ").skip(1).map(str::to_owned).collect();
            parts.sort();
            parts
        };
        let plain = ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Lax"];
        assert_eq!(attributes(&set("t".to_owned(), &key(), false)), plain);
        let secure = ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Lax", "Secure"];
        assert_eq!(attributes(&set("t".to_owned(), &key(), true)), secure);
        let cleared = ["HttpOnly", "Max-Age=0", "Path=/", "SameSite=Lax", "Secure"];
        assert_eq!(attributes(&clear(true)), cleared);
    }
}
