//! Counts in columns: SQLite's integers are signed, ours are not.
//!
//! It refuses to wrap: a count that does not fit is an error on either side.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

/// A count as a column's value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Count(pub u64);

impl ToSql for Count {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = i64::try_from(self.0).map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
        Ok(ToSqlOutput::from(value))
    }
}

impl FromSql for Count {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Count> {
        let value = i64::column_result(value)?;
        u64::try_from(value).map(Count).map_err(|_| FromSqlError::OutOfRange(value))
    }
}

/// The count in a column.
pub(super) fn count(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, Count>(column).map(|count| count.0)
}
