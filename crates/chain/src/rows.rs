//! Chains, accounts and transactions in SQLite.

use clock::now_ms;
use cosmos::{Address, TxHash};
use rusqlite::{Connection, OptionalExtension, Row, params};
use store::{Store, StoreError};

use crate::{Failure, Funded};

/// The tables of one chain.
#[derive(Clone)]
pub(crate) struct Rows {
    pub(crate) store: Store,
    pub(crate) chain: i64,
}

/// A chain when it is opened.
pub(crate) struct Opened {
    pub(crate) rows: Rows,
    pub(crate) genesis_ms: u64,
    /// The highest block that holds a transaction, or accepted one.
    pub(crate) height: u64,
    /// Transactions in that block.
    pub(crate) positions: u64,
}

/// An account as it is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AccountRow {
    pub(crate) sequence: u64,
    pub(crate) public_key: Option<Vec<u8>>,
    pub(crate) balance: u64,
    /// All that was ever taken from it, modulo [`PAID_MODULUS`].
    pub(crate) paid: u64,
}

/// What sums of payments are counted by. No single payment comes near it.
pub(crate) const PAID_MODULUS: u64 = 1 << 62;

/// A transaction that was delivered.
pub(crate) struct TransactionRow {
    pub(crate) bytes: Vec<u8>,
    pub(crate) position: BlockPosition,
    pub(crate) time_ms: u64,
    pub(crate) fee: u64,
    pub(crate) outcome: Result<(), Failure>,
}

/// The position of a transaction on the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockPosition {
    pub(crate) height: u64,
    pub(crate) position: u64,
}

/// A transaction that was accepted.
pub(crate) struct Accepted {
    pub(crate) hash: TxHash,
    pub(crate) bytes: Vec<u8>,
    pub(crate) height: u64,
    pub(crate) payer: Address,
    pub(crate) public_key: Option<Vec<u8>>,
    /// That of the payer's next transaction.
    pub(crate) next_sequence: u64,
    pub(crate) fee: u64,
}

/// The outcome of a transaction.
pub(crate) struct Finished {
    pub(crate) hash: TxHash,
    pub(crate) time_ms: u64,
    pub(crate) outcome: Result<(), Failure>,
    /// Money that moved: from, to, how much in ncheq.
    pub(crate) moved: Vec<(Address, Address, u64)>,
}

impl Rows {
    /// Opens the chain of a network, making it when there is none, and funds new accounts.
    pub(crate) fn open(
        store: Store,
        network: &str,
        funded: Vec<Funded>,
    ) -> Result<Opened, StoreError> {
        let network = network.to_owned();
        let found: Result<_, StoreError> = store.write_blocking(move |connection| {
            let made = "INSERT INTO chain_chains (network, genesis_ms) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            connection
                .prepare_cached(made)?
                .execute(params![network, signed(now_ms())])?;
            let (chain, genesis_ms) = connection.query_row(
                "SELECT id, genesis_ms FROM chain_chains WHERE network = ?1",
                [network],
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
            )?;
            for account in funded {
                fund(connection, chain, &account)?;
            }
            let height = connection.query_row(
                "SELECT coalesce(max(height), 1) FROM chain_transactions WHERE chain = ?1",
                [chain],
                |row| row.get::<_, i64>(0),
            )?;
            let positions = connection.query_row(
                "SELECT coalesce(max(position) + 1, 0) FROM chain_transactions WHERE chain = ?1 AND height = ?2",
                [chain, height],
                |row| row.get::<_, i64>(0),
            )?;
            Ok::<_, rusqlite::Error>((chain, genesis_ms, height, positions))
        });
        let (chain, genesis_ms, height, positions) = found?;
        Ok(Opened {
            rows: Self { store, chain },
            genesis_ms: unsigned(genesis_ms),
            height: unsigned(height),
            positions: unsigned(positions),
        })
    }

    pub(crate) fn account(&self, address: &Address) -> Result<Option<AccountRow>, StoreError> {
        let sql = "SELECT sequence, public_key, balance, paid FROM chain_accounts WHERE chain = ?1 AND address = ?2";
        self.store.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let row = statement.query_row(params![self.chain, address.as_bytes()], |row| {
                Ok(AccountRow {
                    sequence: unsigned(row.get(0)?),
                    public_key: row.get(1)?,
                    balance: unsigned(row.get(2)?),
                    paid: unsigned(row.get(3)?),
                })
            });
            row.optional()
        })
    }

    /// Whether a transaction was ever accepted.
    pub(crate) fn is_accepted(&self, hash: &TxHash) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM chain_transactions WHERE chain = ?1 AND hash = ?2";
        self.store.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            statement.exists(params![self.chain, hash.as_bytes()])
        })
    }

    pub(crate) fn transaction(&self, hash: &TxHash) -> Result<Option<TransactionRow>, StoreError> {
        let sql = format!("{SELECT_DELIVERED} AND hash = ?2");
        self.store.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            statement
                .query_row(params![self.chain, hash.as_bytes()], delivered)
                .optional()
        })
    }

    /// The transactions of a block, and how many bytes they have.
    pub(crate) fn block_bytes(&self, height: u64) -> Result<u64, StoreError> {
        let sql = "SELECT coalesce(sum(length(bytes)), 0) FROM chain_transactions
                   WHERE chain = ?1 AND height = ?2 AND position IS NOT NULL";
        let found = self.store.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_row([self.chain, signed(height)], |row| row.get(0))
        });
        found.map(unsigned)
    }

    /// The transactions of a block, in order.
    pub(crate) fn block(&self, height: u64) -> Result<Vec<TransactionRow>, StoreError> {
        let sql = format!("{SELECT_DELIVERED} AND height = ?2 ORDER BY position");
        self.store.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map([self.chain, signed(height)], delivered)?;
            rows.collect()
        })
    }

    /// The bytes of transactions that were accepted and not delivered, in the order of their acceptance.
    pub(crate) fn open_transactions(&self) -> Result<Vec<(TxHash, Vec<u8>)>, StoreError> {
        let sql = "SELECT hash, bytes FROM chain_transactions WHERE chain = ?1 AND position IS NULL ORDER BY id";
        self.store.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([self.chain], |row| {
                Ok((TxHash::from_bytes(row.get(0)?), row.get(1)?))
            })?;
            rows.collect()
        })
    }
}

const SELECT_DELIVERED: &str = "SELECT bytes, height, position, time_ms, fee, code, codespace, log
     FROM chain_transactions WHERE position IS NOT NULL AND chain = ?1";

fn delivered(row: &Row<'_>) -> rusqlite::Result<TransactionRow> {
    let code: u32 = row.get(5)?;
    let outcome = match code {
        0 => Ok(()),
        code => Err(Failure {
            code,
            codespace: row.get(6)?,
            log: row.get(7)?,
        }),
    };
    Ok(TransactionRow {
        bytes: row.get(0)?,
        position: BlockPosition {
            height: unsigned(row.get(1)?),
            position: unsigned(row.get(2)?),
        },
        time_ms: unsigned(row.get(3)?),
        fee: unsigned(row.get(4)?),
        outcome,
    })
}

fn fund(connection: &Connection, chain: i64, account: &Funded) -> rusqlite::Result<()> {
    let address = account.address.as_bytes();
    let first = connection.execute(
        "INSERT INTO chain_funded (chain, address) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        params![chain, address],
    )?;
    match first {
        0 => Ok(()),
        _ => credit(connection, chain, &account.address, account.amount),
    }
}

/// Stores an accepted transaction: its sequence is used, and its fee is paid.
pub(crate) fn accept(
    connection: &Connection,
    chain: i64,
    accepted: &Accepted,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO chain_transactions (chain, hash, bytes, height, fee) VALUES (?1, ?2, ?3, ?4, ?5)";
    connection.prepare_cached(sql)?.execute(params![
        chain,
        accepted.hash.as_bytes(),
        accepted.bytes,
        signed(accepted.height),
        signed(accepted.fee),
    ])?;
    let sql =
        "INSERT INTO chain_accounts (chain, address, sequence, public_key) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT DO UPDATE SET sequence = excluded.sequence, balance = balance - ?5,
                   paid = (paid + ?5) % 4611686018427387904, public_key = coalesce(public_key, excluded.public_key)";
    connection.prepare_cached(sql)?.execute(params![
        chain,
        accepted.payer.as_bytes(),
        signed(accepted.next_sequence),
        accepted.public_key,
        signed(accepted.fee),
    ])?;
    Ok(())
}

/// Stores the outcome of a transaction.
pub(crate) fn finish(
    connection: &Connection,
    chain: i64,
    finished: &Finished,
    position: BlockPosition,
) -> rusqlite::Result<()> {
    let failure = finished.outcome.as_ref().err();
    let sql = "UPDATE chain_transactions SET height = ?3, position = ?4, time_ms = ?5, code = ?6, codespace = ?7,
                   log = ?8
               WHERE chain = ?1 AND hash = ?2";
    connection.prepare_cached(sql)?.execute(params![
        chain,
        finished.hash.as_bytes(),
        signed(position.height),
        signed(position.position),
        signed(finished.time_ms),
        failure.map_or(0, |failure| failure.code),
        failure.map(|failure| &failure.codespace),
        failure.map(|failure| &failure.log),
    ])?;
    for (from, to, amount) in &finished.moved {
        let sql = "UPDATE chain_accounts SET balance = balance - ?3, paid = (paid + ?3) % 4611686018427387904
                   WHERE chain = ?1 AND address = ?2";
        connection.prepare_cached(sql)?.execute(params![
            chain,
            from.as_bytes(),
            signed(*amount)
        ])?;
        credit(connection, chain, to, *amount)?;
    }
    Ok(())
}

fn credit(
    connection: &Connection,
    chain: i64,
    address: &Address,
    amount: u64,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO chain_accounts (chain, address, balance) VALUES (?1, ?2, ?3)
               ON CONFLICT DO UPDATE SET balance = balance + excluded.balance";
    connection
        .prepare_cached(sql)?
        .execute(params![chain, address.as_bytes(), signed(amount)])?;
    Ok(())
}

/// SQLite's integers have a sign; nothing here is as large as its bit.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
