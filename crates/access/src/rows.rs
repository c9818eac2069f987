//! From rows to types.

use rusqlite::Row;
use rusqlite::types::Type;

/// A text column that has one of few forms.
pub(crate) fn parsed<T>(
    row: &Row<'_>,
    column: usize,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, rusqlite::Error> {
    let text: String = row.get(column)?;
    parse(&text).ok_or(rusqlite::Error::InvalidColumnType(column, text, Type::Text))
}
