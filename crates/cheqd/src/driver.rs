//! The way of a submission to a chain: judged, paid for, signed, written down, handed in, found in a block, looked at.
//!
//! A second transaction for the same operations is made only when the first can have no effect any more. That is read
//! from the state of the chain and not from silence: its sequence was used by another transaction, or its last block is
//! past, and what it was to do is not there.

use std::time::Duration;

use cosmos::proto::tx_service::{SimulateRequest, SimulateResponse};
use cosmos::{Coins, Draft, Signer, TxHash};
use did::{Circumstances, Head, judge};
use ledger::{Committed, Location, ReadError, SubmitError, check_head};
use tokio::sync::watch;

use crate::blocking::withheld;
use crate::fees::Fees;
use crate::judge::Knowing;
use crate::node::{NodeError, Refused, Taken, now_ms};
use crate::outbox::{Ended, Open};
use crate::outcome::Verdict;
use crate::payer::{Account, Payer};
use crate::settings::Timing;
use crate::submission::Submission;
use crate::turns::Turns;

/// Transactions that are made for one submission, each after the one before has no effect.
const TRANSACTIONS_MAX: usize = 8;
/// Times that the same bytes are handed in while no answer comes.
const SENDS_MAX: u32 = 3;
/// Looks for a transaction after which it is asked whether it can still stand in a block, and handed in again.
const LOOKS_PER_CHECK: u32 = 5;
/// Gas for one operation, as cheqd's clients give it. Identity messages have fixed fees: gas is a limit, and no price.
const GAS: u64 = 360_000;
/// Gas beyond what a simulation has used, in percent.
const GAS_EXTRA_PERCENT: u64 = 50;

/// Everything that submissions of one chain share.
pub(crate) struct Driver {
    pub(crate) knowing: Knowing,
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

/// What whoever waits for a submission is told meanwhile: the transaction that it stands in.
pub(crate) type Told = watch::Sender<Option<TxHash>>;

/// How a transaction has ended, as far as its submission is concerned.
enum End {
    /// It has done what it was to do.
    Done,
    /// It stands in a block without effect.
    Failed(Refused),
    /// It can have no effect any more.
    Dead,
}

/// Whether a transaction that is in no block can still have an effect.
enum Fate {
    Done,
    Open,
    /// It has had its chance, and what it was to do is not there.
    Over,
}

/// What one transaction more is made with.
struct Effort {
    gas_percent: u64,
}

impl Driver {
    /// Sees a submission through to its end. Whoever waits may leave; then no second transaction is made.
    pub(crate) async fn drive(
        &self,
        submission: &Submission,
        expected: Option<Head>,
        told: &Told,
    ) -> Result<Vec<Committed>, SubmitError> {
        let _turns = self.turns.of(submission.dids()).await;
        let mut open = self.knowing.outbox.open_of(submission)?;
        self.settle_others(submission, open.as_ref()).await?;
        let mut effort = Effort { gas_percent: 100 };
        for _ in 0..TRANSACTIONS_MAX {
            let sent = match open.take() {
                Some(open) => open,
                None => {
                    if let Some(done) = self.committed(submission).await? {
                        return Ok(done);
                    }
                    if told.is_closed() {
                        return Err(SubmitError::Unknown);
                    }
                    let sent = match self.judge(submission, expected) {
                        Ok(()) => self.send(submission, &effort).await,
                        Err(refused) => Err(refused),
                    };
                    match sent {
                        Ok(sent) => sent,
                        Err(refused) => return self.repeated(submission, refused).await,
                    }
                }
            };
            // Nobody may be waiting any more.
            let _ = told.send(Some(sent.hash));
            match self.follow(submission, &sent).await? {
                End::Done => return self.confirmed(submission).await,
                End::Dead => {}
                End::Failed(refused) => match Verdict::of(&refused) {
                    Verdict::Price => self.fees.forget(),
                    Verdict::Gas => effort.gas_percent *= 2,
                    verdict => {
                        let refused = error_of(verdict, refused.log);
                        return self.repeated(submission, refused).await;
                    }
                },
            }
        }
        Err(SubmitError::Contended)
    }

    /// What is refused because it stands on the network by now gets the answer that it got then.
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
        // Whoever had the turn before may have seen its end.
        match self.knowing.outbox.open_of(&submission) {
            Ok(Some(open)) => {
                if let Err(error) = self.follow(&submission, &open).await {
                    tracing::warn!(hash = %open.hash, %error, "a transaction stays open");
                }
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(hash = %open.hash, %error, "a transaction stays open"),
        }
    }

    /// What the operations got when they were accepted; `None` unless all of them are on the network.
    pub(crate) async fn committed(
        &self,
        submission: &Submission,
    ) -> Result<Option<Vec<Committed>>, ReadError> {
        let mut times = Vec::with_capacity(submission.proposals().len());
        for operation in submission.operations() {
            match self.knowing.reading.accepted_ms(operation).await? {
                Some(time_ms) => times.push(time_ms),
                None => return Ok(None),
            }
        }
        let transaction = self.knowing.outbox.included(submission)?;
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

    /// What a block is said to hold must be what the network says.
    async fn confirmed(&self, submission: &Submission) -> Result<Vec<Committed>, SubmitError> {
        let found = self.committed(submission).await?;
        found.ok_or_else(|| {
            let reason =
                "a node says that the transaction stands in a block, and does not show what it did";
            SubmitError::Read(withheld(reason))
        })
    }

    /// Waits for transactions of other submissions about the same DIDs: what is judged must not change under it.
    async fn settle_others(
        &self,
        submission: &Submission,
        own: Option<&Open>,
    ) -> Result<(), SubmitError> {
        for other in self.knowing.outbox.open_on(submission)? {
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
        let accepted = judge(proposals, &circumstances, &mut self.knowing.clone())?;
        match expected {
            Some(expected) => check_head(proposals, &accepted, expected),
            None => Ok(()),
        }
    }

    /// Makes a transaction and hands it in. One after the other: each takes the payer's next sequence.
    async fn send(&self, submission: &Submission, effort: &Effort) -> Result<Open, SubmitError> {
        let mut pen = self.payer.pen().await;
        for _ in 0..TRANSACTIONS_MAX {
            let account = pen.next(&self.payer, &self.knowing.reading).await?;
            let fee = self.fee(submission).await?;
            let mut draft = Draft {
                messages: submission.messages(),
                memo: String::new(),
                timeout_height: self.last_block().await?,
                fee,
                gas_limit: GAS * submission.proposals().len() as u64,
            };
            let simulated = draft.sign(pen.key, &self.signer(account));
            match self.simulated(simulated).await? {
                Ok(used) => draft.gas_limit = draft.gas_limit.max(with_extra(used, effort)),
                Err((Verdict::Sequence(next), _)) => {
                    pen.resync(next);
                    continue;
                }
                Err((verdict, log)) => return Err(error_of(verdict, log)),
            }
            let bytes = draft.sign(pen.key, &self.signer(account));
            let open = Open {
                hash: TxHash::of(&bytes),
                sequence: account.sequence,
                timeout_height: draft.timeout_height,
                bytes,
            };
            let payer = self.payer.address().to_string();
            let outbox = &self.knowing.outbox;
            outbox.begin(submission, payer, open.clone()).await?;
            match self.hand_in(&open).await {
                Handed::Accepted => {
                    pen.advance();
                    return Ok(open);
                }
                // It may use the sequence or not.
                Handed::Perhaps => {
                    pen.resync(None);
                    return Ok(open);
                }
                Handed::Refused(refused) => {
                    let said = refused.log.clone();
                    outbox.end(open.hash, Ended::Refused { said }).await?;
                    match Verdict::of(&refused) {
                        Verdict::Sequence(next) => pen.resync(next),
                        Verdict::Price => self.fees.forget(),
                        Verdict::Expired => {}
                        verdict => {
                            pen.resync(None);
                            return Err(error_of(verdict, refused.log));
                        }
                    }
                }
            }
        }
        Err(SubmitError::Contended)
    }

    async fn fee(&self, submission: &Submission) -> Result<Coins, SubmitError> {
        self.fees
            .of(
                &self.knowing.reading,
                submission.proposals(),
                self.slippage_percent,
                self.fee_max_ncheq,
            )
            .await
    }

    async fn last_block(&self) -> Result<u64, ReadError> {
        let tip = self.knowing.reading.nodes.tip().await?;
        Ok(tip.height.saturating_add(self.timing.timeout_blocks))
    }

    fn signer(&self, account: Account) -> Signer {
        Signer {
            chain_id: self.chain_id.clone(),
            account_number: account.number,
            sequence: account.sequence,
        }
    }

    /// Lets a node try the transaction, which costs nothing: what the rules of the chain refuse is not paid for.
    /// Answers the gas that it used; 0 where nodes do not simulate.
    async fn simulated(
        &self,
        tx_bytes: Vec<u8>,
    ) -> Result<Result<u64, (Verdict, String)>, SubmitError> {
        use prost::Message as _;
        let request = SimulateRequest { tx: None, tx_bytes };
        let path = "/cosmos.tx.v1beta1.Service/Simulate";
        let nodes = &self.knowing.reading.nodes;
        let answer = nodes.query(path, &request.encode_to_vec()).await;
        match answer.map_err(ReadError::from)? {
            crate::node::Answer::Value(value) => {
                let simulated = SimulateResponse::decode(value.as_slice());
                let gas = simulated.ok().and_then(|simulated| simulated.gas_info);
                Ok(Ok(gas.map_or(0, |gas| gas.gas_used)))
            }
            crate::node::Answer::Refused(refused) => match Verdict::of_text(&refused.log) {
                // What it does not say clearly is found out by the transaction itself.
                Verdict::Other => Ok(Ok(0)),
                verdict => Ok(Err((verdict, refused.log))),
            },
        }
    }

    /// Hands the same bytes in until a node says what it thinks of them.
    async fn hand_in(&self, open: &Open) -> Handed {
        let nodes = &self.knowing.reading.nodes;
        let mut may_have_arrived = false;
        for round in 0..SENDS_MAX {
            if round > 0 {
                self.pause().await;
            }
            match nodes.broadcast(&open.bytes).await {
                Ok(Taken::Accepted) => return Handed::Accepted,
                Ok(Taken::Refused(refused)) if may_have_arrived => {
                    // It may be refused because it stands in a block by now.
                    tracing::info!(hash = %open.hash, log = refused.log, "refused when handed in again");
                    return Handed::Perhaps;
                }
                Ok(Taken::Refused(refused)) => {
                    let is_last = round + 1 == SENDS_MAX;
                    if Verdict::of(&refused) != Verdict::Full || is_last {
                        return Handed::Refused(refused);
                    }
                }
                Err(error) => {
                    may_have_arrived = true;
                    tracing::info!(hash = %open.hash, %error, "no answer to a transaction; it is handed in again");
                }
            }
        }
        Handed::Perhaps
    }

    /// Looks for a transaction until it is known how it has ended, however long that takes.
    async fn follow(&self, submission: &Submission, open: &Open) -> Result<End, ReadError> {
        let outbox = &self.knowing.outbox;
        let nodes = &self.knowing.reading.nodes;
        let mut was_over = false;
        for look in 1_u32.. {
            if let Ok(Some(found)) = nodes.transaction(&open.hash).await {
                let (height, result) = (found.height, found.tx_result);
                if result.code == 0 {
                    let height = Some(height);
                    outbox.end(open.hash, Ended::Included { height }).await?;
                    return Ok(End::Done);
                }
                let said = result.log.clone();
                outbox
                    .end(open.hash, Ended::Failed { height, said })
                    .await?;
                return Ok(End::Failed(Refused {
                    codespace: result.codespace,
                    code: result.code,
                    log: result.log,
                }));
            }
            if look.is_multiple_of(LOOKS_PER_CHECK) {
                match self.fate(submission, open).await {
                    Ok(Fate::Done) => {
                        outbox
                            .end(open.hash, Ended::Included { height: None })
                            .await?;
                        return Ok(End::Done);
                    }
                    // A node may count a transaction before it shows what that has done.
                    Ok(Fate::Over) if !was_over => was_over = true,
                    Ok(Fate::Over) => {
                        outbox.end(open.hash, Ended::Dead).await?;
                        return Ok(End::Dead);
                    }
                    // A mempool may have dropped it.
                    Ok(Fate::Open) => drop(nodes.broadcast(&open.bytes).await),
                    Err(error) => {
                        tracing::debug!(hash = %open.hash, %error, "how a transaction stands is not known");
                    }
                }
            }
            self.pause().await;
        }
        Err(withheld("the transaction was looked for too long"))
    }

    /// Works out from the state of the chain whether a transaction can still have an effect.
    async fn fate(&self, submission: &Submission, open: &Open) -> Result<Fate, SubmitError> {
        let account = self.payer.account(&self.knowing.reading).await?;
        let tip = self
            .knowing
            .reading
            .nodes
            .tip()
            .await
            .map_err(ReadError::from)?;
        let is_over = account.sequence > open.sequence || tip.height > open.timeout_height;
        // Asked last: the answer is as new as what was asked before.
        if self.committed(submission).await?.is_some() {
            Ok(Fate::Done)
        } else if is_over {
            Ok(Fate::Over)
        } else {
            Ok(Fate::Open)
        }
    }

    async fn pause(&self) {
        tokio::time::sleep(Duration::from_millis(self.timing.poll_ms)).await;
    }
}

/// What became of bytes that were handed in.
enum Handed {
    Accepted,
    /// They may have arrived.
    Perhaps,
    /// They were looked at and not taken, and never reached another node.
    Refused(Refused),
}

fn with_extra(used: u64, effort: &Effort) -> u64 {
    let percent = (100 + GAS_EXTRA_PERCENT) * effort.gas_percent / 100;
    used.saturating_mul(percent) / 100
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
