//! What a submission is answered with.

use ledger::{Committed, Location};
use resolver::Seconds;
use serde::Serialize;
use utoipa::ToSchema;

/// Operations that are on disk, signed into a checkpoint and visible to readers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OperationsAnswer {
    /// The operations, in the order of the request.
    pub operations: Vec<CommittedOperation>,
    /// A signed checkpoint (C2SP `tlog-checkpoint`) of a log that holds them; absent where the network keeps no log
    /// here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
}

/// One operation in the log, or on a network that others keep.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommittedOperation {
    /// The DID that it changed, or whose collection the resource joined.
    pub did: String,
    /// `create`, `update`, `deactivate` or `createResource`.
    pub kind: &'static str,
    /// Id of the version that it made; of a resource its id.
    pub version_id: String,
    /// Its index in the log; absent where the network keeps no log here, as is the leaf hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_index: Option<u64>,
    /// Its RFC 6962 leaf hash, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaf_hash: Option<String>,
    /// On a network that others keep: the hash of the transaction that holds it, in upper-case hexadecimal, if that
    /// was made here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_hash: Option<String>,
    /// The block that the transaction stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_height: Option<u64>,
    /// When it was accepted (RFC 3339).
    pub accepted_at: String,
}

impl From<Committed> for CommittedOperation {
    fn from(committed: Committed) -> CommittedOperation {
        let entry = committed.location.entry();
        let (transaction_hash, block_height) = match committed.location {
            Location::Transaction { hash, height } => (Some(hex::encode_upper(hash)), Some(height)),
            Location::Entry { .. } | Location::Network => (None, None),
        };
        CommittedOperation {
            did: committed.did.to_string(),
            kind: committed.kind.as_str(),
            version_id: committed.version_id,
            log_index: entry.map(|entry| entry.index),
            leaf_hash: entry.map(|entry| entry.hash.to_string()),
            transaction_hash,
            block_height,
            accepted_at: Seconds::of_ms(committed.time_ms).to_string(),
        }
    }
}
