//! Which rows and groups meet what a query asks for.

use super::{Comparison, Filter, FilterCombination, FilterOp, Having, Query, order};
use crate::{Event, Value};
use std::cmp::Ordering;

impl Query {
    /// Whether a row meets the filters. Its time is not looked at, see [`super::Window::contains`].
    pub fn matches(&self, event: &Event) -> bool {
        let mut met = self
            .filters
            .iter()
            .map(|filter| filter.matches(event.get(&filter.column)));
        match self.filter_combination {
            FilterCombination::And => met.all(|met| met),
            FilterCombination::Or => self.filters.is_empty() || met.any(|met| met),
        }
    }
}

impl Filter {
    /// Whether a row meets the filter that holds this in its column.
    pub fn matches(&self, held: Option<&Value>) -> bool {
        let first = self.values.first();
        let text = |found: fn(&str, &str) -> bool| match (held.and_then(Value::as_str), first.and_then(Value::as_str)) {
            (Some(held), Some(wanted)) => found(held, wanted),
            _ => false,
        };
        match self.op {
            FilterOp::Compare(comparison) => {
                let ordering = held
                    .zip(first)
                    .and_then(|(held, wanted)| order::same_type(held, wanted));
                comparison.holds(ordering)
            }
            FilterOp::StartsWith { not } => not != text(|held, wanted| held.starts_with(wanted)),
            FilterOp::EndsWith { not } => not != text(|held, wanted| held.ends_with(wanted)),
            FilterOp::Contains { not } => not != text(|held, wanted| held.contains(wanted)),
            FilterOp::Exists { not } => not != held.is_some(),
            FilterOp::In { not } => {
                let equal =
                    |wanted: &Value| held.and_then(|held| order::same_type(held, wanted)) == Some(Ordering::Equal);
                not != self.values.iter().any(equal)
            }
        }
    }
}

impl Having {
    /// Whether a group meets it, whose calculation has this value.
    pub fn matches(&self, value: Option<f64>) -> bool {
        value.is_some_and(|value| self.op.holds(value.partial_cmp(&self.value)))
    }
}

impl Comparison {
    /// Whether it holds for two values in this order; for two that are in none, only `!=` does.
    pub fn holds(self, ordering: Option<Ordering>) -> bool {
        match self {
            Self::Equal => ordering == Some(Ordering::Equal),
            Self::NotEqual => ordering != Some(Ordering::Equal),
            Self::Greater => ordering == Some(Ordering::Greater),
            Self::GreaterOrEqual => ordering.is_some_and(Ordering::is_ge),
            Self::Less => ordering == Some(Ordering::Less),
            Self::LessOrEqual => ordering.is_some_and(Ordering::is_le),
        }
    }
}
