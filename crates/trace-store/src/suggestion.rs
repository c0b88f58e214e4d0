//! What could be typed into a filter: the values that traces have.

use crate::fragment::Fragment;
use crate::{StoreError, TraceFilter, TraceStore};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;

/// A filter whose values are names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuggestionField {
    /// The values of `service.name`.
    Service,
    /// The values of `http.route`.
    Route,
    /// The values of `user.name` and `user.id`.
    User,
}

impl SuggestionField {
    /// The field of this name in [`TraceFilter`](crate::TraceFilter): `service`, `route` or `user`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "service" => Some(Self::Service),
            "route" => Some(Self::Route),
            "user" => Some(Self::User),
            _ => None,
        }
    }
}

/// A value that some traces have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// As a filter takes it.
    pub value: Arc<str>,
    /// How many traces have it.
    pub traces: u64,
}

impl TraceStore {
    /// At most `limit` values of `field` that begin with `prefix`, letters compared without case: those that most traces
    /// have first, by name where as many have them. Of the newest [`crate::LOOKED_AT`] traces.
    ///
    /// # Errors
    /// As [`TraceStore::trace`].
    pub async fn suggestions(
        &self,
        field: SuggestionField,
        prefix: &str,
        limit: usize,
    ) -> Result<Vec<Suggestion>, StoreError> {
        let prefix = prefix.to_lowercase();
        self.off_thread(move |core| {
            let begins = |name: &&Arc<str>| name.to_lowercase().starts_with(&prefix);
            let names = |fragment: &Fragment| fragment.names(field).iter().filter(begins).cloned().collect::<Vec<_>>();
            let mut counts: HashMap<Arc<str>, u64> = HashMap::new();
            let (names, _) = core.newest(&TraceFilter::default(), names)?;
            for name in names.into_iter().flatten() {
                *counts.entry(name).or_default() += 1;
            }
            let counts = counts.into_iter();
            let mut suggestions: Vec<_> = counts.map(|(value, traces)| Suggestion { value, traces }).collect();
            suggestions.sort_unstable_by(|a, b| b.traces.cmp(&a.traces).then_with(|| a.value.cmp(&b.value)));
            suggestions.truncate(limit);
            Ok(suggestions)
        })
        .await
    }
}
