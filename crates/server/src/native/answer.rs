//! What a submission is answered with.

use ledger::Committed;
use resolver::Seconds;
use serde::Serialize;
use utoipa::ToSchema;

/// Operations that are on disk, signed into a checkpoint and visible to readers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OperationsAnswer {
    /// The operations, in the order of the request.
    pub operations: Vec<CommittedOperation>,
    /// A signed checkpoint (C2SP `tlog-checkpoint`) of a log that holds them.
    pub checkpoint: String,
}

/// One operation in the log.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommittedOperation {
    /// The DID that it changed, or whose collection the resource joined.
    pub did: String,
    /// `create`, `update`, `deactivate` or `createResource`.
    pub kind: &'static str,
    /// Id of the version that it made; of a resource its id.
    pub version_id: String,
    /// Its index in the log.
    pub log_index: u64,
    /// Its RFC 6962 leaf hash, in hexadecimal.
    pub leaf_hash: String,
    /// When it was accepted (RFC 3339).
    pub accepted_at: String,
}

impl From<Committed> for CommittedOperation {
    fn from(committed: Committed) -> CommittedOperation {
        CommittedOperation {
            did: committed.did.to_string(),
            kind: committed.kind.as_str(),
            version_id: committed.version_id,
            log_index: committed.log_index,
            leaf_hash: committed.leaf_hash.to_string(),
            accepted_at: Seconds::of_ms(committed.time_ms).to_string(),
        }
    }
}
