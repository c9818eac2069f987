//! One entry, and the bytes that its hash covers. docs/audit-log.md fixes them for ever.

use std::net::IpAddr;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{Action, ActionId, Actor, AuditError, TenantId};

/// What hashed bytes begin with.
const LABEL: &[u8] = b"atropos/audit-entry/v1\n";
const CONTENT_LABEL: &[u8] = b"atropos/audit-content/v1\n";

/// Bytes of the details of one entry, as JSON.
pub const DETAILS_BYTES_MAX: usize = 64 << 10;
/// Bytes of the name of what changed.
pub const SUBJECT_BYTES_MAX: usize = 1024;

/// Something that happened. Never holds a secret.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The tenant; `None` when it concerns the server as a whole.
    pub tenant: Option<TenantId>,
    /// What was done.
    pub action: Action,
    /// The id of what changed.
    pub subject: String,
    /// What else is worth knowing: texts, booleans, whole numbers, lists and objects of them.
    pub details: Map<String, Value>,
}

impl Event {
    /// Without details.
    #[must_use]
    pub fn new(tenant: Option<&TenantId>, action: Action, subject: impl Into<String>) -> Event {
        Event {
            tenant: tenant.cloned(),
            action,
            subject: subject.into(),
            details: Map::new(),
        }
    }

    /// Its details in their stored form, if it fits the limits.
    ///
    /// # Errors
    /// [`AuditError::TooLarge`].
    pub fn stored_details(&self) -> Result<String, AuditError> {
        let details = canonical(&self.details);
        if details.len() > DETAILS_BYTES_MAX || self.subject.len() > SUBJECT_BYTES_MAX {
            return Err(AuditError::TooLarge);
        }
        Ok(details)
    }

    /// With a further detail.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Event {
        self.details.insert(name.to_owned(), value.into());
        self
    }
}

/// One row of the audit log.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its place: 0, 1, 2, …
    pub index: u64,
    /// When it was written, Unix time in milliseconds; never less than in the entry before.
    pub time_ms: u64,
    /// Its id, which other places may name.
    pub id: ActionId,
    /// The tenant.
    pub tenant: Option<TenantId>,
    /// Who did it.
    pub actor: Actor,
    /// What was done.
    pub action: Action,
    /// The id of what changed.
    pub subject: String,
    /// What else is worth knowing.
    pub details: Map<String, Value>,
    /// The id of the HTTP request.
    pub request_id: Option<String>,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The hash of the entry before; 32 zero bytes in the first.
    pub previous: [u8; 32],
    /// The hash of this entry.
    pub hash: [u8; 32],
}

/// The newest entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditHead {
    /// Number of entries.
    pub size: u64,
    /// The hash of the last one; 32 zero bytes when there is none.
    pub hash: [u8; 32],
}

impl AuditHead {
    /// Of an empty log.
    pub const EMPTY: AuditHead = AuditHead {
        size: 0,
        hash: [0; 32],
    };
}

/// The columns that are hashed, exactly as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) index: u64,
    pub(crate) time_ms: u64,
    pub(crate) id: String,
    pub(crate) tenant: Option<String>,
    pub(crate) actor: String,
    pub(crate) action: String,
    pub(crate) subject: String,
    pub(crate) details: String,
    pub(crate) request_id: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) previous: [u8; 32],
}

impl Columns {
    /// The hash of everything but its place.
    pub(crate) fn content(&self) -> [u8; 32] {
        let mut bytes = Vec::with_capacity(256 + self.details.len());
        bytes.extend_from_slice(CONTENT_LABEL);
        bytes.extend_from_slice(&self.time_ms.to_be_bytes());
        text(&mut bytes, &self.id);
        option(&mut bytes, self.tenant.as_deref());
        text(&mut bytes, &self.actor);
        text(&mut bytes, &self.action);
        text(&mut bytes, &self.subject);
        text(&mut bytes, &self.details);
        option(&mut bytes, self.request_id.as_deref());
        option(&mut bytes, self.address.as_deref());
        Sha256::digest(&bytes).into()
    }

    /// The hash of the entry.
    pub(crate) fn hash(&self) -> [u8; 32] {
        hash_of(self.index, &self.previous, &self.content())
    }

    /// As the entry was stored.
    pub(crate) fn of(entry: &Entry) -> Columns {
        Columns {
            index: entry.index,
            time_ms: entry.time_ms,
            id: entry.id.to_string(),
            tenant: entry.tenant.as_ref().map(ToString::to_string),
            actor: entry.actor.to_string(),
            action: entry.action.as_str().to_owned(),
            subject: entry.subject.clone(),
            details: canonical(&entry.details),
            request_id: entry.request_id.clone(),
            address: entry.address.map(|address| address.to_string()),
            previous: entry.previous,
        }
    }

    /// The types behind the texts; `None` when one has a form that this program never writes.
    pub(crate) fn into_entry(self, hash: [u8; 32]) -> Option<Entry> {
        let tenant = match &self.tenant {
            Some(tenant) => Some(TenantId::parse(tenant)?),
            None => None,
        };
        let address = match &self.address {
            Some(address) => Some(address.parse().ok()?),
            None => None,
        };
        Some(Entry {
            index: self.index,
            time_ms: self.time_ms,
            id: ActionId::parse(&self.id)?,
            tenant,
            actor: Actor::parse(&self.actor)?,
            action: Action::parse(&self.action)?,
            details: serde_json::from_str(&self.details).ok()?,
            subject: self.subject,
            request_id: self.request_id,
            address,
            previous: self.previous,
            hash,
        })
    }
}

/// The hash of an entry: its place, the hash before, and the hash of its content. The content itself is not needed to
/// check the chain.
pub(crate) fn hash_of(index: u64, previous: &[u8; 32], content: &[u8; 32]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(LABEL);
    hasher.update(index.to_be_bytes());
    hasher.update(previous);
    hasher.update(content);
    hasher.finalize().into()
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    // Every text is far below 4 GiB; one that is not would be hashed under a length that it does not have.
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

fn option(bytes: &mut Vec<u8>, value: Option<&str>) {
    match value {
        None => bytes.push(0),
        Some(value) => {
            bytes.push(1);
            text(bytes, value);
        }
    }
}

/// The details as they are stored and hashed: JSON without spaces, members sorted by their names.
pub(crate) fn canonical(details: &Map<String, Value>) -> String {
    let mut out = String::from("{");
    members(&mut out, details);
    out
}

fn members(out: &mut String, map: &Map<String, Value>) {
    let mut sorted: Vec<_> = map.iter().collect();
    sorted.sort_unstable_by_key(|(name, _)| name.as_bytes());
    for (index, (name, value)) in sorted.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(&Value::String(name.clone()).to_string());
        out.push(':');
        write(out, value);
    }
    out.push('}');
}

fn write(out: &mut String, value: &Value) {
    match value {
        Value::Object(map) => {
            out.push('{');
            members(out, map);
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(out, item);
            }
            out.push(']');
        }
        // Fractions have many spellings, and readers in other languages another one each.
        Value::Number(number) if number.is_f64() => {
            out.push_str(&Value::String(number.to_string()).to_string());
        }
        other => out.push_str(&other.to_string()),
    }
}
