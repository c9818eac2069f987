//! A store that had to be put back from an older copy: nobody can know what was switched off since, so everything is.

use rusqlite::Connection;
use serde_json::{Map, Value, json};

use crate::audit::{Action, Attribution, AuditHead, Event, append_behind};
use crate::vault::Person;
use crate::{Access, AccessError, Entry};

/// The audit log as a ledger's log knows it, and the store does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostHead {
    /// The network of the log.
    pub network: String,
    /// What it knows.
    pub head: AuditHead,
}

/// How much was ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Loss {
    /// The entry that says so.
    pub entry: Entry,
    /// What was ended: its kind, and how many of it.
    pub ended: Vec<(&'static str, u64)>,
}

/// What lets somebody in, approves something or is a secret: how much of it there is, and how all of it is ended.
/// `?1` is the time, `?2` who did it.
struct Kind {
    name: &'static str,
    count: &'static str,
    end: &'static [&'static str],
}

const KINDS: &[Kind] = &[
    Kind {
        name: "apiKeys",
        count: "SELECT count(*) FROM api_keys WHERE revoked_ms IS NULL",
        end: &["UPDATE api_keys SET revoked_ms = ?1 WHERE revoked_ms IS NULL"],
    },
    Kind {
        name: "tokens",
        count: "SELECT count(*) FROM tokens WHERE state <> 'archived'",
        end: &[
            "UPDATE tokens SET state = 'archived', generation = generation + 1 WHERE state <> 'archived'",
        ],
    },
    Kind {
        name: "signingCredentials",
        count: "SELECT count(*) FROM credentials WHERE active = 1",
        end: &[
            "UPDATE credentials SET active = 0, generation = generation + 1 WHERE active = 1",
        ],
    },
    // They stay, as those who may come back with a new password; that one is now nobody's.
    Kind {
        name: "clients",
        count: "SELECT count(*) FROM clients",
        end: &[
            "DELETE FROM client_tokens",
            "DELETE FROM client_grants",
            "UPDATE clients SET enabled = 0, password_hash = randomblob(32), generation = generation + 1,
                updated_ms = ?1",
        ],
    },
    Kind {
        name: "vaultCredentials",
        count: "SELECT count(*) FROM vault_credentials WHERE state <> 'deleted'",
        end: &[
            "UPDATE vault_secrets SET wrapped_key = zeroblob(length(wrapped_key)), nonce = zeroblob(length(nonce)),
                ciphertext = zeroblob(length(ciphertext))",
            "DELETE FROM vault_secrets",
            "UPDATE vault_credentials SET state = 'deleted', deleted_ms = ?1, deleted_by = ?2, description = NULL,
                scopes = '[]', token_endpoint = NULL, authorization_endpoint = NULL, metadata = '{}'
                WHERE state <> 'deleted'",
            "UPDATE vault_bindings SET ended_ms = ?1 WHERE ended_ms IS NULL",
        ],
    },
];

impl Access {
    /// Ends everything that lets somebody in, and goes on behind the entries that are lost.
    ///
    /// # Errors
    ///
    /// [`AccessError::NothingLost`] when no head is given, or those of the store.
    pub async fn accept_loss(
        &self,
        lost: Vec<LostHead>,
        by: &Attribution,
    ) -> Result<Loss, AccessError> {
        let by = by.clone();
        let accepted = self
            .store
            .write(move |connection| accept(connection, &lost, &by));
        Ok(accepted.await?)
    }

    /// Whether an entry of this log says that exactly this head, as a network's log knows it, is lost.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub fn is_accepted_loss(&self, network: &str, head: AuditHead) -> Result<bool, AccessError> {
        let wanted = shown(network, head);
        let accepted = self.store.read(|connection| {
            connection
                .prepare_cached("SELECT details FROM audit WHERE action = ?1")?
                .query_map([Action::AuditAcceptLoss.as_str()], |row| {
                    row.get::<_, String>(0)
                })?
                .collect::<Result<Vec<_>, _>>()
        })?;
        Ok(accepted.iter().any(|details| {
            let details: Option<Map<String, Value>> = serde_json::from_str(details).ok();
            let lost = details.and_then(|mut details| details.remove("lost"));
            lost.as_ref()
                .and_then(Value::as_array)
                .is_some_and(|lost| lost.contains(&wanted))
        }))
    }
}

fn accept(
    connection: &Connection,
    lost: &[LostHead],
    by: &Attribution,
) -> Result<Loss, AccessError> {
    let furthest = lost
        .iter()
        .max_by_key(|one| one.head.size)
        .ok_or(AccessError::NothingLost)?;
    let count = |kind: &Kind| {
        let count = connection.query_row(kind.count, [], |row| row.get(0))?;
        Ok((kind.name, count))
    };
    let ended = KINDS
        .iter()
        .map(count)
        .collect::<Result<Vec<(_, u64)>, rusqlite::Error>>()?;
    let lost: Vec<Value> = lost
        .iter()
        .map(|one| shown(&one.network, one.head))
        .collect();
    let counts: Map<String, Value> = ended
        .iter()
        .map(|(kind, count)| ((*kind).to_owned(), json!(count)))
        .collect();
    let event = Event::new(None, Action::AuditAcceptLoss, "audit")
        .with("lost", lost)
        .with("ended", counts);
    let entry = append_behind(connection, by, event, furthest.head)?;
    let person = Person::of(connection, &by.actor)?.to_json();
    for sql in KINDS.iter().flat_map(|kind| kind.end) {
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

/// As it stands in the entry.
fn shown(network: &str, head: AuditHead) -> Value {
    json!({ "network": network, "size": head.size, "hash": hex::encode(head.hash) })
}
