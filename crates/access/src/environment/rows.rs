//! From rows to environments and nodes.

use rusqlite::{Connection, Row};

use super::{Environment, EnvironmentKind, Node};

pub(super) fn environments(connection: &Connection) -> Result<Vec<Environment>, rusqlite::Error> {
    let sql = "SELECT name, kind, description FROM environments ORDER BY name";
    connection
        .prepare_cached(sql)?
        .query_map([], environment)?
        .collect()
}

pub(super) fn nodes(connection: &Connection) -> Result<Vec<Node>, rusqlite::Error> {
    let sql = "SELECT id, environment, address FROM nodes ORDER BY id";
    connection
        .prepare_cached(sql)?
        .query_map([], |row| node(row, 0))?
        .collect()
}

/// A node from three columns, beginning with this one.
pub(super) fn node(row: &Row<'_>, first: usize) -> Result<Node, rusqlite::Error> {
    Ok(Node {
        id: row.get(first)?,
        environment: row.get(first + 1)?,
        address: row.get(first + 2)?,
    })
}

fn environment(row: &Row<'_>) -> Result<Environment, rusqlite::Error> {
    let kind: String = row.get(1)?;
    Ok(Environment {
        name: row.get(0)?,
        kind: match kind.as_str() {
            "SANDBOX" => EnvironmentKind::Sandbox,
            "TEST" => EnvironmentKind::Test,
            _ => EnvironmentKind::Production,
        },
        description: row.get(2)?,
    })
}
