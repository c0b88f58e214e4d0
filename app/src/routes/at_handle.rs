//! The route segment `@{handle}`: Leptos' `path!` knows only parameters that fill a whole segment.

use leptos_router::{PartialPathMatch, PathSegment, PossibleRouteMatch};

/// Matches one segment that is `@` and a name, and keeps the name as parameter `handle`.
///
/// The segment that it generates is the literal text `@{handle}`, which axum's router takes as a prefix and a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtHandle;

impl PossibleRouteMatch for AtHandle {
    fn optional(&self) -> bool {
        false
    }

    fn test<'a>(&self, path: &'a str) -> Option<PartialPathMatch<'a>> {
        let segment = path.strip_prefix('/')?;
        let length = segment.find('/').unwrap_or(segment.len());
        let handle = segment[..length]
            .strip_prefix('@')
            .filter(|handle| !handle.is_empty())?;
        let (matched, remaining) = path.split_at(1 + length);
        Some(PartialPathMatch::new(
            remaining,
            vec![("handle".into(), handle.to_owned())],
            matched,
        ))
    }

    fn generate_path(&self, path: &mut Vec<PathSegment>) {
        path.push(PathSegment::Static("@{handle}".into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leptos_router::{ParamSegment, StaticSegment};

    fn parts(route: &impl PossibleRouteMatch, path: &str) -> Option<(Vec<(String, String)>, String)> {
        let found = route.test(path)?;
        let remaining = found.remaining().to_owned();
        Some((
            found
                .params()
                .into_iter()
                .map(|(name, value)| (name.into_owned(), value))
                .collect(),
            remaining,
        ))
    }

    fn param(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn it_takes_one_segment_that_starts_with_an_at_sign() {
        assert_eq!(
            parts(&AtHandle, "/@worf"),
            Some((vec![param("handle", "worf")], String::new()))
        );
        assert_eq!(
            parts(&AtHandle, "/@worf/"),
            Some((vec![param("handle", "worf")], "/".to_owned()))
        );
        assert_eq!(
            parts(&AtHandle, "/@ümläut/x"),
            Some((vec![param("handle", "ümläut")], "/x".to_owned()))
        );
        for path in ["", "/", "/@", "/@/status", "/worf", "@worf", "//@worf"] {
            assert_eq!(parts(&AtHandle, path), None, "{path:?}");
        }
    }

    #[test]
    fn it_stands_before_other_segments() {
        let status = (AtHandle, StaticSegment("status"), ParamSegment("id"));
        assert_eq!(
            parts(&status, "/@worf/status/0193"),
            Some((vec![param("handle", "worf"), param("id", "0193")], String::new()))
        );
        assert_eq!(parts(&status, "/@worf/likes/0193"), None);
    }

    #[test]
    fn its_generated_segment_is_what_axum_reads() {
        let mut path = Vec::new();
        AtHandle.generate_path(&mut path);
        assert_eq!(path, [PathSegment::Static("@{handle}".into())]);
    }
}
