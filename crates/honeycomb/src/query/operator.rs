//! The operators of the query specification and their names.

use std::fmt;

/// What is calculated over the rows of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// How many rows; with a column, how many that have it.
    Count,
    /// The sum.
    Sum,
    /// The mean.
    Avg,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// How many different values of any type.
    CountDistinct,
    /// How the values are distributed over time; it has no single value.
    Heatmap,
    /// The smallest value that at least this share of the rows does not exceed.
    Percentile(PerMille),
}

/// A share of those that the specification names, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PerMille(u16);

impl PerMille {
    /// The share in thousandths, 1 to 999.
    pub fn thousandths(self) -> u16 {
        self.0
    }

    /// The share, above 0 and below 1.
    pub fn share(self) -> f64 {
        f64::from(self.0) / 1000.0
    }
}

const fn percentile(thousandths: u16) -> Op {
    Op::Percentile(PerMille(thousandths))
}

impl Op {
    /// All of them with their names in the specification.
    pub const ALL: [(&'static str, Self); 20] = [
        ("COUNT", Self::Count),
        ("SUM", Self::Sum),
        ("AVG", Self::Avg),
        ("MIN", Self::Min),
        ("MAX", Self::Max),
        ("COUNT_DISTINCT", Self::CountDistinct),
        ("HEATMAP", Self::Heatmap),
        ("P001", percentile(1)),
        ("P01", percentile(10)),
        ("P05", percentile(50)),
        ("P10", percentile(100)),
        ("P20", percentile(200)),
        ("P25", percentile(250)),
        ("P50", percentile(500)),
        ("P75", percentile(750)),
        ("P80", percentile(800)),
        ("P90", percentile(900)),
        ("P95", percentile(950)),
        ("P99", percentile(990)),
        ("P999", percentile(999)),
    ];

    pub(crate) fn named(name: &str) -> Option<Self> {
        let known = Self::ALL.into_iter().find(|(known, _)| *known == name);
        known.map(|(_, op)| op)
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Self::ALL.into_iter().find(|(_, op)| op == self);
        f.write_str(known.map_or("", |(name, _)| name))
    }
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
}

impl Comparison {
    pub(crate) const ALL: [(&'static str, Self); 6] = [
        ("=", Self::Equal),
        ("!=", Self::NotEqual),
        (">", Self::Greater),
        (">=", Self::GreaterOrEqual),
        ("<", Self::Less),
        ("<=", Self::LessOrEqual),
    ];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(known, _)| *known == name)
            .map(|(_, op)| op)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Self::ALL.into_iter().find(|(_, op)| op == self);
        f.write_str(known.map_or("", |(name, _)| name))
    }
}

/// How a column is compared by a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterOp {
    /// `=`, `!=`, `>`, `>=`, `<`, `<=`
    Compare(Comparison),
    /// `starts-with`, or its opposite.
    StartsWith {
        /// Whether it is the opposite, `does-not-start-with`.
        not: bool,
    },
    /// `ends-with`, or its opposite.
    EndsWith {
        /// Whether it is the opposite, `does-not-end-with`.
        not: bool,
    },
    /// `contains`, or its opposite.
    Contains {
        /// Whether it is the opposite, `does-not-contain`.
        not: bool,
    },
    /// `exists`, or its opposite.
    Exists {
        /// Whether it is the opposite, `does-not-exist`.
        not: bool,
    },
    /// `in`, or its opposite.
    In {
        /// Whether it is the opposite, `not-in`.
        not: bool,
    },
}

impl FilterOp {
    /// All of them with their names in the specification.
    pub const ALL: [(&'static str, Self); 16] = [
        ("=", Self::Compare(Comparison::Equal)),
        ("!=", Self::Compare(Comparison::NotEqual)),
        (">", Self::Compare(Comparison::Greater)),
        (">=", Self::Compare(Comparison::GreaterOrEqual)),
        ("<", Self::Compare(Comparison::Less)),
        ("<=", Self::Compare(Comparison::LessOrEqual)),
        ("starts-with", Self::StartsWith { not: false }),
        ("does-not-start-with", Self::StartsWith { not: true }),
        ("ends-with", Self::EndsWith { not: false }),
        ("does-not-end-with", Self::EndsWith { not: true }),
        ("contains", Self::Contains { not: false }),
        ("does-not-contain", Self::Contains { not: true }),
        ("exists", Self::Exists { not: false }),
        ("does-not-exist", Self::Exists { not: true }),
        ("in", Self::In { not: false }),
        ("not-in", Self::In { not: true }),
    ];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(known, _)| *known == name)
            .map(|(_, op)| op)
    }
}

impl fmt::Display for FilterOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Self::ALL.into_iter().find(|(_, op)| op == self);
        f.write_str(known.map_or("", |(name, _)| name))
    }
}
