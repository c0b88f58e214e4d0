//! The table of the app's pages: one list of patterns by which browser and server name their spans, and the links to them.
//!
//! The patterns are written as axum writes them (`http.route`), so `navigate /@{handle}` in the browser and
//! `GET /@{handle}` on the server are visibly the same page; a test compares the list with what the router generates.

mod at_handle;

pub use at_handle::AtHandle;

/// The home page: the feed, and the form that adds to it.
pub const HOME: &str = "/";
/// The page that makes an account.
pub const SIGN_UP: &str = "/signup";
/// The page that signs a person in.
pub const SIGN_IN: &str = "/signin";
/// A person's page.
pub const PROFILE: &str = "/@{handle}";
/// One crud's page.
pub const STATUS: &str = "/@{handle}/status/{id}";

/// The patterns of all pages, each with its parameters in braces.
pub const PATTERNS: [&str; 5] = [HOME, SIGN_UP, SIGN_IN, PROFILE, STATUS];

/// The address of the trace explorer, another document with its own program: links to it are `rel="external"`.
pub const TRACES: &str = "/traces";

/// The address of a trace in the explorer.
#[must_use]
pub fn trace(id: &str) -> String {
    format!("{TRACES}/{id}")
}

/// The pattern of the page at `path` (without query and fragment), or `None` where the app has no page.
///
/// A trailing slash is ignored. Names of spans come from here, so that they stay few however many people there are.
#[must_use]
pub fn pattern_of(path: &str) -> Option<&'static str> {
    PATTERNS.into_iter().find(|pattern| matches(pattern, path))
}

/// The address of the page of the person with this handle.
#[must_use]
pub fn profile(handle: &str) -> String {
    format!("/@{handle}")
}

/// The address of one crud's page.
#[must_use]
pub fn status(handle: &str, uuid: &str) -> String {
    format!("/@{handle}/status/{uuid}")
}

fn matches(pattern: &str, path: &str) -> bool {
    let path = path.strip_suffix('/').unwrap_or(path);
    let mut wanted = pattern.trim_end_matches('/').split('/');
    let mut given = path.split('/');
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if segment_matches(wanted, given) => {}
            _ => return false,
        }
    }
}

/// A segment is literal text, optionally followed by one parameter that takes the rest (at least one character).
fn segment_matches(wanted: &str, given: &str) -> bool {
    match wanted.split_once('{') {
        Some((literal, _parameter)) => given.strip_prefix(literal).is_some_and(|value| !value.is_empty()),
        None => wanted == given,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_the_pattern_of_its_page() {
        let cases = [
            ("/", Some(HOME)),
            ("", Some(HOME)),
            ("/signup", Some(SIGN_UP)),
            ("/signin/", Some(SIGN_IN)),
            ("/@andrewbrown", Some(PROFILE)),
            ("/@andrewbrown/", Some(PROFILE)),
            ("/@andrewbrown/status/0193", Some(STATUS)),
            ("/@", None),
            ("/andrewbrown", None),
            ("/@andrewbrown/status", None),
            ("/@andrewbrown/status/", None),
            ("/@andrewbrown/status/1/2", None),
            ("//", None),
            ("/signups", None),
            ("/traces", None),
        ];
        for (path, expected) in cases {
            assert_eq!(pattern_of(path), expected, "{path:?}");
        }
    }

    #[test]
    fn links_lead_to_their_pages() {
        assert_eq!(pattern_of(&profile("londo")), Some(PROFILE));
        assert_eq!(pattern_of(&status("londo", "0193")), Some(STATUS));
    }
}
