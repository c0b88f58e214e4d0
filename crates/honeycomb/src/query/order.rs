//! The order of values and of groups.

use super::{Group, OrderBy, Query};
use crate::Value;
use std::cmp::Ordering;

/// How two values of one type compare; `None` where their types differ, or one is not a number (NaN).
pub(super) fn same_type(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
        (Value::Integer(a), Value::Integer(b)) => Some(a.cmp(b)),
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

/// How two values of any type compare: false, true, numbers, texts.
pub(super) fn any_type(a: &Value, b: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Boolean(_) => 0,
        Value::Integer(_) | Value::Float(_) => 1,
        Value::String(_) => 2,
    };
    same_type(a, b).unwrap_or_else(|| match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => rank(a).cmp(&rank(b)),
    })
}

/// What is absent comes last in either direction.
fn absent_last<T>(a: Option<&T>, b: Option<&T>, descending: bool, order: impl FnOnce(&T, &T) -> Ordering) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if descending => order(a, b).reverse(),
        (Some(a), Some(b)) => order(a, b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

impl Query {
    /// In which order two groups are shown.
    pub fn order(&self, a: &Group, b: &Group) -> Ordering {
        let by_terms = self
            .orders
            .iter()
            .map(|term| match term.by {
                OrderBy::Breakdown(at) => absent_last(
                    a.breakdowns[at].as_ref(),
                    b.breakdowns[at].as_ref(),
                    term.descending,
                    any_type,
                ),
                OrderBy::Calculation(at) => absent_last(
                    a.values[at].as_ref(),
                    b.values[at].as_ref(),
                    term.descending,
                    f64::total_cmp,
                ),
            })
            .find(|order| order.is_ne());
        let newest_first = || match self.orders.is_empty() {
            true => b.last_unix_nano.cmp(&a.last_unix_nano),
            false => Ordering::Equal,
        };
        let by_breakdowns = || {
            let pairs = a.breakdowns.iter().zip(&b.breakdowns);
            pairs
                .map(|(a, b)| absent_last(a.as_ref(), b.as_ref(), false, any_type))
                .find(|order| order.is_ne())
        };
        by_terms
            .unwrap_or_else(newest_first)
            .then_with(|| by_breakdowns().unwrap_or(Ordering::Equal))
    }
}
