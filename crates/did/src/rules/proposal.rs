//! What is judged, and under which circumstances.

use super::bound::BoundVersion;
use super::known::Status;
use crate::{Document, Operation, Signature};

/// An operation as it is submitted.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// What is to be done, signed.
    pub operation: Operation,
    /// The preimage of its version id, when that is bound.
    pub bound: Option<BoundVersion>,
}

impl From<Operation> for Proposal {
    fn from(operation: Operation) -> Self {
        Self {
            operation,
            bound: None,
        }
    }
}

/// What a judgement depends on besides the DIDs.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// The only namespace that DIDs of this ledger have.
    pub namespace: &'a str,
    /// The random identity of this ledger.
    pub network_id: &'a [u8; 32],
    /// The ledger's time, in Unix milliseconds.
    pub time_ms: u64,
}

/// What judging one operation gives.
pub(super) struct Outcome {
    pub(super) document: Document,
    pub(super) status: Status,
    pub(super) signatures: Vec<Signature>,
}
