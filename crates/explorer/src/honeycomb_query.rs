//! The address that opens a query in Honeycomb.

use crate::HoneycombPlace;
use crate::href::encoded;
use honeycomb::Query;

impl HoneycombPlace {
    /// A query template link, over all datasets of the environment: a trace begins in one service and goes on in another.
    /// None for Honeycomb Classic, whose queries are about one dataset.
    pub(crate) fn query(&self, query: &Query) -> Option<String> {
        let environment = encoded(self.environment.as_deref()?);
        let specification = encoded(&serde_json::to_string(query).ok()?);
        let (ui, team) = (self.ui.trim_end_matches('/'), encoded(&self.team));
        Some(format!("{ui}/{team}/environments/{environment}?query={specification}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_in_the_address() {
        let query = Query::parse(r#"{"time_range": 60, "breakdowns": ["a&b"]}"#).unwrap();
        let mut place = HoneycombPlace {
            ui: "https://ui.honeycomb.io/".into(),
            team: "shop".into(),
            environment: Some("test".into()),
        };
        assert_eq!(
            place.query(&query).unwrap(),
            "https://ui.honeycomb.io/shop/environments/test?query=%7B%22time_range%22%3A60%2C%22breakdowns%22%3A%5B\
             %22a%26b%22%5D%2C%22calculations%22%3A%5B%7B%22op%22%3A%22COUNT%22%7D%5D%7D"
        );
        place.environment = None;
        assert_eq!(place.query(&query), None);
    }
}
