//! Which services a question is about, as far as its filters say it plainly.

use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use honeycomb::column;
use std::collections::BTreeSet;

/// The services that rows may be of to pass all of these filters; nothing where they may be of any.
pub(super) fn asked_for(filters: &[Expr]) -> Option<BTreeSet<&str>> {
    filters.iter().map(of).fold(None, of_both)
}

/// Whether a filter asks for services and for nothing else.
pub(super) fn is_all_of(filter: &Expr) -> bool {
    match filter {
        Expr::BinaryExpr(BinaryExpr {
            left,
            op: Operator::Or,
            right,
        }) => is_all_of(left) && is_all_of(right),
        Expr::BinaryExpr(BinaryExpr { op: Operator::Eq, .. }) | Expr::InList(_) => of(filter).is_some(),
        _ => false,
    }
}

fn of(filter: &Expr) -> Option<BTreeSet<&str>> {
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => match op {
            Operator::Eq => {
                let (column, value) = match &**left {
                    Expr::Column(_) => (left, right),
                    _ => (right, left),
                };
                let name = is_service(column).then(|| text(value))??;
                Some(BTreeSet::from([name]))
            }
            Operator::Or => Some(&of(left)? | &of(right)?),
            Operator::And => of_both(of(left), of(right)),
            _ => None,
        },
        Expr::InList(InList {
            expr,
            list,
            negated: false,
        }) if is_service(expr) => list.iter().map(text).collect(),
        _ => None,
    }
}

fn of_both<'e>(one: Option<BTreeSet<&'e str>>, other: Option<BTreeSet<&'e str>>) -> Option<BTreeSet<&'e str>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(&one & &other),
        (one, other) => one.or(other),
    }
}

fn is_service(expr: &Expr) -> bool {
    matches!(expr, Expr::Column(column) if column.name() == column::SERVICE_NAME)
}

fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(value, _) => value.try_as_str().flatten(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::ident_of;
    use datafusion::logical_expr::lit;

    fn service(name: &str) -> Expr {
        ident_of(column::SERVICE_NAME).eq(lit(name))
    }

    #[test]
    fn what_says_plainly_which_services_is_understood() {
        let a_or_b = || service("a").or(service("b"));
        let route = || ident_of("http.route").eq(lit("/x"));
        let listed = |negated| ident_of(column::SERVICE_NAME).in_list(vec![lit("a"), lit("c")], negated);
        let reversed = lit("a").eq(ident_of(column::SERVICE_NAME));
        for (filters, services) in [
            (vec![service("a")], Some(vec!["a"])),
            (vec![reversed, route()], Some(vec!["a"])),
            (vec![a_or_b()], Some(vec!["a", "b"])),
            (vec![a_or_b(), listed(false)], Some(vec!["a"])),
            (vec![a_or_b().and(route())], Some(vec!["a", "b"])),
            (vec![service("a"), service("b")], Some(vec![])),
            (vec![service("a").or(route())], None),
            (vec![listed(true)], None),
            (vec![!service("a")], None),
            (vec![route()], None),
            (vec![], None),
        ] {
            let found = asked_for(&filters);
            assert_eq!(found, services.map(|list| list.into_iter().collect()), "{filters:?}");
        }
    }
}
