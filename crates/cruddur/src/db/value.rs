//! What goes into a statement, and what comes out of a row.

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Arguments, Row as _, ValueRef};

/// A parameter. Types are those that SQLite and PostgreSQL share; 32-bit integers are not among them.
#[derive(Debug)]
pub(crate) enum Value {
    /// BIGINT.
    Integer(i64),
    /// TEXT.
    Text(String),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

/// The values as sqlx takes them.
pub(crate) fn arguments(values: Vec<Value>) -> Result<AnyArguments, sqlx::Error> {
    let mut arguments = AnyArguments::default();
    for value in values {
        match value {
            Value::Integer(integer) => arguments.add(integer),
            Value::Text(text) => arguments.add(text),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// A row that is being read, by the names of its columns.
pub(crate) struct Row<'a>(pub(super) &'a AnyRow);

impl Row<'_> {
    /// A TEXT column.
    pub(crate) fn text(&self, column: &str) -> Result<String, sqlx::Error> {
        self.0.try_get(column).map_err(|_| self.mismatch(column, "TEXT"))
    }

    /// A BIGINT column.
    pub(crate) fn integer(&self, column: &str) -> Result<i64, sqlx::Error> {
        self.0.try_get(column).map_err(|_| self.mismatch(column, "BIGINT"))
    }

    /// sqlx prints the value that it did not expect; that may be somebody's password hash.
    fn mismatch(&self, column: &str, wanted: &str) -> sqlx::Error {
        let found = match self.0.try_get_raw(column) {
            Err(_) => return sqlx::Error::ColumnNotFound(column.to_owned()),
            Ok(value) if value.is_null() => "NULL".to_owned(),
            Ok(value) => value.type_info().to_string(),
        };
        sqlx::Error::ColumnDecode {
            index: column.to_owned(),
            source: format!("{wanted} expected, {found} found").into(),
        }
    }
}
