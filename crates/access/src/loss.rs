//! A store that was restored from an older copy: what was deactivated since is not known, so everything is deactivated.

use audit::{Attribution, Entry, LostHead, append_loss};
use rusqlite::Connection;
use serde_json::{Map, json};

use crate::Access;
use crate::error::AccessError;
use crate::person::Person;

/// How much was ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Loss {
    /// The entry that records it.
    pub entry: Entry,
    /// What was ended: its kind, and how many of it.
    pub ended: Vec<(&'static str, u64)>,
}

/// What authenticates a caller, approves something or is a secret: how much of it there is, and how all of it is ended.
#[derive(Debug)]
pub struct EndedByLoss {
    /// Its name in the audit log.
    pub name: &'static str,
    /// Counts it.
    pub count: &'static str,
    /// Ends all of it. `?1` is the time, `?2` who did it.
    pub end: &'static [&'static str],
}

const OWN: &[EndedByLoss] = &[
    EndedByLoss {
        name: "apiKeys",
        count: "SELECT count(*) FROM api_keys WHERE revoked_ms IS NULL",
        end: &["UPDATE api_keys SET revoked_ms = ?1 WHERE revoked_ms IS NULL"],
    },
    EndedByLoss {
        name: "tokens",
        count: "SELECT count(*) FROM tokens WHERE state <> 'archived'",
        end: &[
            "UPDATE tokens SET state = 'archived', generation = generation + 1 WHERE state <> 'archived'",
        ],
    },
    EndedByLoss {
        name: "signingCredentials",
        count: "SELECT count(*) FROM credentials WHERE active = 1",
        end: &[
            "UPDATE credentials SET active = 0, generation = generation + 1 WHERE active = 1",
        ],
    },
    // They stay, and can come back with a new password.
    EndedByLoss {
        name: "clients",
        count: "SELECT count(*) FROM clients",
        end: &[
            "DELETE FROM client_tokens",
            "DELETE FROM client_grants",
            "UPDATE clients SET enabled = 0, password_hash = randomblob(32), generation = generation + 1,
                updated_ms = ?1",
        ],
    },
];

impl Access {
    /// Ends everything that authenticates a caller, together with `others` that crates above keep, and goes on behind
    /// the entries that are lost.
    ///
    /// # Errors
    /// [`AccessError::NothingLost`] when no head is given, or those of the store.
    pub async fn accept_loss(
        &self,
        lost: Vec<LostHead>,
        others: &'static [EndedByLoss],
        by: &Attribution,
    ) -> Result<Loss, AccessError> {
        let by = by.clone();
        self.store
            .write(move |connection| accept(connection, &lost, others, &by))
            .await
    }
}

fn accept(
    connection: &Connection,
    lost: &[LostHead],
    others: &[EndedByLoss],
    by: &Attribution,
) -> Result<Loss, AccessError> {
    let kinds = || OWN.iter().chain(others);
    let mut ended = Vec::new();
    let mut counts = Map::new();
    for kind in kinds() {
        let count: u64 = connection.query_row(kind.count, [], |row| row.get(0))?;
        ended.push((kind.name, count));
        counts.insert(kind.name.to_owned(), json!(count));
    }
    let entry = append_loss(connection, by, lost, counts)?.ok_or(AccessError::NothingLost)?;
    let person = Person::of(connection, &by.actor)?.to_json();
    for sql in kinds().flat_map(|kind| kind.end) {
        end(connection, sql, entry.time_ms, &person)?;
    }
    Ok(Loss { entry, ended })
}

fn end(
    connection: &Connection,
    sql: &str,
    now_ms: u64,
    person: &str,
) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare(sql)?;
    // Not every statement asks for both.
    if statement.parameter_count() > 0 {
        statement.raw_bind_parameter(1, now_ms)?;
    }
    if statement.parameter_count() > 1 {
        statement.raw_bind_parameter(2, person)?;
    }
    statement.raw_execute().map(drop)
}
