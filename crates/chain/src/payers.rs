//! Payers with transactions under way: their next sequence, and the sums they have promised and not paid yet.
//!
//! An account is in memory only while a transaction of it is under way; otherwise its row is complete. It is locked
//! while it is read and changed, never during a write.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cosmos::{Address, DENOM, Refusal, SdkCode};
use store::StoreError;
use tokio::sync::oneshot;

use crate::Fees;
use crate::rows::{AccountRow, PAID_MODULUS, Rows};

const SHARDS: usize = 64;

/// All payers of one chain.
pub(crate) struct Payers {
    fees: Fees,
    rows: Rows,
    shards: [Mutex<HashMap<Address, Payer>>; SHARDS],
}

struct Payer {
    sequence: u64,
    /// All that was ever taken from it or is promised, modulo [`PAID_MODULUS`]. The part that its row does not yet
    /// count as paid is reserved.
    promised: u64,
    under_way: usize,
    /// Ends with the transaction before.
    last: Option<oneshot::Receiver<()>>,
}

/// A transaction's place in the order of its payer.
pub(crate) struct Turn {
    /// Ends with the transaction before.
    pub(crate) before: Option<oneshot::Receiver<()>>,
    /// Lets the next one begin when it is dropped.
    pub(crate) done: oneshot::Sender<()>,
}

/// What a transaction needs to be accepted.
pub(crate) struct Payment {
    pub(crate) payer: Address,
    pub(crate) sequence: u64,
    pub(crate) fee: u64,
}

impl Payers {
    pub(crate) fn new(fees: Fees, rows: Rows) -> Self {
        let shards = std::array::from_fn(|_| Mutex::default());
        Self { fees, rows, shards }
    }

    /// An account with the sequence that its next transaction must have; `None` where it does not exist.
    pub(crate) fn account(&self, address: &Address) -> Result<Option<AccountRow>, StoreError> {
        let shard = self.shard(address);
        let Some(mut row) = self.row(address)? else {
            return Ok(None);
        };
        if let Some(payer) = shard.get(address) {
            row.sequence = payer.sequence;
            row.balance = payer.available(&row);
        }
        Ok(Some(row))
    }

    /// Accepts a transaction if it is its payer's next and the payer can pay: uses the sequence, reserves the fee.
    /// `then` runs before the next transaction of the payer can be accepted.
    pub(crate) fn accept(
        &self,
        payment: &Payment,
        then: impl FnOnce(Turn),
    ) -> Result<Result<(), Refusal>, StoreError> {
        let Payment {
            payer: address,
            sequence,
            fee,
        } = payment;
        let mut shard = self.shard(address);
        let row = match (self.fees, shard.get(address)) {
            (Fees::Free, Some(_)) => AccountRow::default(),
            _ => match self.row(address)? {
                Some(row) => row,
                None => {
                    let unknown = format!("fee payer address: {address} does not exist");
                    return Ok(Err(SdkCode::UnknownAddress.because(unknown)));
                }
            },
        };
        let (expected, available) = shard
            .get(address)
            .map_or((row.sequence, row.balance), |payer| {
                (payer.sequence, payer.available(&row))
            });
        if let Err(refusal) = can_pay(available, *fee) {
            return Ok(Err(refusal));
        }
        if expected != *sequence {
            return Ok(Err(wrong_sequence(expected, *sequence)));
        }
        let payer = shard.entry(*address).or_insert(Payer::of(&row));
        payer.sequence += 1;
        payer.promise(*fee);
        then(payer.begin());
        Ok(Ok(()))
    }

    /// Resumes a transaction that was accepted before the start; its row counts it already.
    pub(crate) fn resume(&self, address: &Address) -> Result<Turn, StoreError> {
        let mut shard = self.shard(address);
        let row = self.row(address)?.unwrap_or_default();
        Ok(shard.entry(*address).or_insert(Payer::of(&row)).begin())
    }

    /// Reserves what a transaction moves to others.
    pub(crate) fn reserve(
        &self,
        address: &Address,
        amount: u64,
    ) -> Result<Result<(), Refusal>, StoreError> {
        let mut shard = self.shard(address);
        let row = self.row(address)?.unwrap_or_default();
        let Some(payer) = shard.get_mut(address) else {
            return Ok(can_pay(0, amount));
        };
        let checked = can_pay(payer.available(&row), amount);
        if checked.is_ok() {
            payer.promise(amount);
        }
        Ok(checked)
    }

    /// Releases a reserved sum that is not paid after all.
    pub(crate) fn release(&self, address: &Address, amount: u64) {
        if let Some(payer) = self.shard(address).get_mut(address) {
            payer.promise(PAID_MODULUS - amount % PAID_MODULUS);
        }
    }

    /// Ends a transaction whose outcome is on disk.
    pub(crate) fn finish(&self, address: &Address) {
        let mut shard = self.shard(address);
        if let Some(payer) = shard.get_mut(address) {
            payer.under_way -= 1;
            if payer.under_way == 0 {
                shard.remove(address);
            }
        }
    }

    /// The row of an account; where fees are free, every account exists.
    fn row(&self, address: &Address) -> Result<Option<AccountRow>, StoreError> {
        let row = self.rows.account(address)?;
        Ok(match self.fees {
            Fees::Free => Some(row.unwrap_or_default()),
            Fees::Static => row,
        })
    }

    fn shard(&self, address: &Address) -> MutexGuard<'_, HashMap<Address, Payer>> {
        let index = usize::from(address.as_bytes()[0]) % SHARDS;
        self.shards[index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Payer {
    /// One with nothing under way.
    fn of(row: &AccountRow) -> Self {
        Self {
            sequence: row.sequence,
            promised: row.paid,
            under_way: 0,
            last: None,
        }
    }

    /// The balance without reserved sums.
    fn available(&self, row: &AccountRow) -> u64 {
        let reserved = (self.promised + PAID_MODULUS - row.paid) % PAID_MODULUS;
        row.balance.saturating_sub(reserved)
    }

    fn promise(&mut self, amount: u64) {
        self.promised = (self.promised + amount) % PAID_MODULUS;
    }

    fn begin(&mut self) -> Turn {
        self.under_way += 1;
        let (done, ended) = oneshot::channel();
        Turn {
            before: self.last.replace(ended),
            done,
        }
    }
}

/// Code 32, in the words from which clients parse the numbers.
pub(crate) fn wrong_sequence(expected: u64, got: u64) -> Refusal {
    let mismatch = format!("account sequence mismatch, expected {expected}, got {got}");
    SdkCode::WrongSequence.because(mismatch)
}

fn can_pay(balance: u64, amount: u64) -> Result<(), Refusal> {
    if amount <= balance {
        return Ok(());
    }
    let little = format!("spendable balance {balance}{DENOM} is smaller than {amount}{DENOM}");
    Err(SdkCode::InsufficientFunds.because(little))
}
