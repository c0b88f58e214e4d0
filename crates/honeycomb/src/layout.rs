//! How the columns that a row was given are laid out: which of them count, and in which order.
//!
//! Rows of one kind name the same columns in the same order, and to sort two dozen names for each span was a tenth of the time
//! that it takes to bring spans in. So what sorting came to is kept, by the names as they were given (see [`intern`] for how
//! such a cache is bounded).

use crate::intern::{self, Latest};
use crate::otlp::SAMPLE_RATE;
use crate::{Column, Value};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// Sets of layouts.
const SETS: usize = 512;
/// Longer rows are laid out each for itself: a cache must not hold what a hostile batch is made of.
const MAX_COLUMNS: usize = 256;

/// A row's own columns, sorted, each name once.
pub(crate) struct Laid {
    pub(crate) names: Arc<[Arc<str>]>,
    pub(crate) values: Arc<[Value]>,
    /// What stood under one of the names of a sample rate, which makes no column.
    pub(crate) sample_rate: Option<Value>,
}

struct Layout {
    derived: usize,
    given: Vec<Arc<str>>,
    shared: Vec<Arc<str>>,
    names: Arc<[Arc<str>]>,
    /// For each of the names its place among the given ones.
    order: Vec<usize>,
    sample_rate: Option<usize>,
}

thread_local! {
    static LAYOUTS: RefCell<Latest<Rc<Layout>>> = RefCell::new(Latest::new(SETS));
}

/// Lays a row out. Of one name the last value counts; the first `derived` columns give way to those that the row shares.
pub(crate) fn lay(mut given: Vec<Column>, derived: usize, shared: &[Column]) -> Laid {
    let layout = layout(&given, derived, shared);
    let mut take = |at: usize| std::mem::replace(&mut given[at].value, Value::Boolean(false));
    Laid {
        names: Arc::clone(&layout.names),
        values: layout.order.iter().map(|at| take(*at)).collect(),
        sample_rate: layout.sample_rate.map(take),
    }
}

fn layout(given: &[Column], derived: usize, shared: &[Column]) -> Rc<Layout> {
    if given.len() > MAX_COLUMNS || shared.len() > MAX_COLUMNS {
        return Rc::new(Layout::new(given, derived, shared));
    }
    let names = given.iter().chain(shared).map(|column| &column.name);
    let hash = intern::addresses(names, given.len() + derived);
    LAYOUTS.with_borrow_mut(|layouts| {
        let is_wanted = |known: &Rc<Layout>| known.is_of(given, derived, shared);
        layouts.get(hash, is_wanted, || Rc::new(Layout::new(given, derived, shared)))
    })
}

impl Layout {
    fn new(given: &[Column], derived: usize, shared: &[Column]) -> Self {
        let gives_way = |at: usize| {
            let name = &given[at].name;
            at < derived && shared.binary_search_by(|column| column.name.cmp(name)).is_ok()
        };
        let mut order: Vec<usize> = (0..given.len()).filter(|at| !gives_way(*at)).collect();
        // Sorting, and not looking each name up in those before it, keeps a hostile span of a hundred thousand attributes from
        // costing more than its share.
        order.sort_by(|a, b| given[*a].name.cmp(&given[*b].name));
        order.dedup_by(|later, earlier| {
            let same = given[*later].name == given[*earlier].name;
            if same {
                *earlier = *later;
            }
            same
        });
        let mut take = |name: &str| {
            let at = order.binary_search_by(|at| (*given[*at].name).cmp(name)).ok()?;
            Some(order.remove(at))
        };
        let [first, second] = SAMPLE_RATE.map(&mut take);
        let list = |columns: &[Column]| columns.iter().map(|column| Arc::clone(&column.name)).collect();
        Self {
            derived,
            given: list(given),
            shared: list(shared),
            names: order.iter().map(|at| Arc::clone(&given[*at].name)).collect(),
            order,
            sample_rate: first.or(second),
        }
    }

    /// Names are the same if they are the same allocations.
    fn is_of(&self, given: &[Column], derived: usize, shared: &[Column]) -> bool {
        self.derived == derived && intern::same(&self.given, given) && intern::same(&self.shared, shared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(list: &[(&str, i64)]) -> Vec<Column> {
        let column = |(name, value): &(&str, i64)| Column {
            name: intern::name(name),
            value: Value::Integer(*value),
        };
        list.iter().map(column).collect()
    }

    fn laid(given: &[(&str, i64)], derived: usize, shared: &[&str]) -> (Vec<(String, i64)>, Option<Value>) {
        let shared = columns(&shared.iter().map(|name| (*name, 0)).collect::<Vec<_>>());
        let laid = lay(columns(given), derived, &shared);
        let number = |value: &Value| value.as_f64().unwrap_or_default() as i64;
        let pairs = laid.names.iter().zip(&*laid.values);
        (
            pairs.map(|(name, value)| (name.to_string(), number(value))).collect(),
            laid.sample_rate,
        )
    }

    #[test]
    fn the_same_names_mean_the_same_whether_they_were_met_or_not() {
        for values in [1, 100] {
            let given = [("b", values), ("a", values + 1), ("c", values + 2), ("a", values + 3)];
            let pair = |name: &str, value| (name.to_owned(), values + value);
            // All are the row's own; then `b` and the first `a` were derived, and only those give way.
            let (own, _) = laid(&given, 0, &["a", "b"]);
            assert_eq!(own, [pair("a", 3), pair("b", 0), pair("c", 2)]);
            let (some, _) = laid(&given, 2, &["a", "b"]);
            assert_eq!(some, [pair("a", 3), pair("c", 2)]);
            let (none, _) = laid(&given, 4, &["a", "b"]);
            assert_eq!(none, [pair("c", 2)]);
        }
    }

    #[test]
    fn a_sample_rate_is_no_column_and_the_more_usual_name_counts() {
        let (own, rate) = laid(&[("SampleRate", 2), ("a", 1), ("sampleRate", 3)], 0, &[]);
        assert_eq!((own, rate), (vec![("a".to_owned(), 1)], Some(Value::Integer(3))));
        let (own, rate) = laid(&[("SampleRate", 2)], 0, &[]);
        assert_eq!((own, rate), (vec![], Some(Value::Integer(2))));
    }

    #[test]
    fn rows_of_one_kind_share_their_names() {
        let lay = || lay(columns(&[("b", 1), ("a", 2)]), 0, &[]).names;
        assert!(Arc::ptr_eq(&lay(), &lay()));
    }
}
