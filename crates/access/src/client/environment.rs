//! Environments, their nodes, and what each node has of each client.
//!
//! The store is the authority. A *node* is a running server that decides by what it has of the store; a *deployment*
//! says which revision of a client a node has confirmed. Here one environment has one node, this process, which reads
//! the store at every request and so is never behind; it confirms by trying. What is not confirmed stays in the queue.

use rusqlite::{Connection, Row};

use super::ClientError;
use crate::Access;

/// What an environment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvironmentKind {
    /// Real use.
    Production,
    /// Trying out.
    Sandbox,
    /// Tests.
    Test,
}

impl EnvironmentKind {
    /// `PRODUCTION`, `SANDBOX` or `TEST`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            EnvironmentKind::Production => "PRODUCTION",
            EnvironmentKind::Sandbox => "SANDBOX",
            EnvironmentKind::Test => "TEST",
        }
    }
}

/// Where clients are authenticated: one node or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub kind: EnvironmentKind,
    /// A description.
    pub description: String,
}

/// A running server of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its id.
    pub id: String,
    /// The environment's name.
    pub environment: String,
    /// Where it listens; empty before its first start.
    pub address: String,
}

/// The id of the node that this process is.
pub const THIS_NODE: &str = "node-1";

impl Access {
    /// The environments by name.
    pub fn environments(&self) -> Result<Vec<Environment>, ClientError> {
        Ok(self.store.read(environments)?)
    }

    /// The nodes by id.
    pub fn nodes(&self) -> Result<Vec<Node>, ClientError> {
        Ok(self.store.read(nodes)?)
    }

    /// Records the address that this node listens on.
    pub async fn place_this_node(&self, address: &str) -> Result<(), ClientError> {
        let address = address.to_owned();
        let place = move |connection: &Connection| {
            connection
                .prepare_cached("UPDATE nodes SET address = ?2 WHERE id = ?1 AND address <> ?2")?
                .execute([THIS_NODE, &address])
                .map(drop)
        };
        self.store.write(place).await
    }
}

fn environments(connection: &Connection) -> Result<Vec<Environment>, rusqlite::Error> {
    let sql = "SELECT name, kind, description FROM environments ORDER BY name";
    connection
        .prepare_cached(sql)?
        .query_map([], environment)?
        .collect()
}

fn nodes(connection: &Connection) -> Result<Vec<Node>, rusqlite::Error> {
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
