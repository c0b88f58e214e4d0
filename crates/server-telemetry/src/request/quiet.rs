//! Paths that make no spans: telemetry's own traffic would otherwise be traced by the telemetry that it carries, and
//! static files would bury what people did.

/// Paths, each with all that is below it, that make no spans.
///
/// A prefix counts on segment borders only: `/traces` covers `/traces` and `/traces/abc`, and not `/tracesx`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuietPaths(Vec<String>);

impl Default for QuietPaths {
    /// The relay (`/v1`), the explorer (`/traces`, `/api/traces`), Honeycomb's API over the store (`/1`), `/health`,
    /// the app's static files (`/pkg`) and `/favicon.ico`.
    fn default() -> Self {
        Self::new(["/v1", "/traces", "/api/traces", "/1", "/health", "/pkg", "/favicon.ico"])
    }
}

impl QuietPaths {
    /// These prefixes; a `/` at the end makes no difference.
    pub fn new<P: AsRef<str>>(prefixes: impl IntoIterator<Item = P>) -> Self {
        Self(
            prefixes
                .into_iter()
                .map(|prefix| prefix.as_ref().trim_end_matches('/').to_owned())
                .collect(),
        )
    }

    /// No quiet paths: for working on the telemetry or on the explorer itself.
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// These prefixes, too.
    #[must_use]
    pub fn and<P: AsRef<str>>(mut self, prefixes: impl IntoIterator<Item = P>) -> Self {
        self.0.extend(Self::new(prefixes).0);
        self
    }

    /// Whether a request for `path` makes no spans.
    pub fn contains(&self, path: &str) -> bool {
        self.0.iter().any(|prefix| {
            path.strip_prefix(prefix.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_end_at_segment_borders() {
        let quiet = QuietPaths::default();
        for path in [
            "/v1/traces",
            "/traces",
            "/traces/",
            "/traces/abc",
            "/api/traces/abc",
            "/1/queries/x",
            "/health",
        ] {
            assert!(quiet.contains(path), "{path}");
        }
        for path in [
            "/",
            "/tracesx",
            "/v10/traces",
            "/api/tracesx",
            "/healthy",
            "/pkgs/a.js",
            "/x/traces",
            "",
        ] {
            assert!(!quiet.contains(path), "{path}");
        }
    }

    #[test]
    fn the_list_can_be_extended_and_emptied() {
        let quiet = QuietPaths::default().and(["/assets/"]);
        assert!(quiet.contains("/assets/logo.svg") && quiet.contains("/v1/traces"));
        assert!(!QuietPaths::none().contains("/v1/traces"));
    }
}
