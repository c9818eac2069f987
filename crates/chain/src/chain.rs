//! A chain over an embedded ledger: what JSON-RPC and gRPC use.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use cosmos::{Address, PublicKey, Transaction, TxHash};
use ledger::Embedded;
use store::{Store, StoreError};
use thiserror::Error;
use tokio::sync::{Semaphore, watch};

use crate::account::number_of;
use crate::check;
use crate::deliver::{Delivery, simulate};
use crate::heights::Heights;
use crate::journal::Journal;
use crate::payers::Payers;
use crate::rows::{BlockPosition, Opened, Rows};
use crate::{Account, CHAIN_ID_CHARS_MAX, Failure, Fees, Included, Settings, fees};

mod submit;

/// Largest sum of the transactions of a block that is returned.
pub const BLOCK_BYTES_MAX: u64 = 32 << 20;

/// Memory for transactions that are under way, in KiB.
const UNDER_WAY_KIB: usize = 64 << 10;
/// The least that is counted for each of them.
const TRANSACTION_KIB_MIN: usize = 16;

/// A chain. Clones are handles of the same one.
#[derive(Clone)]
pub struct Chain {
    inner: Arc<Inner>,
}

struct Inner {
    ledger: Embedded,
    settings: Settings,
    rows: Rows,
    heights: Arc<Heights>,
    payers: Payers,
    journal: Journal,
    delivery: Delivery,
    /// Accepted transactions whose outcome is not durable yet.
    under_way: Mutex<HashMap<TxHash, watch::Receiver<Progress>>>,
    room: Arc<Semaphore>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    UnderWay,
    Done,
}

/// The answer to a broadcast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broadcast {
    /// The hash of the transaction.
    pub hash: TxHash,
    /// Whether it was accepted, now or earlier. [`Chain::transaction`] returns its outcome.
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

/// The cost of a transaction in the present state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Simulation {
    /// The gas that it would use.
    pub gas_used: u64,
}

/// Why a chain could not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The chain id is invalid.
    #[error(
        "a chain id has 1 to {CHAIN_ID_CHARS_MAX} ASCII letters, digits and `-`; this is `{0}`"
    )]
    ChainId(String),
    /// The rows cannot be read or written.
    #[error("the accounts and transactions cannot be read or written")]
    Store(#[from] StoreError),
}

/// Why a chain cannot answer; the caller has done nothing wrong.
#[derive(Debug, Error)]
pub enum ChainError {
    /// It accepts no transactions now.
    #[error("no transactions are taken: {0}")]
    Stopped(String),
    /// It stopped while the transaction was under way.
    #[error(
        "the server stops; what came of the transaction shows after the next start. Sending it again is safe"
    )]
    Interrupted,
    /// The rows cannot be read.
    #[error("accounts and transactions cannot be read")]
    Store(#[from] StoreError),
    /// A block is larger than what is returned at once.
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
    /// Opens the chain of a ledger's network, in a store that was opened with [`crate::MIGRATIONS`]. Transactions that
    /// an earlier process accepted and did not deliver are resumed, before any others of their payers.
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
        let heights = Arc::new(Heights::new(genesis_ms, height));
        let next = BlockPosition {
            height,
            position: positions,
        };
        let inner = Inner {
            payers: Payers::new(settings.fees, rows.clone()),
            journal: Journal::start(rows.clone(), Arc::clone(&heights), next),
            delivery: Delivery::new(ledger.clone(), settings.fees),
            under_way: Mutex::default(),
            room: Arc::new(Semaphore::new(UNDER_WAY_KIB)),
            ledger,
            settings,
            rows,
            heights,
        };
        let chain = Self {
            inner: Arc::new(inner),
        };
        chain.resume()?;
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

    /// The height of the newest block; at least 1. It never decreases, and is never below that of an answered
    /// transaction.
    pub fn height(&self) -> u64 {
        self.inner.heights.height()
    }

    /// When a block begins, in Unix milliseconds.
    pub fn begins_ms(&self, height: u64) -> u64 {
        self.inner.heights.begins_ms(height)
    }

    /// A delivered transaction; `None` while it is under way, or where there is none.
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
        let begins_ms = self.inner.heights.begins_ms(height);
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

    /// Simulates a transaction in the present state. It need not be signed; nothing is changed.
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
}

fn is_chain_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=CHAIN_ID_CHARS_MAX).contains(&text.len()) && text.bytes().all(allowed)
}
