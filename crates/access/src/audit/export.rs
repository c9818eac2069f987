//! Entries as lines of JSON, which can be checked without the store. docs/audit-log.md fixes their form.

use serde_json::{Map, Value, json};

use super::action::Action;
use super::entry::{Columns, Entry, canonical};
use super::rows::{self, Stored};
use crate::{Access, AccessError, TenantId};

/// Longest line that is read, in bytes.
pub const AUDIT_LINE_BYTES_MAX: usize = 512 << 10;

/// Why a text is no line of an export.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotALine {
    /// It is not a JSON object, or too long.
    #[error("it is not a JSON object of at most {AUDIT_LINE_BYTES_MAX} bytes")]
    NotJson,
    /// A member is missing or has another form.
    #[error("its member `{0}` is missing or has another form")]
    Member(&'static str),
}

/// Some lines of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLines {
    /// One JSON object each, without line ends.
    pub lines: Vec<String>,
    /// The index of the last one; none when there was nothing left.
    pub last: Option<u64>,
}

impl Entry {
    /// The entry as JSON, as it stands in exports and answers.
    #[must_use]
    pub fn to_json(&self) -> Value {
        full(&Columns::of(self), &self.hash)
    }
}

impl Access {
    /// The next lines of an export, behind the entry `after`: for a tenant its own entries in full, and of all others
    /// only what the chain needs; without a tenant all in full.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub fn audit_lines(
        &self,
        tenant: Option<&TenantId>,
        after: Option<u64>,
    ) -> Result<AuditLines, AccessError> {
        let from = after.map_or(0, |after| after.saturating_add(1));
        let rows: Vec<Stored> = self
            .store
            .read(|connection| rows::rows_from(connection, from))?;
        let last = rows.last().map(|(columns, _)| columns.index);
        let line = |(columns, hash): Stored| {
            let own =
                tenant.is_none_or(|tenant| columns.tenant.as_deref() == Some(tenant.as_str()));
            // A loss concerns everyone, and nobody could follow the chain without it.
            let shown = own || columns.action == Action::AuditAcceptLoss.as_str();
            let value = if shown {
                full(&columns, &hash)
            } else {
                hidden(&columns, &hash)
            };
            value.to_string()
        };
        Ok(AuditLines {
            lines: rows.into_iter().map(line).collect(),
            last,
        })
    }
}

fn full(columns: &Columns, hash: &[u8; 32]) -> Value {
    // What is stored is JSON; a row that was changed into something else must still be exported, to be found.
    let details = serde_json::from_str(&columns.details)
        .unwrap_or_else(|_| Value::String(columns.details.clone()));
    json!({
        "index": columns.index,
        "timeMs": columns.time_ms,
        "id": columns.id,
        "tenant": columns.tenant,
        "actor": columns.actor,
        "action": columns.action,
        "subject": columns.subject,
        "details": details,
        "requestId": columns.request_id,
        "address": columns.address,
        "previous": hex::encode(columns.previous),
        "hash": hex::encode(hash),
    })
}

fn hidden(columns: &Columns, hash: &[u8; 32]) -> Value {
    json!({
        "index": columns.index,
        "content": hex::encode(columns.content()),
        "previous": hex::encode(columns.previous),
        "hash": hex::encode(hash),
    })
}

/// A line that was read, or a row as one.
pub(super) struct ExportLine {
    pub(super) index: u64,
    pub(super) previous: [u8; 32],
    pub(super) hash: [u8; 32],
    says: Says,
}

enum Says {
    All(Box<Columns>),
    Hash([u8; 32]),
}

impl ExportLine {
    pub(super) fn of(columns: Columns, hash: [u8; 32]) -> ExportLine {
        ExportLine {
            index: columns.index,
            previous: columns.previous,
            hash,
            says: Says::All(Box::new(columns)),
        }
    }

    pub(super) fn parse(text: &str) -> Result<ExportLine, NotALine> {
        if text.len() > AUDIT_LINE_BYTES_MAX {
            return Err(NotALine::NotJson);
        }
        let object: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| NotALine::NotJson)?;
        let (previous, hash) = (hash(&object, "previous")?, hash(&object, "hash")?);
        if object.contains_key("content") {
            return Ok(ExportLine {
                index: number(&object, "index")?,
                previous,
                hash,
                says: Says::Hash(self::hash(&object, "content")?),
            });
        }
        let columns = Columns {
            index: number(&object, "index")?,
            time_ms: number(&object, "timeMs")?,
            id: text_of(&object, "id")?,
            tenant: option(&object, "tenant")?,
            actor: text_of(&object, "actor")?,
            action: text_of(&object, "action")?,
            subject: text_of(&object, "subject")?,
            details: canonical(
                object
                    .get("details")
                    .and_then(Value::as_object)
                    .ok_or(NotALine::Member("details"))?,
            ),
            request_id: option(&object, "requestId")?,
            address: option(&object, "address")?,
            previous,
        };
        Ok(ExportLine::of(columns, hash))
    }

    /// Everything it says; none where that is hidden.
    pub(super) fn columns(&self) -> Option<&Columns> {
        match &self.says {
            Says::All(columns) => Some(columns),
            Says::Hash(_) => None,
        }
    }

    /// The hash of what it says.
    pub(super) fn content(&self) -> [u8; 32] {
        match &self.says {
            Says::All(columns) => columns.content(),
            Says::Hash(content) => *content,
        }
    }
}

fn number(object: &Map<String, Value>, name: &'static str) -> Result<u64, NotALine> {
    object
        .get(name)
        .and_then(Value::as_u64)
        .ok_or(NotALine::Member(name))
}

fn text_of(object: &Map<String, Value>, name: &'static str) -> Result<String, NotALine> {
    option(object, name)?.ok_or(NotALine::Member(name))
}

fn option(object: &Map<String, Value>, name: &'static str) -> Result<Option<String>, NotALine> {
    match object.get(name) {
        Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        _ => Err(NotALine::Member(name)),
    }
}

fn hash(object: &Map<String, Value>, name: &'static str) -> Result<[u8; 32], NotALine> {
    let mut bytes = [0; 32];
    let text = text_of(object, name)?;
    hex::decode_to_slice(&text, &mut bytes).map_err(|_| NotALine::Member(name))?;
    Ok(bytes)
}
