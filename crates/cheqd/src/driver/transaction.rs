//! One transaction of a submission: made, broadcast, and followed to its end.

use std::time::Duration;

use cosmos::proto::tx::{SimulateRequest, SimulateResponse};
use cosmos::{Coins, Draft, Signer, TxHash};
use ledger::{ReadError, SubmitError};
use prost::Message as _;

use super::{Driver, TRANSACTIONS_MAX, error_of};
use crate::blocking::withheld;
use crate::node::{Answer, Reception};
use crate::outbox::{Ended, Open};
use crate::payer::Account;
use crate::submission::Submission;
use crate::verdict::Verdict;
use crate::wire::Outcome;

/// Times that the same bytes are broadcast while no answer comes.
const SENDS_MAX: u32 = 3;
/// Searches for a transaction after which it is checked whether a block can still include it, and it is broadcast
/// again.
const SEARCHES_PER_CHECK: u32 = 5;
/// Gas for one operation, as cheqd's clients give it. Identity messages have fixed fees: gas is a limit, not a price.
const GAS: u64 = 360_000;
/// Gas beyond what a simulation has used, in percent.
const GAS_EXTRA_PERCENT: u64 = 50;

/// How a transaction has ended for its submission.
pub(super) enum Conclusion {
    /// Its operations are on the chain.
    Done,
    /// A block includes it, without effect.
    Failed(Outcome),
    /// It can have no effect any more.
    Dead,
}

/// Whether a transaction that is in no block can still have an effect.
enum Effect {
    Done,
    Open,
    /// It can take effect no more, and its operations are not on the chain.
    Over,
}

impl Driver {
    /// Makes a transaction and broadcasts it. One after the other: each takes the payer's next sequence.
    pub(super) async fn send(
        &self,
        submission: &Submission,
        gas_percent: u64,
    ) -> Result<Open, SubmitError> {
        let mut turn = self.payer.turn().await;
        for _ in 0..TRANSACTIONS_MAX {
            let account = turn.next(&self.payer, &self.source.reader).await?;
            let fee = self.fee(submission).await?;
            let mut draft = Draft {
                messages: submission.messages(),
                memo: String::new(),
                timeout_height: self.last_block().await?,
                fee,
                gas_limit: GAS * submission.proposals().len() as u64,
            };
            let simulated = draft.sign(turn.key, &self.signer(account));
            match self.simulated(simulated).await? {
                Ok(used) => draft.gas_limit = draft.gas_limit.max(with_extra(used, gas_percent)),
                Err((Verdict::Sequence(next), _)) => {
                    turn.resync(next);
                    continue;
                }
                Err((verdict, log)) => return Err(error_of(verdict, log)),
            }
            let bytes = draft.sign(turn.key, &self.signer(account));
            let open = Open {
                hash: TxHash::of(&bytes),
                sequence: account.sequence,
                timeout_height: draft.timeout_height,
                bytes,
            };
            let payer = self.payer.address().to_string();
            let outbox = &self.source.outbox;
            outbox.begin(submission, payer, open.clone()).await?;
            match self.broadcast(&open).await {
                Broadcasted::Accepted => {
                    turn.advance();
                    return Ok(open);
                }
                // It may use the sequence or not.
                Broadcasted::Perhaps => {
                    turn.resync(None);
                    return Ok(open);
                }
                Broadcasted::Refused(refused) => {
                    let said = refused.log.clone();
                    outbox.end(open.hash, Ended::Refused { said }).await?;
                    match Verdict::of(&refused) {
                        Verdict::Sequence(next) => turn.resync(next),
                        Verdict::Price => self.fees.forget(),
                        Verdict::Expired => {}
                        verdict => {
                            turn.resync(None);
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
                &self.source.reader,
                submission.proposals(),
                self.slippage_percent,
                self.fee_max_ncheq,
            )
            .await
    }

    async fn last_block(&self) -> Result<u64, ReadError> {
        let tip = self.source.reader.nodes.tip().await?;
        Ok(tip.height.saturating_add(self.timing.timeout_blocks))
    }

    fn signer(&self, account: Account) -> Signer {
        Signer {
            chain_id: self.chain_id.clone(),
            account_number: account.number,
            sequence: account.sequence,
        }
    }

    /// Simulates the transaction on a node, which costs nothing: a refusal by the chain's rules is not paid for.
    /// Returns the gas that it used; 0 where nodes do not simulate.
    async fn simulated(
        &self,
        tx_bytes: Vec<u8>,
    ) -> Result<Result<u64, (Verdict, String)>, SubmitError> {
        let request = SimulateRequest { tx: None, tx_bytes };
        let path = "/cosmos.tx.v1beta1.Service/Simulate";
        let nodes = &self.source.reader.nodes;
        let answer = nodes.query(path, &request.encode_to_vec()).await;
        match answer.map_err(ReadError::from)? {
            Answer::Value(value) => {
                let simulated = SimulateResponse::decode(value.as_slice());
                let gas = simulated.ok().and_then(|simulated| simulated.gas_info);
                Ok(Ok(gas.map_or(0, |gas| gas.gas_used)))
            }
            Answer::Refused(refused) => match Verdict::of_text(&refused.log) {
                // The transaction itself will give a clearer reason.
                Verdict::Other => Ok(Ok(0)),
                verdict => Ok(Err((verdict, refused.log))),
            },
        }
    }

    /// Broadcasts the same bytes until a node accepts or refuses them.
    async fn broadcast(&self, open: &Open) -> Broadcasted {
        let nodes = &self.source.reader.nodes;
        let mut may_have_arrived = false;
        for round in 0..SENDS_MAX {
            if round > 0 {
                self.pause().await;
            }
            match nodes.broadcast(&open.bytes).await {
                Ok(Reception::Accepted) => return Broadcasted::Accepted,
                Ok(Reception::Refused(refused)) if may_have_arrived => {
                    // It may be refused because a block includes it by now.
                    tracing::info!(hash = %open.hash, log = refused.log, "refused when broadcast again");
                    return Broadcasted::Perhaps;
                }
                Ok(Reception::Refused(refused)) => {
                    let is_last = round + 1 == SENDS_MAX;
                    if Verdict::of(&refused) != Verdict::Full || is_last {
                        return Broadcasted::Refused(refused);
                    }
                }
                Err(error) => {
                    may_have_arrived = true;
                    tracing::info!(hash = %open.hash, %error, "no answer to a transaction; it is broadcast again");
                }
            }
        }
        Broadcasted::Perhaps
    }

    /// Searches for a transaction until its end is known, however long that takes.
    pub(super) async fn follow(
        &self,
        submission: &Submission,
        open: &Open,
    ) -> Result<Conclusion, ReadError> {
        let outbox = &self.source.outbox;
        let nodes = &self.source.reader.nodes;
        let mut was_over = false;
        for search in 1_u32.. {
            if let Ok(Some(found)) = nodes.transaction(&open.hash).await {
                let (height, result) = (found.height, found.tx_result);
                if result.code == 0 {
                    let height = Some(height);
                    outbox.end(open.hash, Ended::Included { height }).await?;
                    return Ok(Conclusion::Done);
                }
                let said = result.log.clone();
                outbox
                    .end(open.hash, Ended::Failed { height, said })
                    .await?;
                return Ok(Conclusion::Failed(result));
            }
            if search.is_multiple_of(SEARCHES_PER_CHECK) {
                match self.fate(submission, open).await {
                    Ok(Effect::Done) => {
                        outbox
                            .end(open.hash, Ended::Included { height: None })
                            .await?;
                        return Ok(Conclusion::Done);
                    }
                    // A node may count a transaction before it returns its effect.
                    Ok(Effect::Over) if !was_over => was_over = true,
                    Ok(Effect::Over) => {
                        outbox.end(open.hash, Ended::Dead).await?;
                        return Ok(Conclusion::Dead);
                    }
                    // A mempool may have dropped it.
                    Ok(Effect::Open) => drop(nodes.broadcast(&open.bytes).await),
                    Err(error) => {
                        tracing::debug!(hash = %open.hash, %error, "the state of a transaction is not known");
                    }
                }
            }
            self.pause().await;
        }
        Err(withheld("the search for the transaction took too long"))
    }

    /// Works out from the state of the chain whether a transaction can still have an effect.
    async fn fate(&self, submission: &Submission, open: &Open) -> Result<Effect, SubmitError> {
        let account = self.payer.account(&self.source.reader).await?;
        let tip = self
            .source
            .reader
            .nodes
            .tip()
            .await
            .map_err(ReadError::from)?;
        let is_over = account.sequence > open.sequence || tip.height > open.timeout_height;
        // Requested last: the answer is as new as those before.
        if self.committed(submission).await?.is_some() {
            Ok(Effect::Done)
        } else if is_over {
            Ok(Effect::Over)
        } else {
            Ok(Effect::Open)
        }
    }

    async fn pause(&self) {
        tokio::time::sleep(Duration::from_millis(self.timing.poll_ms)).await;
    }
}

/// The result of broadcasting a transaction.
enum Broadcasted {
    Accepted,
    /// It may have arrived.
    Perhaps,
    /// A node refused it, and it never reached another one.
    Refused(Outcome),
}

fn with_extra(used: u64, gas_percent: u64) -> u64 {
    let percent = (100 + GAS_EXTRA_PERCENT) * gas_percent / 100;
    used.saturating_mul(percent) / 100
}
