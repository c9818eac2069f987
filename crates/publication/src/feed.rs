//! The operations of a log, for those who follow it.

use std::sync::Arc;

use did::proto::{MsgCreateDidDocPayload, MsgDeactivateDidDocPayload};
use did::{Did, normal_version_id};
use ledger::{LoggedOperation, ReadError};
use proof::leaf::VersionKind;
use prost::{DecodeError, Message};
use serde::Serialize;
use tokio::sync::watch;

use crate::channel::Channel;
use crate::error::ServeError;
use clock::rfc3339_ms;

/// Entries of one page.
pub const FEED_LIMIT_MAX: usize = 1_000;

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FeedEntry {
    /// Its index in the log: grows, with gaps.
    pub id: u64,
    /// The DID.
    #[serde(serialize_with = "as_text")]
    pub did: Did,
    /// What was done.
    pub kind: FeedKind,
    /// The version that it made.
    pub version_id: String,
    /// When it was accepted, by the log's clock: RFC 3339 in UTC with milliseconds.
    pub time: String,
    /// Its RFC 6962 leaf hash, in hexadecimal.
    pub leaf_hash: String,
    /// What the DID was after it.
    pub status: FeedStatus,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FeedKind {
    /// Creates a DID.
    Create,
    /// Replaces its document.
    Update,
    /// Deactivates it.
    Deactivate,
}

/// What a DID is after an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FeedStatus {
    /// It can be used.
    Active,
    /// It is deactivated.
    Deactivated,
}

/// Some entries, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedPage {
    /// The entries.
    pub entries: Vec<FeedEntry>,
    /// What to continue after; `None` when there is nothing yet.
    pub next: Option<u64>,
}

/// Follows a log: everything behind a point, then what comes.
pub struct FeedFollower {
    channel: Arc<Channel>,
    size: watch::Receiver<u64>,
    after: Option<u64>,
}

impl Channel {
    /// The entries behind `after`, from the first with `None`.
    pub(crate) fn feed(&self, after: Option<u64>, limit: usize) -> Result<FeedPage, ServeError> {
        let limit = limit.clamp(1, FEED_LIMIT_MAX);
        let operations = self.ledger.operations(after, limit)?;
        let entries = operations.iter().map(FeedEntry::of);
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        let next = entries.last().map(|entry| entry.id).or(after);
        Ok(FeedPage { entries, next })
    }
}

impl FeedFollower {
    pub(crate) fn new(channel: Arc<Channel>, after: Option<u64>) -> Self {
        let size = channel.ledger.watch();
        Self {
            channel,
            size,
            after,
        }
    }

    /// The next entries, at least one: waits until there is one. May be dropped and called again.
    ///
    /// # Errors
    ///
    /// [`ServeError::Read`]; [`ServeError::Busy`] when the ledger is being closed.
    pub async fn next(&mut self) -> Result<Vec<FeedEntry>, ServeError> {
        loop {
            self.size.mark_unchanged();
            let page = self.channel.feed(self.after, FEED_LIMIT_MAX)?;
            if !page.entries.is_empty() {
                self.after = page.next;
                return Ok(page.entries);
            }
            self.size.changed().await.map_err(|_| ServeError::Busy)?;
        }
    }
}

impl FeedEntry {
    fn of(logged: &LoggedOperation) -> Result<Self, ReadError> {
        let leaf = &logged.leaf;
        let damaged = || ReadError::Entry {
            index: logged.log_index,
        };
        let (kind, status) = match leaf.kind {
            VersionKind::Create => (FeedKind::Create, FeedStatus::Active),
            VersionKind::Update => (FeedKind::Update, FeedStatus::Active),
            VersionKind::Deactivate => (FeedKind::Deactivate, FeedStatus::Deactivated),
        };
        Ok(Self {
            id: logged.log_index,
            did: Did::parse(&leaf.did).map_err(|_| damaged())?,
            kind,
            version_id: version_id(kind, &leaf.payload).map_err(|_| damaged())?,
            time: rfc3339_ms(leaf.time_ms),
            leaf_hash: logged.leaf_hash.to_string(),
            status,
        })
    }
}

/// Create and update have the same payload.
fn version_id(kind: FeedKind, payload: &[u8]) -> Result<String, DecodeError> {
    let text = match kind {
        FeedKind::Create | FeedKind::Update => MsgCreateDidDocPayload::decode(payload)?.version_id,
        FeedKind::Deactivate => MsgDeactivateDidDocPayload::decode(payload)?.version_id,
    };
    Ok(normal_version_id(&text))
}

impl FeedKind {
    /// The type of the event, as webhooks name it.
    pub(crate) fn event_type(self) -> &'static str {
        match self {
            Self::Create => "did.created",
            Self::Update => "did.updated",
            Self::Deactivate => "did.deactivated",
        }
    }
}

fn as_text<S: serde::Serializer>(did: &Did, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(did.as_str())
}
