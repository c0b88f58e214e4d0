//! The visit that a request belongs to: `session.id` ([`trace_wire::session`]).
//!
//! What a page fetches names it in `baggage`. A navigation carries no such header, but the cookie; and for a page load it
//! is the server that begins a visit and lets the cookie live on, so that both happen with JavaScript off, too. A visit is
//! nobody's right to anything, so what a client says is believed if it only has the form.

use http::{HeaderMap, header};
use opentelemetry::baggage::BaggageExt;
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};
use std::sync::Arc;
use trace_wire::{Session, attribute, hex};

/// The visit of a page load: the cookie's, or a new one where there is none or it has gone on for too long. `now` in
/// seconds since 1970.
pub(super) fn of_page(headers: &HeaderMap, now: u64) -> Session {
    in_cookies(headers, now).unwrap_or_else(|| Session {
        id: RandomIdGenerator::default().new_trace_id().to_bytes(),
        start: now,
    })
}

/// The id of the visit that any other request names: in the baggage of `cx`, else in the cookie.
pub(super) fn named(cx: &Context, headers: &HeaderMap, now: u64) -> Option<[u8; 16]> {
    in_baggage(cx).or_else(|| in_cookies(headers, now).map(|session| session.id))
}

/// `session.id`, cheap to clone: it goes onto every span of the request.
pub(super) fn attribute(id: [u8; 16]) -> KeyValue {
    let text: Arc<str> = format!("{:032x}", u128::from_be_bytes(id)).into();
    KeyValue::new(attribute::SESSION_ID, text)
}

fn in_cookies(headers: &HeaderMap, now: u64) -> Option<Session> {
    // Not `to_str`, which takes ASCII only: another app on this host may have set a cookie with more in it.
    let mut cookies = headers.get_all(header::COOKIE).iter();
    let session = cookies.find_map(|cookies| Session::in_cookies(&String::from_utf8_lossy(cookies.as_bytes())));
    session.filter(|session| !session.is_over(now))
}

fn in_baggage(cx: &Context) -> Option<[u8; 16]> {
    let id = hex::read(cx.baggage().get(attribute::SESSION_ID)?.as_str())?;
    (id != [0; 16]).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::super::parent::remote_context;
    use super::*;
    use crate::propagators::Propagators;
    use http::HeaderValue;

    const ID: [u8; 16] = [0xab; 16];
    const NOW: u64 = 1_795_000_000;

    fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    /// The visit that a request names which is read as by default.
    fn visit(headers: &HeaderMap, now: u64) -> Option<[u8; 16]> {
        let (cx, _) = remote_context(headers, &Propagators::default());
        named(&cx, headers, now)
    }

    #[test]
    fn baggage_is_read_as_w3c_writes_it() {
        let id = "ab".repeat(16);
        for values in [
            &[&*format!("session.id={id}")][..],
            &[&*format!("a=1, session.id = {id};secret=no , b=2")],
            &[&*format!("session.id=%61b{}", &id[2..])],
            &["a=1", &*format!("session.id={id}")],
        ] {
            assert_eq!(visit(&headers("baggage", values), NOW), Some(ID), "{values:?}");
        }
        let too_long = format!("a={},session.id={id}", "x".repeat(8192));
        for bad in ["", "session.id", "session.id=ab", &"session.id=0".repeat(3), &too_long] {
            assert_eq!(visit(&headers("baggage", &[bad]), NOW), None, "{bad}");
        }
        for bad in [id.to_uppercase(), "0".repeat(32), format!("{id}0"), "é".repeat(16)] {
            let baggage = format!("session.id={bad}");
            assert_eq!(visit(&headers("baggage", &[&baggage]), NOW), None, "{bad}");
        }
    }

    #[test]
    fn a_cookie_counts_until_its_visit_is_over() {
        let session = Session { id: ID, start: NOW };
        let cookies = headers("cookie", &["theme=dunkelgrün; x=y", &session.cookie()]);
        assert_eq!(visit(&cookies, NOW), Some(ID));
        assert_eq!(of_page(&cookies, NOW + 60), session);
        let later = NOW + trace_wire::session::MAX_SECONDS;
        assert_eq!(visit(&cookies, later), None);
        let new = of_page(&cookies, later);
        assert!(new.id != ID && new.id != [0; 16] && new.start == later);
    }
}
