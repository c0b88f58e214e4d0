//! Questions about rows, in Honeycomb's query specification.
//!
//! [`Query::parse`] reads the JSON that Honeycomb's query API, boards and query template links take, and refuses what
//! cannot be answered here with a message for each field. A store answers with a [`QueryResult`], whose JSON has the
//! shape of Honeycomb's query results.
//!
//! Where Honeycomb's documentation says how a query behaves, it behaves so here. Where it is silent, this is chosen:
//!
//! - **Time.** A row is in the range if it is not before the start and before the end. The series' steps begin at
//!   multiples of the granularity since 1970, so that they stay where they are while the range moves on.
//! - **A row without a column** does not meet a filter on it, except `does-not-exist` and the negated operators, each of
//!   which is the exact opposite of its positive one. As a breakdown it is a group of its own, whose value is absent.
//! - **Types.** Whole and other numbers compare as numbers. Values of different types are neither equal nor in any
//!   order; texts compare by their bytes; the operators on texts meet texts only.
//! - **Calculations** other than `COUNT` and `COUNT_DISTINCT` take the finite numbers of a column and leave everything
//!   else aside; over none their value is absent. A row counts as often as its sample rate says, except for `MIN`,
//!   `MAX` and `COUNT_DISTINCT`. A percentile is the smallest value that at least this share of the rows does not exceed.
//! - **Order.** Without `orders`, the group with the newest row comes first. What is absent comes last, in either
//!   direction; equal groups are ordered by their breakdowns.
//! - **`HAVING`** is not met by an absent value.

mod json;
mod matching;
mod operator;
#[cfg(feature = "oracle")]
pub mod oracle;
mod order;
mod parse;
mod result;
mod window;

pub use operator::{Comparison, FilterOp, Op, PerMille};
pub use parse::{ProblemCode, QueryError, QueryProblem};
pub use result::{Group, HEATMAP_BUCKETS_PER_DECADE, Heatmap, HeatmapCell, QueryResult, SeriesPoint, heatmap_bucket};
pub use window::{TimeRange, Window};

use crate::Value;

/// How many groups a query answers with unless told otherwise.
pub const DEFAULT_LIMIT: usize = 100;
/// How many groups a query may ask for.
pub const MAX_LIMIT: usize = 1000;
/// How many seconds back a query looks unless told otherwise.
pub const DEFAULT_TIME_RANGE: u64 = 7200;

/// A question: which rows, in which groups, what about them. [`Query::parse`] makes it, and checks it.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// From when to when.
    pub time: TimeRange,
    /// The length of a step of the series in seconds; chosen by the length of the range where absent.
    pub granularity: Option<u64>,
    /// The columns whose values make the groups, each once; without any, all rows are one group.
    pub breakdowns: Vec<String>,
    /// What is calculated for each group; never empty.
    pub calculations: Vec<Calculation>,
    /// Which rows count.
    pub filters: Vec<Filter>,
    /// Whether a row has to meet all filters or one.
    pub filter_combination: FilterCombination,
    /// How groups are ordered, the most important term first.
    pub orders: Vec<Order>,
    /// Which groups are shown: those that meet all.
    pub havings: Vec<Having>,
    /// How many groups are shown, 1 to [`MAX_LIMIT`].
    pub limit: usize,
}

/// Something calculated over the rows of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Calculation {
    /// What is calculated.
    pub op: Op,
    /// Of which column; absent only for [`Op::Count`], which with a column counts the rows that have it.
    pub column: Option<String>,
    /// The name of the value in results, where it is not that of the calculation.
    pub name: Option<String>,
}

impl Calculation {
    /// The name of the value in results: the own name, or else as in `COUNT` and `P99(duration_ms)`.
    pub fn key(&self) -> String {
        match (&self.name, &self.column) {
            (Some(name), _) => name.clone(),
            (None, None) => self.op.to_string(),
            (None, Some(column)) => format!("{}({column})", self.op),
        }
    }
}

/// What a row has to hold in a column.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// The column.
    pub column: String,
    /// How it is compared.
    pub op: FilterOp,
    /// With what: nothing for `exists` and `does-not-exist`, any number for `in` and `not-in`, else one.
    pub values: Vec<Value>,
}

/// Whether a row has to meet all filters or one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FilterCombination {
    /// All.
    #[default]
    And,
    /// At least one; without filters every row counts.
    Or,
}

/// One term by which groups are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// By what.
    pub by: OrderBy,
    /// The largest first.
    pub descending: bool,
}

/// What groups are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderBy {
    /// A breakdown, by its place in [`Query::breakdowns`].
    Breakdown(usize),
    /// A calculation, by its place in [`Query::calculations`].
    Calculation(usize),
}

/// What a group has to meet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Having {
    /// The calculation, by its place in [`Query::calculations`].
    pub calculation: usize,
    /// How it is compared.
    pub op: Comparison,
    /// With what.
    pub value: f64,
}
