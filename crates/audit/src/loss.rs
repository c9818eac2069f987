//! Entries that are lost: a store was restored from an older copy, and a ledger's log knows a later head of the audit
//! log.

use rusqlite::Connection;
use serde_json::{Map, Value, json};

use crate::rows::{self, Appender};
use crate::{Action, ActionId, Attribution, AuditError, AuditHead, AuditLog, Entry, Event};

/// The audit log as a ledger's log knows it, and the store does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostHead {
    /// The network of the ledger's log.
    pub network: String,
    /// The head that it contains.
    pub head: AuditHead,
}

impl LostHead {
    fn to_json(&self) -> Value {
        json!({ "network": self.network, "size": self.head.size, "hash": hex::encode(self.head.hash) })
    }
}

impl AuditLog {
    /// Whether an entry of this log accepts the loss of exactly this head.
    pub fn is_accepted_loss(&self, lost: &LostHead) -> Result<bool, AuditError> {
        let wanted = lost.to_json();
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

/// Appends the entry that accepts a loss, in the transaction of what is `ended` because of it. The chain goes on behind
/// the furthest lost head, and the entry contains what was kept. Where no entry is missing in between, it continues the
/// newest entry as usual. `None` without a lost head.
///
/// # Errors
/// [`AuditError`]; the transaction must not be committed then.
pub fn append_loss(
    connection: &Connection,
    by: &Attribution,
    lost: &[LostHead],
    ended: Map<String, Value>,
) -> Result<Option<Entry>, AuditError> {
    let Some(furthest) = lost.iter().map(|one| one.head).max_by_key(|head| head.size) else {
        return Ok(None);
    };
    let kept = rows::head(connection)?;
    let before = if kept.size < furthest.size {
        furthest
    } else {
        kept
    };
    let lost: Vec<Value> = lost.iter().map(LostHead::to_json).collect();
    let event = Event::new(None, Action::AuditAcceptLoss, "audit")
        .with("lost", lost)
        .with("ended", ended)
        .with("kept", head_json(kept));
    let mut appender = Appender::behind(connection, before)?;
    let entry = appender.append(by, event, ActionId::generate()?)?;
    appender.finish()?;
    Ok(Some(entry))
}

/// A head as details contain it.
pub(crate) fn head_json(head: AuditHead) -> Value {
    json!({ "size": head.size, "hash": hex::encode(head.hash) })
}
