//! What a form that was sent without JavaScript comes back with, kept here for the one page that follows.
//!
//! Leptos' own fallback puts the error into the URL and loses what was typed. Here the browser gets an id in a
//! short-lived cookie; values (never a password) and errors stay on the server, until the next page takes them.

use app::FormFlash;
use axum::http::{HeaderMap, HeaderValue, header};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const COOKIE: &str = "cruddur_flash";
/// How long a form waits for its page.
const LIFE: Duration = Duration::from_secs(60);
/// The most forms that wait; beyond it the oldest is forgotten, and its page comes without what was typed.
const MOST: usize = 1000;

/// The forms that wait for their page.
#[derive(Clone, Default)]
pub struct Flashes(Arc<Mutex<VecDeque<(String, Instant, FormFlash)>>>);

impl Flashes {
    /// Keeps a form; the answer is the `Set-Cookie` by which its page will find it.
    pub(crate) fn keep(&self, form: FormFlash) -> HeaderValue {
        let id = uuid::Uuid::new_v4().simple().to_string();
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|(_, since, _)| since.elapsed() < LIFE);
        if waiting.len() == MOST {
            waiting.pop_front();
        }
        waiting.push_back((id.clone(), Instant::now(), form));
        let cookie = format!(
            "{COOKIE}={id}; HttpOnly; SameSite=Lax; Path=/; Max-Age={}",
            LIFE.as_secs()
        );
        HeaderValue::from_str(&cookie).unwrap_or_else(|_| Self::clear())
    }

    /// The form that this visitor waits for. It is given once.
    pub(crate) fn take(&self, headers: &HeaderMap) -> Option<FormFlash> {
        let id = id(headers)?;
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let position = waiting.iter().position(|(waiting, _, _)| *waiting == id)?;
        let (_, since, form) = waiting.remove(position)?;
        (since.elapsed() < LIFE).then_some(form)
    }

    /// Whether a request carries such a cookie at all.
    pub(crate) fn is_expected(headers: &HeaderMap) -> bool {
        id(headers).is_some()
    }

    /// The `Set-Cookie` that takes the cookie away.
    pub(crate) fn clear() -> HeaderValue {
        HeaderValue::from_static("cruddur_flash=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0")
    }
}

fn id(headers: &HeaderMap) -> Option<String> {
    headers.get_all(header::COOKIE).iter().find_map(|cookies| {
        cookie::Cookie::split_parse(String::from_utf8_lossy(cookies.as_bytes()))
            .flatten()
            .find(|cookie| cookie.name() == COOKIE)
            .map(|cookie| cookie.value().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent_back(cookie: &HeaderValue) -> HeaderMap {
        let pair = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        [(
            header::COOKIE,
            HeaderValue::from_str(&format!("other=1; {pair}")).unwrap(),
        )]
        .into_iter()
        .collect()
    }

    #[test]
    fn a_form_is_given_once_and_to_its_visitor() {
        let flashes = Flashes::default();
        let form = FormFlash {
            form: "signup".into(),
            ..FormFlash::default()
        };
        let cookie = flashes.keep(form.clone());
        assert_eq!(flashes.take(&HeaderMap::new()), None);
        assert_eq!(flashes.take(&sent_back(&Flashes::default().keep(form.clone()))), None);
        assert_eq!(flashes.take(&sent_back(&cookie)), Some(form));
        assert_eq!(flashes.take(&sent_back(&cookie)), None);
    }

    #[test]
    fn the_number_of_waiting_forms_is_bounded() {
        let flashes = Flashes::default();
        let first = flashes.keep(FormFlash::default());
        for _ in 0..MOST {
            flashes.keep(FormFlash::default());
        }
        assert_eq!(flashes.take(&sent_back(&first)), None, "the oldest was forgotten");
        assert_eq!(flashes.0.lock().unwrap().len(), MOST);
    }
}
