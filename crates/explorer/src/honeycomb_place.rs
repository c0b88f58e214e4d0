//! Where the same spans are in Honeycomb.

use crate::href::encoded;
use std::fmt::Write;

/// A team's environment in Honeycomb's user interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoneycombPlace {
    /// The address of the user interface, such as `https://ui.honeycomb.io`.
    pub ui: String,
    /// The team's slug.
    pub team: String,
    /// The environment's slug; none for Honeycomb Classic, which has no environments.
    pub environment: Option<String>,
}

impl HoneycombPlace {
    /// The user interface that belongs to one of Honeycomb's API hosts: `api.honeycomb.io`, `api.eu1.honeycomb.io`;
    /// none for any other host.
    pub fn ui_of_api(host: &str) -> Option<String> {
        let rest = host.strip_prefix("api.")?;
        let is_honeycomb = rest == "honeycomb.io" || rest.ends_with(".honeycomb.io");
        is_honeycomb.then(|| format!("https://ui.{rest}"))
    }

    /// The address of a dataset. Honeycomb names it after the service whose spans are in it.
    pub(crate) fn dataset(&self, service: &str) -> String {
        let slug: String = service
            .trim()
            .to_lowercase()
            .chars()
            .map(|c| {
                if c.is_alphanumeric() || "._-".contains(c) {
                    c
                } else {
                    '-'
                }
            })
            .collect();
        let environment = self
            .environment
            .as_deref()
            .map(|slug| format!("/environments/{}", encoded(slug)));
        format!(
            "{}/{}{}/datasets/{}",
            self.ui.trim_end_matches('/'),
            encoded(&self.team),
            environment.unwrap_or_default(),
            encoded(&slug)
        )
    }

    /// The address of a trace, opened at a span. Without its times Honeycomb looks for it in the last two hours only.
    pub(crate) fn trace(&self, service: &str, trace_id: &str, span_id: Option<&str>, start: i64, end: i64) -> String {
        const SECOND: i64 = 1_000_000_000;
        let mut href = format!("{}/trace?trace_id={}", self.dataset(service), encoded(trace_id));
        if let Some(span_id) = span_id {
            _ = write!(href, "&span={}", encoded(span_id));
        }
        let (start, end) = (start.div_euclid(SECOND), end.div_euclid(SECOND) + 1);
        _ = write!(href, "&trace_start_ts={start}&trace_end_ts={end}");
        href
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_interface_is_beside_the_api() {
        let ui = |host| HoneycombPlace::ui_of_api(host);
        assert_eq!(ui("api.honeycomb.io").as_deref(), Some("https://ui.honeycomb.io"));
        assert_eq!(
            ui("api.eu1.honeycomb.io").as_deref(),
            Some("https://ui.eu1.honeycomb.io")
        );
        assert_eq!(ui("api.honeycomb.io.evil.example"), None);
        assert_eq!(ui("api.evilhoneycomb.io"), None);
        assert_eq!(ui("127.0.0.1"), None);
    }

    #[test]
    fn a_trace_is_found_by_its_times() {
        let mut place = HoneycombPlace {
            ui: "https://ui.honeycomb.io".into(),
            team: "shop".into(),
            environment: Some("test".into()),
        };
        assert_eq!(
            place.trace("Shop Backend", "a1&", Some("b2"), 1_999_999_999, 2_000_000_000),
            "https://ui.honeycomb.io/shop/environments/test/datasets/shop-backend/trace?trace_id=a1%26&span=b2\
             &trace_start_ts=1&trace_end_ts=3"
        );
        place.environment = None;
        assert_eq!(place.dataset("a/b"), "https://ui.honeycomb.io/shop/datasets/a-b");
    }
}
