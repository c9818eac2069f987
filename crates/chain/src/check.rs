//! The checks of a broadcast transaction that need no account.

use std::sync::Arc;

use cosmos::{Message, Transaction, Transfer};
use did::{Operation, OperationKind, Proposal, Rejection};

use crate::fees;
use crate::{Failure, Fees};

/// A transaction that is valid in itself.
pub(crate) struct Checked {
    pub(crate) transaction: Transaction,
    pub(crate) steps: Arc<[Step]>,
    /// What it costs, in ncheq.
    pub(crate) fee: u64,
}

/// What one message does.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Changes the ledger.
    Operation(Box<Proposal>),
    /// Is invalid in itself, which is reported when it is delivered.
    Invalid(Rejection),
    /// Moves money.
    Transfer(Transfer),
}

impl Checked {
    /// Reads a transaction and its messages.
    ///
    /// DID messages are checked here, as by a node before it verifies the signature. A node does not check resources
    /// then; their errors are reported when they are delivered.
    pub(crate) fn read(bytes: &[u8], fees: Fees) -> Result<Self, Failure> {
        let transaction = Transaction::decode(bytes)?;
        let steps = steps(transaction.messages())?;
        let fee = fees::due(fees, transaction.fee(), bytes.len(), for_messages(&steps))?;
        Ok(Self {
            transaction,
            steps,
            fee,
        })
    }
}

/// What these messages do, in order.
pub(crate) fn steps(messages: &[Message]) -> Result<Arc<[Step]>, Failure> {
    let steps = messages.iter().map(|message| match message {
        Message::Transfer(transfer) => Ok(Step::Transfer(transfer.clone())),
        Message::Identity { kind, value } => match (kind, Operation::decode(*kind, value)) {
            (_, Ok(operation)) => Ok(Step::Operation(Box::new(operation.into()))),
            (OperationKind::CreateResource, Err(rejection)) => Ok(Step::Invalid(rejection)),
            (_, Err(rejection)) => Err(Failure::from(rejection)),
        },
    });
    steps.collect()
}

/// The fee of the identity messages; `None` where there is none.
fn for_messages(steps: &[Step]) -> Option<u64> {
    let fees = steps.iter().filter_map(|step| match step {
        Step::Operation(proposal) => Some(fees::of_operation(&proposal.operation)),
        Step::Invalid(_) => Some(fees::CREATE_RESOURCE),
        Step::Transfer(_) => None,
    });
    fees.fold(None, |sum: Option<u64>, fee| Some(sum.unwrap_or(0) + fee))
}

impl Step {
    pub(crate) fn transfer(&self) -> Option<&Transfer> {
        match self {
            Self::Transfer(transfer) => Some(transfer),
            Self::Operation(_) | Self::Invalid(_) => None,
        }
    }
}
