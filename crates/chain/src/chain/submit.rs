//! The path of a transaction: checked, accepted, delivered.

use std::collections::HashMap;
use std::sync::{Arc, MutexGuard, PoisonError};

use cosmos::{PublicKey, Refusal, SdkCode, Transaction, TxHash};
use tokio::sync::{OwnedSemaphorePermit, oneshot, watch};

use super::{Broadcast, Chain, ChainError, Inner, OpenError, Progress, TRANSACTION_KIB_MIN};
use crate::account::number_of;
use crate::check::Checked;
use crate::deliver::{Delivered, Due, Occasion};
use crate::heights::Hold;
use crate::journal::Entry;
use crate::payers::{Payment, Turn, wrong_sequence};
use crate::rows::{Accepted, Finished};
use crate::{Failure, Fees};

/// Why a transaction was not accepted.
enum NotAccepted {
    Refused(Failure),
    Error(ChainError),
}

impl From<Failure> for NotAccepted {
    fn from(failure: Failure) -> Self {
        Self::Refused(failure)
    }
}

impl From<Refusal> for NotAccepted {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.into())
    }
}

impl From<ChainError> for NotAccepted {
    fn from(error: ChainError) -> Self {
        Self::Error(error)
    }
}

impl Chain {
    /// Checks a transaction, and accepts and delivers it if nothing is wrong with it. The answer comes when its outcome
    /// is on disk. A repeated transaction gets the same answer, and changes nothing.
    ///
    /// An accepted transaction is delivered whether or not the caller still waits.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn submit(&self, bytes: &[u8]) -> Result<Broadcast, ChainError> {
        let hash = TxHash::of(bytes);
        self.inner.may_take()?;
        let checked = match self.accept(bytes) {
            Ok(progress) => Ok(done(progress).await?),
            // An earlier acceptance counts: since then its sequence is used, and its time or money may have run out.
            Err(NotAccepted::Refused(failure)) => match self.progress(&hash)? {
                Some(progress) => Ok(done(progress).await?),
                None => Err(failure),
            },
            Err(NotAccepted::Error(error)) => return Err(error),
        };
        Ok(Broadcast { hash, checked })
    }

    /// Checks a transaction, and accepts it if nothing is wrong with it.
    fn accept(&self, bytes: &[u8]) -> Result<watch::Receiver<Progress>, NotAccepted> {
        let inner = &self.inner;
        let checked = Checked::read(bytes, inner.settings.fees)?;
        let transaction = &checked.transaction;
        let height = self.height();
        let timeout = transaction.timeout_height();
        if timeout > 0 && height > timeout {
            let late = format!("block height: {height}, timeout height: {timeout}");
            return Err(SdkCode::TxTimeoutHeight.because(late).into());
        }
        self.verify(transaction)?;
        let room = inner.room_for(bytes.len());
        let room = room.ok_or_else(|| SdkCode::MempoolIsFull.because(""))?;
        let payment = Payment {
            payer: transaction.payer(),
            sequence: transaction.sequence(),
            fee: checked.fee,
        };
        let mut progress = None;
        let accepted = inner.payers.accept(&payment, |turn| {
            progress = Some(self.begin(checked, turn, room));
        });
        accepted.map_err(ChainError::from)??;
        progress.ok_or_else(|| ChainError::Interrupted.into())
    }

    /// Checks the signature. A wrong sequence is reported first, as by a node.
    fn verify(&self, transaction: &Transaction) -> Result<(), NotAccepted> {
        let payer = transaction.payer();
        let known = match transaction.public_key() {
            Some(_) => None,
            None => self.account(&payer)?.and_then(|account| account.public_key),
        };
        let verified = transaction.verify(known.as_ref(), self.chain_id(), number_of(&payer));
        let Err(refusal) = verified else {
            return Ok(());
        };
        let (account, got) = (self.account(&payer)?, transaction.sequence());
        Err(match account {
            Some(account) if account.sequence != got => wrong_sequence(account.sequence, got),
            _ => refusal,
        }
        .into())
    }

    /// Stores that a transaction was accepted, and delivers it once that is durable.
    fn begin(
        &self,
        checked: Checked,
        turn: Turn,
        room: OwnedSemaphorePermit,
    ) -> watch::Receiver<Progress> {
        let hold = self.inner.heights.hold();
        let transaction = &checked.transaction;
        let durable = self.inner.journal.write(Entry::Accepted(Accepted {
            hash: transaction.hash(),
            bytes: transaction.bytes().to_vec(),
            height: hold.height(),
            payer: transaction.payer(),
            public_key: transaction.public_key().map(PublicKey::to_bytes),
            next_sequence: transaction.sequence() + 1,
            fee: checked.fee,
        }));
        self.follow(InFlight {
            due: Due::of(checked, Occasion::First),
            turn,
            hold,
            accepted: Some(durable),
            room: Some(room),
        })
    }

    /// Resumes the transactions that an earlier process accepted.
    pub(super) fn resume(&self) -> Result<(), OpenError> {
        for (hash, bytes) in self.inner.rows.open_transactions()? {
            // The rules are the same, unless the program or its fees have changed since.
            let checked = match Checked::read(&bytes, Fees::Free) {
                Ok(checked) => checked,
                Err(failure) => {
                    tracing::error!(%hash, %failure, "a transaction that was accepted cannot be read any more");
                    continue;
                }
            };
            let turn = self.inner.payers.resume(&checked.transaction.payer())?;
            self.follow(InFlight {
                due: Due::of(checked, Occasion::AfterStart),
                turn,
                hold: self.inner.heights.hold_at_start(),
                accepted: None,
                room: None,
            });
        }
        Ok(())
    }

    fn follow(&self, transaction: InFlight) -> watch::Receiver<Progress> {
        let (progress, seen) = watch::channel(Progress::UnderWay);
        let hash = transaction.due.hash;
        self.inner.under_way().insert(hash, seen.clone());
        let inner = Arc::clone(&self.inner);
        tokio::spawn(async move {
            if inner.finish(transaction).await {
                inner.under_way().remove(&hash);
                progress.send_replace(Progress::Done);
            }
        });
        seen
    }

    /// The progress of an accepted transaction; `None` for any other.
    fn progress(&self, hash: &TxHash) -> Result<Option<watch::Receiver<Progress>>, ChainError> {
        if let Some(progress) = self.inner.under_way().get(hash) {
            return Ok(Some(progress.clone()));
        }
        let accepted = self.inner.rows.is_accepted(hash)?;
        Ok(accepted.then(|| watch::channel(Progress::Done).1))
    }
}

/// An accepted transaction, and what it holds until its outcome is durable.
struct InFlight {
    due: Due,
    turn: Turn,
    hold: Hold,
    accepted: Option<oneshot::Receiver<()>>,
    room: Option<OwnedSemaphorePermit>,
}

impl Inner {
    /// Delivers a transaction in its turn. False when the next start must deliver it; then the transactions behind it
    /// stay blocked, because they must not come first.
    async fn finish(&self, transaction: InFlight) -> bool {
        let InFlight {
            due,
            turn,
            hold,
            accepted,
            room,
        } = transaction;
        let Turn { before, done } = turn;
        if let Some(accepted) = accepted
            && accepted.await.is_err()
        {
            return keep_blocked(hold, done);
        }
        if let Some(before) = before {
            // The transaction before drops its end.
            let _ = before.await;
        }
        let Delivered::Final {
            outcome,
            moved,
            time_ms,
        } = self.delivery.deliver(&due, &self.payers).await
        else {
            return keep_blocked(hold, done);
        };
        let written = self.journal.write(Entry::Finished(Finished {
            hash: due.hash,
            time_ms,
            outcome,
            moved: moved
                .into_iter()
                .map(|(to, amount)| (due.payer, to, amount))
                .collect(),
        }));
        drop(done);
        if written.await.is_err() {
            return false;
        }
        self.payers.finish(&due.payer);
        drop((hold, room));
        true
    }

    fn may_take(&self) -> Result<(), ChainError> {
        if let Some(fault) = self.ledger.fault() {
            return Err(ChainError::Stopped(fault.to_string()));
        }
        if let Some(error) = self.rows.store.stopped() {
            return Err(ChainError::Stopped(error.to_string()));
        }
        if self.journal.has_ended() {
            let ended = "transactions cannot be written any more; restart the server";
            return Err(ChainError::Stopped(ended.to_owned()));
        }
        match self.ledger.assurance() {
            assurance if assurance.accepts_operations() => Ok(()),
            assurance => Err(ChainError::Stopped(assurance.to_string())),
        }
    }

    fn room_for(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let kib = bytes.div_ceil(1024).max(TRANSACTION_KIB_MIN);
        let kib = u32::try_from(kib).ok()?;
        Arc::clone(&self.room).try_acquire_many_owned(kib).ok()
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<TxHash, watch::Receiver<Progress>>> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps the transactions behind this one blocked until the process ends.
fn keep_blocked(hold: Hold, done: oneshot::Sender<()>) -> bool {
    std::mem::forget((hold, done));
    false
}

async fn done(mut progress: watch::Receiver<Progress>) -> Result<(), ChainError> {
    let done = progress
        .wait_for(|progress| *progress == Progress::Done)
        .await;
    done.map(drop).map_err(|_| ChainError::Interrupted)
}
