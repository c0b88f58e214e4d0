//! The rows of a query's group as a statement. It finds the traces for which the list's filter has no words: those of nobody
//! who is signed in, those without a route.

use honeycomb::query::{FilterCombination, FilterOp, Group, Query};
use honeycomb::{QueryResult, Value, column, rfc3339};

/// None where a statement would not say exactly the same.
pub(crate) fn of_group(query: &Query, result: &QueryResult, group: &Group) -> Option<String> {
    if query.filter_combination == FilterCombination::Or && query.filters.len() > 1 {
        return None;
    }
    let mut conditions = Vec::new();
    for (at, (name, value)) in query.breakdowns.iter().zip(&group.breakdowns).enumerate() {
        match value {
            Some(Value::String(text)) => conditions.push(format!("{} = '{}'", quoted(name), text.replace('\'', "''"))),
            Some(_) => return None,
            None if result.groups.iter().any(|group| group.breakdowns[at].is_some()) => {
                conditions.push(format!("{} IS NULL", quoted(name)));
            }
            // No row has the column, so that SQL may not know it; and it tells no rows apart.
            None if result.group_count == result.groups.len() as u64 => {}
            None => return None,
        }
    }
    for filter in &query.filters {
        let FilterOp::Exists { not } = filter.op else {
            return None;
        };
        let is = if not { "IS NULL" } else { "IS NOT NULL" };
        conditions.push(format!("{} {is}", quoted(&filter.column)));
    }
    let window = &result.window;
    conditions.push(format!("time >= '{}'", rfc3339(window.start_unix_nano)));
    conditions.push(format!("time < '{}'", rfc3339(window.end_unix_nano)));
    Some(format!(
        "SELECT time, name, duration_ms, {}\nFROM spans\nWHERE {}\nORDER BY time DESC LIMIT 100",
        quoted(column::TRACE_ID),
        conditions.join("\n  AND ")
    ))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
