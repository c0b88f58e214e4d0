//! The visit that a person's page loads and tabs have in common: `session.id`.
//!
//! It lies in a cookie that both sides read and write: so it is the same in all tabs, the browser forgets it after
//! [`IDLE_SECONDS`] without activity, and it reaches the server with navigations too, which carry no `baggage`. It is
//! an id of a visit and not of a person, and no secret: whoever is signed in is another cookie's business.

use crate::hex::read as hex;
use std::fmt;

/// The cookie's name; its value is a [`Session`].
pub const COOKIE: &str = "telemetry-session";
/// `Max-Age` of the cookie, set anew with activity: how long a visit outlives it.
pub const IDLE_SECONDS: u64 = 30 * 60;
/// The longest visit; after it a new one begins.
pub const MAX_SECONDS: u64 = 4 * 60 * 60;

/// A visit, as it is written into the cookie: `{id}.{start}`, the start in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Not all zero.
    pub id: [u8; 16],
    /// Seconds since 1970, by the clock of whoever began it.
    pub start: u64,
}

impl Session {
    /// Reads what [`fmt::Display`] writes; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, start) = text.split_once('.')?;
        let session = Self {
            id: hex(id)?,
            start: start.parse().ok()?,
        };
        (session.id != [0; 16]).then_some(session)
    }

    /// The session in a `Cookie` header, or in `document.cookie`.
    pub fn in_cookies(cookies: &str) -> Option<Self> {
        cookies.split(';').find_map(|cookie| {
            let (name, value) = cookie.split_once('=')?;
            if name.trim() == COOKIE {
                Self::parse(value.trim())
            } else {
                None
            }
        })
    }

    /// Whether it has gone on for so long that a new one begins; `now` in seconds since 1970. A start that lies in the
    /// future (two clocks, or a forgery) counts as too long from an hour on.
    pub fn is_over(&self, now: u64) -> bool {
        now.saturating_sub(self.start) >= MAX_SECONDS || self.start.saturating_sub(now) >= 60 * 60
    }

    /// The cookie, for `Set-Cookie` or `document.cookie`; it lives for [`IDLE_SECONDS`] from now on.
    pub fn cookie(&self) -> String {
        format!("{COOKIE}={self}; Path=/; Max-Age={IDLE_SECONDS}; SameSite=Lax")
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", crate::hex::write(&self.id), self.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: Session = Session {
        id: [0xab; 16],
        start: 1_700_000_000,
    };

    #[test]
    fn what_is_written_is_read() {
        let cookies = format!("theme=dark; {COOKIE}={SESSION}; other=x.y");
        assert_eq!(Session::in_cookies(&cookies), Some(SESSION));
        for bad in [
            "",
            "ab.1",
            &SESSION.to_string().replace("ab", "00"),
            "x.y",
            &(SESSION.to_string() + "z"),
        ] {
            assert_eq!(Session::parse(bad), None, "{bad}");
        }
        assert_eq!(Session::in_cookies("telemetry-session; a=b"), None);
    }

    #[test]
    fn a_visit_lasts_four_hours_at_most() {
        for (now, over) in [
            (SESSION.start, false),
            (SESSION.start + MAX_SECONDS - 1, false),
            (SESSION.start + MAX_SECONDS, true),
            (SESSION.start - 90, false),
            (SESSION.start - 7200, true),
        ] {
            assert_eq!(SESSION.is_over(now), over, "{now}");
        }
    }
}
