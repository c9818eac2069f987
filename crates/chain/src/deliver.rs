//! What the messages of an accepted transaction do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clock::now_ms;
use cosmos::{Address, DENOM, Refusal, SdkCode, TxHash};
use did::{Circumstances, JudgeError, Proposal, Rejection};
use ledger::{Committed, Embedded, ReadError, SubmitError};

use crate::check::{Checked, Step};
use crate::payers::Payers;
use crate::{Failure, Fees, fees};

/// Pause before a busy ledger gets the operations again.
const PAUSE: Duration = Duration::from_millis(20);
/// Attempts while the ledger is busy or contended.
const ATTEMPTS_MAX: usize = 500;

/// Delivers transactions to a ledger.
pub(crate) struct Delivery {
    ledger: Embedded,
    fees: Fees,
    claims: Claims,
}

/// A transaction to deliver.
pub(crate) struct Due {
    pub(crate) hash: TxHash,
    pub(crate) payer: Address,
    steps: Arc<[Step]>,
    gas_limit: u64,
    gas_used: u64,
    occasion: Occasion,
}

impl Due {
    pub(crate) fn of(checked: Checked, occasion: Occasion) -> Self {
        let transaction = &checked.transaction;
        Self {
            hash: transaction.hash(),
            payer: transaction.payer(),
            gas_limit: transaction.fee().gas_limit,
            gas_used: fees::gas_used(transaction.bytes().len(), transaction.messages()),
            steps: checked.steps,
            occasion,
        }
    }
}

/// Whether it may have been delivered before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// It was accepted just now.
    First,
    /// It was accepted before the start: the ledger may have its operations already. Those count as this transaction's
    /// own. Their origin is no longer known, and the result is the same.
    AfterStart,
}

/// The result of a delivery.
pub(crate) enum Delivered {
    /// All of it took effect, or nothing, and that is final.
    Final {
        outcome: Result<(), Failure>,
        /// Money that moved: to whom, how much.
        moved: Vec<(Address, u64)>,
        time_ms: u64,
    },
    /// The ledger has stopped; the next start delivers it.
    Later,
}

impl Delivery {
    pub(crate) fn new(ledger: Embedded, fees: Fees) -> Self {
        Self {
            ledger,
            fees,
            claims: Claims::default(),
        }
    }

    /// Delivers a transaction: all of its messages or none.
    pub(crate) async fn deliver(&self, due: &Due, payers: &Payers) -> Delivered {
        let moved = match self.reserve(due, payers) {
            Ok(moved) => moved,
            Err(failure) => return Delivered::failed(failure),
        };
        let delivered = match self.operate(due).await {
            Ok(Some(time_ms)) => Delivered::Final {
                outcome: Ok(()),
                moved: moved.clone(),
                time_ms,
            },
            Ok(None) => Delivered::Later,
            Err(failure) => Delivered::failed(failure),
        };
        if matches!(
            &delivered,
            Delivered::Final {
                outcome: Err(_),
                ..
            }
        ) {
            payers.release(&due.payer, moved.iter().map(|(_, amount)| amount).sum());
        }
        delivered
    }

    /// Checks gas, and reserves the sums of transfers.
    fn reserve(&self, due: &Due, payers: &Payers) -> Result<Vec<(Address, u64)>, Failure> {
        if self.fees == Fees::Static {
            fees::check_gas(due.gas_limit, due.gas_used, "WriteFlat")?;
        }
        let mut moved: Vec<(Address, u64)> = Vec::new();
        let mut sum = 0;
        for (index, step) in due.steps.iter().enumerate() {
            let Some(transfer) = step.transfer() else {
                continue;
            };
            let amount = whole_amount(&transfer.amount).and_then(|amount| {
                let reserved = payers.reserve(&due.payer, amount);
                reserved.map_err(|error| SdkCode::Logic.because(error.to_string()))??;
                Ok(amount)
            });
            match amount {
                Ok(amount) => {
                    sum += amount;
                    moved.push((transfer.to, amount));
                }
                Err(refusal) => {
                    payers.release(&due.payer, sum);
                    return Err(Failure::from(refusal).of_message(index));
                }
            }
        }
        Ok(moved)
    }

    /// Changes the ledger; gives the time of the last change, or nothing when the ledger has stopped.
    async fn operate(&self, due: &Due) -> Result<Option<u64>, Failure> {
        let (indexes, proposals): (Vec<usize>, Vec<Proposal>) = proposals(&due.steps).unzip();
        if let Some((index, rejection)) = self.invalid(&due.steps, &indexes, &proposals)? {
            return Err(Failure::from(rejection).of_message(index));
        }
        if proposals.is_empty() {
            return Ok(Some(now_ms()));
        }
        let begun = self.claims.begin(self.ledger.published().size);
        match self.submit(&proposals).await {
            Submitted::Committed(committed) => {
                if due.occasion == Occasion::First && !begun.claim(&committed) {
                    self.refuse_repeated(&indexes, &proposals)?;
                }
                Ok(committed.last().map(|last| last.time_ms))
            }
            Submitted::Failed(position, failure) => {
                let index = indexes.get(position).copied().unwrap_or_default();
                Err(failure.of_message(index))
            }
            Submitted::Stopped => Ok(None),
        }
    }

    async fn submit(&self, proposals: &[Proposal]) -> Submitted {
        let mut attempts = 0;
        loop {
            match self.ledger.submit(proposals.to_vec()).await {
                Ok(committed) => return Submitted::Committed(committed),
                Err(SubmitError::Rejected {
                    position,
                    rejection,
                }) => return Submitted::Failed(position, rejection.into()),
                Err(SubmitError::Stopped(_) | SubmitError::Unknown) => return Submitted::Stopped,
                // While the log is contradicted it takes no operations; accepted transactions wait.
                Err(SubmitError::Held(_)) => {}
                Err(SubmitError::Busy | SubmitError::Contended) if attempts < ATTEMPTS_MAX => {
                    attempts += 1;
                }
                Err(error) => return Submitted::Failed(0, internal(&error)),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The first message that is invalid in itself, unless the ledger refuses one before it.
    fn invalid(
        &self,
        steps: &[Step],
        indexes: &[usize],
        proposals: &[Proposal],
    ) -> Result<Option<(usize, Rejection)>, Failure> {
        let first = steps
            .iter()
            .enumerate()
            .find_map(|(index, step)| match step {
                Step::Invalid(rejection) => Some((index, rejection.clone())),
                Step::Operation(_) | Step::Transfer(_) => None,
            });
        let Some((index, rejection)) = first else {
            return Ok(None);
        };
        let before = indexes.partition_point(|of_operation| *of_operation < index);
        match judge(&self.ledger, &proposals[..before]) {
            Ok(()) => Ok(Some((index, rejection))),
            Err(JudgeError::Rejected {
                position,
                rejection,
            }) => Ok(Some((indexes[position], rejection))),
            Err(JudgeError::Unreadable(error)) => Err(internal(&error)),
        }
    }

    /// Refuses operations that were in the log before this transaction. The ledger would repeat its answer; a node does
    /// not.
    fn refuse_repeated(&self, indexes: &[usize], proposals: &[Proposal]) -> Result<(), Failure> {
        judge(&self.ledger, proposals).map_err(|error| failure(error, indexes))
    }
}

enum Submitted {
    Committed(Vec<Committed>),
    /// Which operation failed, and why.
    Failed(usize, Failure),
    Stopped,
}

impl Delivered {
    fn failed(failure: Failure) -> Self {
        Self::Final {
            outcome: Err(failure),
            moved: Vec::new(),
            time_ms: now_ms(),
        }
    }
}

/// Judges these steps in the present state; nothing is written.
pub(crate) fn simulate(ledger: &Embedded, steps: &[Step]) -> Result<(), Failure> {
    let first_invalid = steps
        .iter()
        .position(|step| matches!(step, Step::Invalid(_)));
    let valid = &steps[..first_invalid.unwrap_or(steps.len())];
    let (indexes, proposals): (Vec<usize>, Vec<Proposal>) = proposals(valid).unzip();
    judge(ledger, &proposals).map_err(|error| failure(error, &indexes))?;
    match first_invalid.and_then(|index| Some((index, steps.get(index)?))) {
        Some((index, Step::Invalid(rejection))) => {
            Err(Failure::from(rejection.clone()).of_message(index))
        }
        _ => Ok(()),
    }
}

fn judge(ledger: &Embedded, proposals: &[Proposal]) -> Result<(), JudgeError<ReadError>> {
    let circumstances = Circumstances {
        namespace: ledger.namespace(),
        network_id: ledger.network_id(),
        time_ms: now_ms(),
    };
    did::judge(proposals, &circumstances, &mut ledger.known()).map(drop)
}

/// A judgement as a failure of the message that it is about.
fn failure(error: JudgeError<ReadError>, indexes: &[usize]) -> Failure {
    match error {
        JudgeError::Rejected {
            position,
            rejection,
        } => Failure::from(rejection).of_message(indexes[position]),
        JudgeError::Unreadable(error) => internal(&error),
    }
}

fn proposals(steps: &[Step]) -> impl Iterator<Item = (usize, Proposal)> {
    let operations = steps.iter().enumerate();
    operations.filter_map(|(index, step)| match step {
        Step::Operation(proposal) => Some((index, Proposal::clone(proposal))),
        Step::Invalid(_) | Step::Transfer(_) => None,
    })
}

/// How much ncheq is moved, if nothing else is.
fn whole_amount(amount: &cosmos::Coins) -> Result<u64, Refusal> {
    match amount.iter().find(|coin| coin.denom() != DENOM) {
        Some(other) => {
            let none = format!(
                "spendable balance 0{0} is smaller than {other}",
                other.denom()
            );
            Err(SdkCode::InsufficientFunds.because(none))
        }
        None => u64::try_from(amount.amount_of(DENOM))
            .map_err(|_| SdkCode::InsufficientFunds.because("nobody has that much")),
    }
}

/// Code 1500: the server is at fault, and nothing was written.
fn internal(error: &dyn std::error::Error) -> Failure {
    Rejection::new(did::RejectionCode::Internal, error.to_string()).into()
}

/// Which of the transactions under way wrote an operation into the log. The ledger gives a repeated operation the same
/// answer; only the transaction that wrote it may use the answer.
#[derive(Default)]
struct Claims {
    state: Mutex<Claimed>,
}

#[derive(Default)]
struct Claimed {
    /// Sizes that the log had when transactions began, and how many of them began there.
    begun: BTreeMap<u64, usize>,
    /// Log indexes that a transaction has claimed.
    indexes: BTreeSet<u64>,
}

struct Begun<'a> {
    claims: &'a Claims,
    size: u64,
}

impl Claims {
    fn begin(&self, size: u64) -> Begun<'_> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state.begun.entry(size).or_default() += 1;
        Begun { claims: self, size }
    }
}

impl Begun<'_> {
    /// Whether these operations were written for this transaction.
    fn claim(&self, committed: &[Committed]) -> bool {
        let mut state = self
            .claims
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut entries = committed.iter().map(|one| one.location.entry());
        entries.all(|entry| {
            entry.is_some_and(|entry| entry.index >= self.size && state.indexes.insert(entry.index))
        })
    }
}

impl Drop for Begun<'_> {
    /// A transaction that began later cannot be answered with an earlier index.
    fn drop(&mut self) {
        let mut state = self
            .claims
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = state.begun.get_mut(&self.size) {
            *count -= 1;
            if *count == 0 {
                state.begun.remove(&self.size);
            }
        }
        let oldest = state.begun.keys().next().copied().unwrap_or(u64::MAX);
        state.indexes = state.indexes.split_off(&oldest);
    }
}
