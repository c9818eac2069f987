//! Entries as lines of JSON, which can be checked without the store. docs/audit-log.md fixes their form.

use serde_json::{Map, Value, json};

use crate::entry::{Columns, canonical};
use crate::rows::{self, Stored};
use crate::{Action, AuditError, AuditLog, Entry, TenantId};

/// Longest line that is read, in bytes.
pub const AUDIT_LINE_BYTES_MAX: usize = 512 << 10;

/// Why a text is not a line of an export.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLine {
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
    /// The entry as JSON, as exports and answers contain it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        full(&Columns::of(self), &self.hash)
    }
}

impl AuditLog {
    /// The next lines of an export, behind the entry `after`: for a tenant its own entries in full, and of all others
    /// only what the chain needs; without a tenant all in full.
    pub fn lines(
        &self,
        tenant: Option<&TenantId>,
        after: Option<u64>,
    ) -> Result<AuditLines, AuditError> {
        let from = after.map_or(0, |after| after.saturating_add(1));
        let rows: Vec<Stored> = self
            .store
            .read(|connection| rows::rows_from(connection, from))?;
        let last = rows.last().map(|(columns, _)| columns.index);
        let line = |(columns, hash): Stored| {
            let own =
                tenant.is_none_or(|tenant| columns.tenant.as_deref() == Some(tenant.as_str()));
            // A loss concerns every tenant, and the chain cannot be followed without it.
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
pub(crate) struct ExportLine {
    pub(crate) index: u64,
    pub(crate) previous: [u8; 32],
    pub(crate) hash: [u8; 32],
    content: Content,
}

enum Content {
    All(Box<Columns>),
    Hash([u8; 32]),
}

impl ExportLine {
    pub(crate) fn of(columns: Columns, hash: [u8; 32]) -> ExportLine {
        ExportLine {
            index: columns.index,
            previous: columns.previous,
            hash,
            content: Content::All(Box::new(columns)),
        }
    }

    pub(crate) fn parse(text: &str) -> Result<ExportLine, InvalidLine> {
        if text.len() > AUDIT_LINE_BYTES_MAX {
            return Err(InvalidLine::NotJson);
        }
        let object: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| InvalidLine::NotJson)?;
        let (previous, hash) = (hash(&object, "previous")?, hash(&object, "hash")?);
        if object.contains_key("content") {
            return Ok(ExportLine {
                index: number(&object, "index")?,
                previous,
                hash,
                content: Content::Hash(self::hash(&object, "content")?),
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
                    .ok_or(InvalidLine::Member("details"))?,
            ),
            request_id: option(&object, "requestId")?,
            address: option(&object, "address")?,
            previous,
        };
        Ok(ExportLine::of(columns, hash))
    }

    /// Its columns; none where they are hidden.
    pub(crate) fn columns(&self) -> Option<&Columns> {
        match &self.content {
            Content::All(columns) => Some(columns),
            Content::Hash(_) => None,
        }
    }

    /// The hash of its content.
    pub(crate) fn content(&self) -> [u8; 32] {
        match &self.content {
            Content::All(columns) => columns.content(),
            Content::Hash(content) => *content,
        }
    }
}

fn number(object: &Map<String, Value>, name: &'static str) -> Result<u64, InvalidLine> {
    object
        .get(name)
        .and_then(Value::as_u64)
        .ok_or(InvalidLine::Member(name))
}

fn text_of(object: &Map<String, Value>, name: &'static str) -> Result<String, InvalidLine> {
    option(object, name)?.ok_or(InvalidLine::Member(name))
}

fn option(object: &Map<String, Value>, name: &'static str) -> Result<Option<String>, InvalidLine> {
    match object.get(name) {
        Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        _ => Err(InvalidLine::Member(name)),
    }
}

fn hash(object: &Map<String, Value>, name: &'static str) -> Result<[u8; 32], InvalidLine> {
    let mut bytes = [0; 32];
    let text = text_of(object, name)?;
    hex::decode_to_slice(&text, &mut bytes).map_err(|_| InvalidLine::Member(name))?;
    Ok(bytes)
}
