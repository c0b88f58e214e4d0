//! A statement, with what its span says about it.

/// One SQL text. Statements are constants: their text is the same on every run, with `$1` in place of values.
#[derive(Debug)]
pub(crate) struct Statement {
    /// `SELECT`, `INSERT`, …
    pub(crate) operation: &'static str,
    /// The table that it is about; empty where it is about none.
    pub(crate) table: &'static str,
    /// The SQL.
    pub(crate) text: &'static str,
}

impl Statement {
    /// A statement about a table.
    pub(crate) const fn new(operation: &'static str, table: &'static str, text: &'static str) -> Self {
        Self { operation, table, text }
    }

    /// `{operation} {table}`: the name of its span.
    pub(crate) fn summary(&self) -> String {
        if self.table.is_empty() {
            self.operation.to_owned()
        } else {
            format!("{} {}", self.operation, self.table)
        }
    }
}
