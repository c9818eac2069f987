//! What is to be done in one transaction.

use std::sync::Arc;

use cosmos::proto::Any;
use cosmos::{Message, Transaction};
use did::{Did, Operation, Proposal};
use ledger::{SubmitError, within_limits};
use sha2::{Digest, Sha256};

/// Operations that are accepted all together or not at all. Clones share them.
#[derive(Clone)]
pub(crate) struct Submission {
    proposals: Arc<[Proposal]>,
    id: [u8; 32],
}

/// One operation, as the store has it.
pub(crate) struct OperationRow {
    pub(crate) did: String,
    pub(crate) kind: &'static str,
    pub(crate) version_id: String,
    pub(crate) payload_hash: [u8; 32],
}

impl Submission {
    /// Takes what any ledger takes.
    pub(crate) fn new(proposals: Vec<Proposal>) -> Result<Self, SubmitError> {
        within_limits(&proposals)?;
        Ok(Self::of(proposals))
    }

    /// What a transaction does that was made here.
    pub(crate) fn of_transaction(bytes: &[u8]) -> Option<Self> {
        let transaction = Transaction::decode(bytes).ok()?;
        let proposals = transaction.messages().iter().map(|message| match message {
            Message::Identity { kind, value } => {
                Operation::decode(*kind, value).ok().map(Proposal::from)
            }
            Message::Transfer(_) => None,
        });
        proposals.collect::<Option<Vec<_>>>().map(Self::of)
    }

    fn of(proposals: Vec<Proposal>) -> Self {
        let mut hasher = Sha256::new();
        for Proposal { operation, .. } in &proposals {
            hasher.update([operation.kind() as u8]);
            hasher.update((operation.payload().len() as u64).to_be_bytes());
            hasher.update(operation.payload());
        }
        Self {
            proposals: proposals.into(),
            id: hasher.finalize().into(),
        }
    }

    /// What makes two submissions the same: kinds and payloads. Signatures may differ.
    pub(crate) fn id(&self) -> &[u8; 32] {
        &self.id
    }

    pub(crate) fn proposals(&self) -> &[Proposal] {
        &self.proposals
    }

    pub(crate) fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.proposals.iter().map(|proposal| &proposal.operation)
    }

    pub(crate) fn dids(&self) -> impl Iterator<Item = &Did> {
        self.operations().map(Operation::did)
    }

    pub(crate) fn messages(&self) -> Vec<Any> {
        let message = |operation: &Operation| Any {
            type_url: operation.kind().type_url().to_owned(),
            value: operation.to_message_bytes(),
        };
        self.operations().map(message).collect()
    }

    pub(crate) fn rows(&self) -> Vec<OperationRow> {
        let row = |operation: &Operation| OperationRow {
            did: operation.did().to_string(),
            kind: operation.kind().as_str(),
            version_id: operation.version_id().to_owned(),
            payload_hash: Sha256::digest(operation.payload()).into(),
        };
        self.operations().map(row).collect()
    }
}
