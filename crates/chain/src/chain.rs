//! A chain over an embedded ledger: what JSON-RPC and gRPC use.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cosmos::{Address, Code, PublicKey, Transaction, TxHash};
use ledger::Embedded;
use store::{Store, StoreError};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};

use crate::account::number_of;
use crate::check::{self, Checked, Step};
use crate::clock::{Clock, Hold};
use crate::deliver::{Delivered, Delivery, Due, Occasion, simulate};
use crate::journal::{Entry, Journal};
use crate::payers::{Asking, Payers, Turn, wrong_sequence};
use crate::rows::{Accepted, Finished, Opened, Place, Rows};
use crate::{Account, CHAIN_ID_CHARS_MAX, Failure, Fees, Included, Settings, fees};

/// Largest sum of the transactions of a block that is still shown.
pub const BLOCK_BYTES_MAX: u64 = 32 << 20;

/// Memory for transactions that are under way, in KiB.
const UNDER_WAY_KIB: usize = 64 << 10;
/// What each of them takes at least.
const TRANSACTION_KIB_MIN: usize = 16;

/// How Cosmos transactions change an embedded ledger. Clones are handles of the same chain.
#[derive(Clone)]
pub struct Chain {
    inner: Arc<Inner>,
}

struct Inner {
    ledger: Embedded,
    settings: Settings,
    rows: Rows,
    clock: Arc<Clock>,
    payers: Payers,
    journal: Journal,
    delivery: Delivery,
    /// What was accepted and has no outcome on disk yet.
    under_way: Mutex<HashMap<TxHash, watch::Receiver<Progress>>>,
    room: Arc<Semaphore>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    UnderWay,
    Done,
}

/// What a broadcast is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broadcast {
    /// The hash of the transaction.
    pub hash: TxHash,
    /// Whether it was accepted, now or earlier. What came of it is told by [`Chain::transaction`].
    pub checked: Result<(), Failure>,
}

/// A block. The newest one is open: it takes transactions until its second ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its height.
    pub height: u64,
    /// The time of its last transaction, or without any when it began, in Unix milliseconds.
    pub time_ms: u64,
    /// Its transactions.
    pub transactions: Vec<Included>,
}

/// What a transaction would cost, if nothing changed before it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Simulation {
    /// The gas that it would use.
    pub gas_used: u64,
}

/// Why a chain could not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The chain id is none.
    #[error(
        "a chain id has 1 to {CHAIN_ID_CHARS_MAX} ASCII letters, digits and `-`; this is `{0}`"
    )]
    ChainId(String),
    /// The rows cannot be read or written.
    #[error("the accounts and transactions cannot be read or written")]
    Store(#[from] StoreError),
}

/// Why a chain cannot answer. Never the caller's fault.
#[derive(Debug, Error)]
pub enum ChainError {
    /// It takes no transactions now.
    #[error("no transactions are taken: {0}")]
    Stopped(String),
    /// It has stopped while the transaction was under way.
    #[error(
        "the server stops; what came of the transaction shows after the next start. Sending it again is safe"
    )]
    Interrupted,
    /// The rows cannot be read.
    #[error("accounts and transactions cannot be read")]
    Store(#[from] StoreError),
    /// A block is larger than what is shown at once.
    #[error(
        "block {height} has {found} bytes of transactions; at most {BLOCK_BYTES_MAX} are shown at once"
    )]
    LargeBlock {
        /// The block.
        height: u64,
        /// Its size.
        found: u64,
    },
}

impl Chain {
    /// Opens the chain of a ledger's network, in a store that was opened with [`crate::MIGRATIONS`]. What an earlier
    /// process accepted and did not deliver is taken up again, and comes before anything else of its payers.
    ///
    /// Must be called within a runtime; blocks for the reading of some rows.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(ledger: Embedded, store: Store, settings: Settings) -> Result<Self, OpenError> {
        if !is_chain_id(&settings.chain_id) {
            return Err(OpenError::ChainId(settings.chain_id));
        }
        let Opened {
            rows,
            genesis_ms,
            height,
            positions,
        } = Rows::open(store, ledger.namespace(), settings.funded.clone())?;
        let clock = Arc::new(Clock::new(genesis_ms, height));
        let next = Place {
            height,
            position: positions,
        };
        let inner = Inner {
            payers: Payers::new(settings.fees, rows.clone()),
            journal: Journal::start(rows.clone(), Arc::clone(&clock), next),
            delivery: Delivery::new(ledger.clone(), settings.fees),
            under_way: Mutex::default(),
            room: Arc::new(Semaphore::new(UNDER_WAY_KIB)),
            ledger,
            settings,
            rows,
            clock,
        };
        let chain = Self {
            inner: Arc::new(inner),
        };
        chain.take_up()?;
        Ok(chain)
    }

    /// The id that transactions are signed for.
    pub fn chain_id(&self) -> &str {
        &self.inner.settings.chain_id
    }

    /// What transactions cost.
    pub fn fees(&self) -> Fees {
        self.inner.settings.fees
    }

    /// The ledger that is changed.
    pub fn ledger(&self) -> &Embedded {
        &self.inner.ledger
    }

    /// The height of the newest block; at least 1. It never goes back, and is never less than that of a transaction
    /// that was answered.
    pub fn height(&self) -> u64 {
        self.inner.clock.height()
    }

    /// When a block begins, in Unix milliseconds.
    pub fn begins_ms(&self, height: u64) -> u64 {
        self.inner.clock.begins_ms(height)
    }

    /// Checks a transaction, and accepts and delivers it if nothing is wrong with it. The answer comes when its outcome
    /// is on disk. The same bytes again get the same answer, and change nothing.
    ///
    /// A transaction that was accepted is delivered whether or not the caller still waits.
    ///
    /// # Errors
    /// [`ChainError`] when the chain cannot say.
    pub async fn submit(&self, bytes: &[u8]) -> Result<Broadcast, ChainError> {
        let hash = TxHash::of(bytes);
        self.inner.may_take()?;
        let checked = match self.accept(bytes)? {
            Ok(progress) => Ok(done(progress).await?),
            // One that was accepted before is not its payer's next any more; its time may be over, its money spent.
            Err(failure) => match self.progress(&hash)? {
                Some(progress) => Ok(done(progress).await?),
                None => Err(failure),
            },
        };
        Ok(Broadcast { hash, checked })
    }

    /// A transaction that was delivered; `None` while it is under way, or where there is none.
    ///
    /// # Errors
    /// [`ChainError::Store`].
    pub fn transaction(&self, hash: &TxHash) -> Result<Option<Included>, ChainError> {
        let row = self.inner.rows.transaction(hash)?;
        Ok(row.and_then(|row| Included::of(row, &self.inner.ledger)))
    }

    /// An account; `None` where it does not exist.
    ///
    /// # Errors
    /// [`ChainError::Store`].
    pub fn account(&self, address: &Address) -> Result<Option<Account>, ChainError> {
        let row = self.inner.payers.account(address)?;
        Ok(row.map(|row| Account {
            address: *address,
            number: number_of(address),
            sequence: row.sequence,
            public_key: row
                .public_key
                .and_then(|bytes| PublicKey::from_bytes(&bytes).ok()),
            balance: row.balance,
        }))
    }

    /// A block; `None` for a height that is not reached yet, and for 0.
    ///
    /// # Errors
    /// [`ChainError`].
    pub fn block(&self, height: u64) -> Result<Option<Block>, ChainError> {
        if height == 0 || height > self.height() {
            return Ok(None);
        }
        let found = self.inner.rows.block_bytes(height)?;
        if found > BLOCK_BYTES_MAX {
            return Err(ChainError::LargeBlock { height, found });
        }
        let rows = self.inner.rows.block(height)?;
        let begins_ms = self.inner.clock.begins_ms(height);
        let transactions: Vec<Included> = rows
            .into_iter()
            .filter_map(|row| Included::of(row, &self.inner.ledger))
            .collect();
        Ok(Some(Block {
            height,
            time_ms: transactions
                .iter()
                .map(|one| one.time_ms)
                .max()
                .unwrap_or(begins_ms),
            transactions,
        }))
    }

    /// What a transaction would come to now. It need not be signed; nothing is changed.
    ///
    /// # Errors
    /// The [`Failure`] that its messages would end with.
    pub fn simulate(&self, bytes: &[u8]) -> Result<Simulation, Failure> {
        let simulated = Transaction::decode_simulated(bytes)?;
        let steps = check::steps(&simulated.messages)?;
        simulate(&self.inner.ledger, &steps)?;
        Ok(Simulation {
            gas_used: fees::gas_used(simulated.bytes, &simulated.messages),
        })
    }

    /// Checks a transaction, and accepts it if nothing is wrong with it.
    fn accept(
        &self,
        bytes: &[u8],
    ) -> Result<Result<watch::Receiver<Progress>, Failure>, ChainError> {
        let inner = &self.inner;
        let checked = match Checked::read(bytes, inner.settings.fees) {
            Ok(checked) => checked,
            Err(failure) => return Ok(Err(failure)),
        };
        let transaction = &checked.transaction;
        let height = self.height();
        let timeout = transaction.timeout_height();
        if timeout > 0 && height > timeout {
            let late = format!("block height: {height}, timeout height: {timeout}");
            return Ok(Err(Code::TxTimeoutHeight.because(late).into()));
        }
        if let Err(failure) = self.verify(transaction)? {
            return Ok(Err(failure));
        }
        let Some(room) = inner.room_for(bytes.len()) else {
            return Ok(Err(Code::MempoolIsFull.because("").into()));
        };
        let asking = Asking {
            payer: transaction.payer(),
            sequence: transaction.sequence(),
            fee: checked.fee,
        };
        let mut progress = None;
        let accepted = inner.payers.accept(&asking, |turn| {
            progress = Some(self.begin(checked, turn, room));
        })?;
        Ok(match (accepted, progress) {
            (Ok(()), Some(progress)) => Ok(progress),
            (Ok(()), None) => return Err(ChainError::Interrupted),
            (Err(refusal), _) => Err(refusal.into()),
        })
    }

    /// Checks the signature; a sequence that is not the next one is told first, as a node does.
    fn verify(&self, transaction: &Transaction) -> Result<Result<(), Failure>, ChainError> {
        let payer = transaction.payer();
        let known = match transaction.public_key() {
            Some(_) => None,
            None => self.account(&payer)?.and_then(|account| account.public_key),
        };
        let verified = transaction.verify(known.as_ref(), self.chain_id(), number_of(&payer));
        let Err(refusal) = verified else {
            return Ok(Ok(()));
        };
        let (expected, got) = match self.account(&payer)? {
            Some(account) => (account.sequence, transaction.sequence()),
            None => return Ok(Err(refusal.into())),
        };
        Ok(Err(match expected == got {
            true => refusal.into(),
            false => wrong_sequence(expected, got).into(),
        }))
    }

    /// Begins with a transaction that was accepted: writes that down, and delivers it once that is on disk.
    fn begin(
        &self,
        checked: Checked,
        turn: Turn,
        room: OwnedSemaphorePermit,
    ) -> watch::Receiver<Progress> {
        let hold = self.inner.clock.hold();
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
        self.follow(Under {
            task: Task::of(checked, Occasion::First),
            turn,
            hold,
            accepted: Some(durable),
            room: Some(room),
        })
    }

    /// Takes up what an earlier process accepted.
    fn take_up(&self) -> Result<(), OpenError> {
        for (hash, bytes) in self.inner.rows.open_transactions()? {
            // It was taken with the same rules, but for a change of the program or of its fees.
            let checked = match Checked::read(&bytes, Fees::Free) {
                Ok(checked) => checked,
                Err(failure) => {
                    tracing::error!(%hash, %failure, "a transaction that was accepted cannot be read any more");
                    continue;
                }
            };
            let turn = self.inner.payers.resume(&checked.transaction.payer())?;
            self.follow(Under {
                task: Task::of(checked, Occasion::AfterStart),
                turn,
                hold: self.inner.clock.hold_at_start(),
                accepted: None,
                room: None,
            });
        }
        Ok(())
    }

    fn follow(&self, under: Under) -> watch::Receiver<Progress> {
        let (progress, seen) = watch::channel(Progress::UnderWay);
        let hash = under.task.hash;
        self.inner.under_way().insert(hash, seen.clone());
        let inner = Arc::clone(&self.inner);
        tokio::spawn(async move {
            if inner.carry(under).await {
                inner.under_way().remove(&hash);
                progress.send_replace(Progress::Done);
            }
        });
        seen
    }

    /// How far a transaction is that was accepted; `None` for any other.
    fn progress(&self, hash: &TxHash) -> Result<Option<watch::Receiver<Progress>>, ChainError> {
        if let Some(progress) = self.inner.under_way().get(hash) {
            return Ok(Some(progress.clone()));
        }
        let accepted = self.inner.rows.is_accepted(hash)?;
        Ok(accepted.then(|| watch::channel(Progress::Done).1))
    }
}

/// A transaction that was accepted, and what it holds until its outcome is on disk.
struct Under {
    task: Task,
    turn: Turn,
    hold: Hold,
    accepted: Option<oneshot::Receiver<()>>,
    room: Option<OwnedSemaphorePermit>,
}

struct Task {
    hash: TxHash,
    payer: Address,
    steps: Arc<[Step]>,
    gas_limit: u64,
    gas_used: u64,
    occasion: Occasion,
}

impl Task {
    fn of(checked: Checked, occasion: Occasion) -> Self {
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

impl Inner {
    /// Delivers a transaction in its turn. False when that is left to the next start; then nothing that waits for it
    /// is let go, because it must not come first.
    async fn carry(&self, under: Under) -> bool {
        let Under {
            task,
            turn,
            hold,
            accepted,
            room,
        } = under;
        let Turn { before, done } = turn;
        if let Some(accepted) = accepted
            && accepted.await.is_err()
        {
            return left(hold, done);
        }
        if let Some(before) = before {
            // It ends when the one before is through.
            let _ = before.await;
        }
        let due = Due {
            payer: &task.payer,
            steps: &task.steps,
            gas_limit: task.gas_limit,
            gas_used: task.gas_used,
            occasion: task.occasion,
        };
        let Delivered::Final {
            outcome,
            moved,
            time_ms,
        } = self.delivery.deliver(&due, &self.payers).await
        else {
            return left(hold, done);
        };
        let written = self.journal.write(Entry::Finished(Finished {
            hash: task.hash,
            time_ms,
            outcome,
            moved: moved
                .into_iter()
                .map(|(to, amount)| (task.payer, to, amount))
                .collect(),
        }));
        drop(done);
        if written.await.is_err() {
            return false;
        }
        self.payers.finish(&task.payer);
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
            standing if standing.accepts_operations() => Ok(()),
            standing => Err(ChainError::Stopped(standing.to_string())),
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

/// Keeps what a transaction holds until the process ends.
fn left(hold: Hold, done: oneshot::Sender<()>) -> bool {
    std::mem::forget((hold, done));
    false
}

async fn done(mut progress: watch::Receiver<Progress>) -> Result<(), ChainError> {
    let done = progress
        .wait_for(|progress| *progress == Progress::Done)
        .await;
    done.map(drop).map_err(|_| ChainError::Interrupted)
}

fn is_chain_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=CHAIN_ID_CHARS_MAX).contains(&text.len()) && text.bytes().all(allowed)
}
