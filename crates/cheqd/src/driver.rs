//! The path of a submission to a chain: judged, paid for, signed, stored, broadcast, found in a block, confirmed.
//!
//! A second transaction for the same operations is made only when the first can have no effect any more. That is read
//! from the state of the chain and not from silence: another transaction used its sequence, or its last block is past,
//! and its operations are not on the chain.

use clock::now_ms;
use cosmos::TxHash;
use did::{Circumstances, Head, judge};
use ledger::{Committed, Location, ReadError, SubmitError, check_head};
use tokio::sync::watch;

use crate::blocking::withheld;
use crate::fees::Fees;
use crate::node::NodeError;
use crate::outbox::Open;
use crate::payer::Payer;
use crate::rule_source::RuleSource;
use crate::settings::Timing;
use crate::submission::Submission;
use crate::turns::Turns;
use crate::verdict::Verdict;

mod transaction;

use transaction::Conclusion;

/// Transactions that are made for one submission, each after the last one can have no effect.
const TRANSACTIONS_MAX: usize = 8;
/// Everything that submissions of one chain share.
pub(crate) struct Driver {
    pub(crate) source: RuleSource,
    pub(crate) chain_id: String,
    pub(crate) namespace: String,
    pub(crate) network_id: [u8; 32],
    pub(crate) payer: Payer,
    pub(crate) fees: Fees,
    pub(crate) fee_max_ncheq: u128,
    pub(crate) slippage_percent: u32,
    pub(crate) timing: Timing,
    pub(crate) turns: Turns,
}

/// Reports to a waiting caller the transaction that contains the submission.
pub(crate) type Progress = watch::Sender<Option<TxHash>>;

impl Driver {
    /// Follows a submission to its end. If the caller leaves meanwhile, no second transaction is made.
    pub(crate) async fn drive(
        &self,
        submission: &Submission,
        expected: Option<Head>,
        progress: &Progress,
    ) -> Result<Vec<Committed>, SubmitError> {
        let _turns = self.turns.of(submission.dids()).await;
        let mut open = self.source.outbox.open_of(submission)?;
        self.settle_others(submission, open.as_ref()).await?;
        let mut gas_percent = 100;
        for _ in 0..TRANSACTIONS_MAX {
            let sent = match open.take() {
                Some(open) => open,
                None => {
                    if let Some(done) = self.committed(submission).await? {
                        return Ok(done);
                    }
                    if progress.is_closed() {
                        return Err(SubmitError::Unknown);
                    }
                    let sent = match self.judge(submission, expected) {
                        Ok(()) => self.send(submission, gas_percent).await,
                        Err(refused) => Err(refused),
                    };
                    match sent {
                        Ok(sent) => sent,
                        Err(refused) => return self.repeated(submission, refused).await,
                    }
                }
            };
            // The caller may have left.
            let _ = progress.send(Some(sent.hash));
            match self.follow(submission, &sent).await? {
                Conclusion::Done => return self.confirmed(submission).await,
                Conclusion::Dead => {}
                Conclusion::Failed(refused) => match Verdict::of(&refused) {
                    Verdict::Price => self.fees.forget(),
                    Verdict::Gas => gas_percent *= 2,
                    verdict => {
                        let refused = error_of(verdict, refused.log);
                        return self.repeated(submission, refused).await;
                    }
                },
            }
        }
        Err(SubmitError::Contended)
    }

    /// A submission that is refused because it is on the network already gets its first answer again.
    async fn repeated(
        &self,
        submission: &Submission,
        refused: SubmitError,
    ) -> Result<Vec<Committed>, SubmitError> {
        match refused {
            SubmitError::Rejected { .. } => self.committed(submission).await?.ok_or(refused),
            refused => Err(refused),
        }
    }

    /// Follows a transaction from before a start to its end.
    pub(crate) async fn resume(&self, open: Open) {
        let Some(submission) = Submission::of_transaction(&open.bytes) else {
            tracing::error!(hash = %open.hash, "a transaction that was made here cannot be read");
            return;
        };
        let _turns = self.turns.of(submission.dids()).await;
        // A submission that had its turn before may have closed it.
        match self.source.outbox.open_of(&submission) {
            Ok(Some(open)) => {
                if let Err(error) = self.follow(&submission, &open).await {
                    tracing::warn!(hash = %open.hash, %error, "a transaction stays open");
                }
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(hash = %open.hash, %error, "a transaction stays open"),
        }
    }

    /// The result that the operations got when they were accepted; `None` unless all of them are on the network.
    pub(crate) async fn committed(
        &self,
        submission: &Submission,
    ) -> Result<Option<Vec<Committed>>, ReadError> {
        let mut times = Vec::with_capacity(submission.proposals().len());
        for operation in submission.operations() {
            match self.source.reader.accepted_ms(operation).await? {
                Some(time_ms) => times.push(time_ms),
                None => return Ok(None),
            }
        }
        let transaction = self.source.outbox.included(submission)?;
        let location =
            transaction.map_or(Location::Network, |(hash, height)| Location::Transaction {
                hash: *hash.as_bytes(),
                height,
            });
        let committed = submission.operations().zip(times);
        let committed = committed.map(|(operation, time_ms)| Committed {
            did: operation.did().clone(),
            kind: operation.kind(),
            version_id: operation.version_id().to_owned(),
            location,
            time_ms,
        });
        Ok(Some(committed.collect()))
    }

    /// The effect of a transaction in a block must be readable from the network.
    async fn confirmed(&self, submission: &Submission) -> Result<Vec<Committed>, SubmitError> {
        let found = self.committed(submission).await?;
        found.ok_or_else(|| {
            let reason =
                "a node reports the transaction in a block, but does not return its effect";
            SubmitError::Read(withheld(reason))
        })
    }

    /// Waits for transactions of other submissions about the same DIDs: the state that is judged must not change.
    async fn settle_others(
        &self,
        submission: &Submission,
        own: Option<&Open>,
    ) -> Result<(), SubmitError> {
        for other in self.source.outbox.open_on(submission)? {
            if own.is_some_and(|own| own.hash == other.hash) {
                continue;
            }
            if let Some(about) = Submission::of_transaction(&other.bytes) {
                self.follow(&about, &other).await?;
            }
        }
        Ok(())
    }

    fn judge(&self, submission: &Submission, expected: Option<Head>) -> Result<(), SubmitError> {
        let circumstances = Circumstances {
            namespace: &self.namespace,
            network_id: &self.network_id,
            time_ms: now_ms(),
        };
        let proposals = submission.proposals();
        let accepted = judge(proposals, &circumstances, &mut self.source.clone())?;
        match expected {
            Some(expected) => check_head(proposals, &accepted, expected),
            None => Ok(()),
        }
    }
}

fn error_of(verdict: Verdict, log: String) -> SubmitError {
    match verdict {
        Verdict::Rejected {
            position,
            rejection,
        } => SubmitError::Rejected {
            position,
            rejection,
        },
        Verdict::Full => SubmitError::Busy,
        Verdict::Unpaid | Verdict::Price => SubmitError::Unpaid(log),
        Verdict::Sequence(_) | Verdict::Expired => SubmitError::Contended,
        Verdict::Gas | Verdict::Other => SubmitError::Network(log),
    }
}

impl From<NodeError> for SubmitError {
    fn from(error: NodeError) -> Self {
        Self::Read(error.into())
    }
}
