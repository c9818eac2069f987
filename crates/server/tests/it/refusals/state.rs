//! Everything that a request could have changed.

use std::collections::BTreeMap;

use atropos::start::STORE_FILE;
use rusqlite::{Connection, OpenFlags, types::Value};
use sha2::{Digest, Sha256};

use crate::support::Server;

/// Tables that tasks of the server write on their own, whoever asks for what.
const WRITTEN_BY_TASKS: [&str; 2] = ["publication_checkpoints", "publication_cursors"];

/// Size and root of each log, size and hash of the audit log, and the rows of every table of the store.
#[derive(Debug, PartialEq)]
pub struct State {
    logs: Vec<(u64, String)>,
    audit: audit::AuditHead,
    tables: BTreeMap<String, (usize, [u8; 32])>,
}

impl State {
    /// What is not as it was before.
    pub fn changes_since(&self, before: &State) -> Vec<String> {
        let mut changes = Vec::new();
        if self.logs != before.logs {
            changes.push(format!("the log: {:?} -> {:?}", before.logs, self.logs));
        }
        if self.audit != before.audit {
            changes.push("the audit log".to_owned());
        }
        let changed = |(name, rows): (&String, _)| {
            (before.tables.get(name) != Some(rows)).then(|| name.clone())
        };
        changes.extend(self.tables.iter().filter_map(changed));
        changes
    }

    pub fn of(server: &Server, store: &Connection) -> State {
        let log = |ledger: &ledger::Embedded| {
            let published = ledger.published();
            (published.size, published.checkpoint.clone())
        };
        State {
            logs: server.app.networks.logs().map(log).collect(),
            audit: server.app.access.audit().head().unwrap(),
            tables: tables(store),
        }
    }
}

/// The store's file, to be read beside the server.
pub fn store_of(server: &Server) -> Connection {
    let path = server.folder.path().join("data").join(STORE_FILE);
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

fn tables(store: &Connection) -> BTreeMap<String, (usize, [u8; 32])> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let mut statement = store.prepare_cached(sql).unwrap();
    let names = statement.query_map([], |row| row.get(0)).unwrap();
    let names: Vec<String> = names.collect::<Result<_, _>>().unwrap();
    names
        .into_iter()
        .filter(|name| !WRITTEN_BY_TASKS.contains(&name.as_str()))
        .map(|name| {
            let rows = rows(store, &name);
            (name, rows)
        })
        .collect()
}

fn rows(store: &Connection, table: &str) -> (usize, [u8; 32]) {
    let mut statement = store
        .prepare_cached(&format!("SELECT * FROM \"{table}\""))
        .unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut all: Vec<String> = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let values = (0..columns).map(|column| row.get::<_, Value>(column).unwrap());
        all.push(format!("{:?}", values.collect::<Vec<_>>()));
    }
    (all.len(), Sha256::digest(all.join("\n")).into())
}
