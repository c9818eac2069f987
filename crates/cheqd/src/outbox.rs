//! The transactions that were made here, in SQLite.
//!
//! A transaction is durable before any node sees it. Its row is `open` for as long as it may have an effect. Only after
//! that may another transaction for the same operations be made.

use clock::now_ms;
use cosmos::TxHash;
use did::Did;
use ledger::ReadError;
use rusqlite::{Connection, OptionalExtension, Row, params};
use store::{Store, StoreError};

use crate::blocking::withheld;
use crate::submission::Submission;

#[derive(Clone)]
pub(crate) struct Outbox {
    store: Store,
    chain_id: String,
}

/// A transaction that may have an effect, now or later.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    pub(crate) hash: TxHash,
    pub(crate) sequence: u64,
    pub(crate) timeout_height: u64,
    pub(crate) bytes: Vec<u8>,
}

/// Who has a submission under way.
enum Begun {
    Here,
    /// Another process that works on this store, or has done it meanwhile.
    Elsewhere,
}

/// How a transaction has ended.
#[derive(Clone, Debug)]
pub(crate) enum Ended {
    /// A block includes it, with effect; `None` where the block is not known.
    Included { height: Option<u64> },
    /// A block includes it, without effect.
    Failed { height: u64, said: String },
    /// No node has taken it.
    Refused { said: String },
    /// No block can include it any more.
    Dead,
}

impl Outbox {
    pub(crate) fn new(store: Store, chain_id: String) -> Self {
        Self { store, chain_id }
    }

    /// Writes a transaction down. After this it counts as sent. The same bytes may have been refused before.
    pub(crate) async fn begin(
        &self,
        submission: &Submission,
        payer: String,
        open: Open,
    ) -> Result<(), ReadError> {
        let chain_id = self.chain_id.clone();
        let (id, operations) = (*submission.id(), submission.rows());
        let write = move |connection: &Connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM cheqd_transactions
                       WHERE chain_id = ?1 AND submission = ?2 AND state IN ('open', 'included'))";
            let mut statement = connection.prepare_cached(sql)?;
            if statement.query_row(params![chain_id, id], |row| row.get(0))? {
                return Ok(Begun::Elsewhere);
            }
            let sql = "INSERT INTO cheqd_transactions
                       (hash, chain_id, submission, payer, sequence, timeout_height, bytes, state, made_ms)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'open', ?8)
                       ON CONFLICT (hash) DO UPDATE SET state = 'open', bytes = excluded.bytes, said = NULL
                       WHERE state = 'refused'";
            connection.prepare_cached(sql)?.execute(params![
                open.hash.as_bytes(),
                chain_id,
                id,
                payer,
                signed(open.sequence),
                signed(open.timeout_height),
                open.bytes,
                signed(now_ms()),
            ])?;
            let sql =
                "INSERT OR IGNORE INTO cheqd_operations (hash, position, did, kind, version_id, payload_hash)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            for (position, one) in (0_i64..).zip(operations) {
                connection.prepare_cached(sql)?.execute(params![
                    open.hash.as_bytes(),
                    position,
                    one.did,
                    one.kind,
                    one.version_id,
                    one.payload_hash,
                ])?;
            }
            Ok::<_, rusqlite::Error>(Begun::Here)
        };
        match self.store.write(write).await.map_err(unwritten)? {
            Begun::Here => Ok(()),
            Begun::Elsewhere => Err(withheld("another process has this operation under way")),
        }
    }

    /// Writes down how a transaction has ended, for good.
    pub(crate) async fn end(&self, hash: TxHash, ended: Ended) -> Result<(), ReadError> {
        let (state, height, said) = match ended {
            Ended::Included { height } => ("included", height, None),
            Ended::Failed { height, said } => ("failed", Some(height), Some(said)),
            Ended::Refused { said } => ("refused", None, Some(said)),
            Ended::Dead => ("dead", None, None),
        };
        let write = move |connection: &Connection| {
            let sql =
                "UPDATE cheqd_transactions SET state = ?2, height = ?3, said = ?4, bytes = x''
                       WHERE hash = ?1 AND state = 'open'";
            let values = params![hash.as_bytes(), state, height.map(signed), said];
            connection.prepare_cached(sql)?.execute(values).map(drop)
        };
        self.store.write(write).await.map_err(unwritten)
    }

    /// The transaction for this submission that may have an effect: at most one.
    pub(crate) fn open_of(&self, submission: &Submission) -> Result<Option<Open>, ReadError> {
        let sql = "SELECT hash, sequence, timeout_height, bytes FROM cheqd_transactions
                   WHERE chain_id = ?1 AND submission = ?2 AND state = 'open'";
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            statement
                .query_row(params![self.chain_id, submission.id()], open)
                .optional()
        })
    }

    /// The transactions that may have an effect on any of these DIDs.
    pub(crate) fn open_on(&self, submission: &Submission) -> Result<Vec<Open>, ReadError> {
        let sql = "SELECT DISTINCT t.hash, sequence, timeout_height, bytes FROM cheqd_operations o
                   JOIN cheqd_transactions t ON t.hash = o.hash
                   WHERE did = ?1 AND chain_id = ?2 AND state = 'open'";
        self.read(|connection| {
            let mut found = Vec::new();
            for did in submission.dids() {
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map(params![did.as_str(), self.chain_id], open)?;
                found.extend(rows.collect::<Result<Vec<_>, _>>()?);
            }
            Ok(found)
        })
    }

    /// All that may have an effect, in the order of their sequences.
    pub(crate) fn all_open(&self) -> Result<Vec<Open>, ReadError> {
        let sql = "SELECT hash, sequence, timeout_height, bytes FROM cheqd_transactions
                   WHERE chain_id = ?1 AND state = 'open' ORDER BY sequence, made_ms";
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params![self.chain_id], open)?;
            rows.collect()
        })
    }

    /// Whether a transaction that may have an effect makes this version.
    pub(crate) fn is_under_way(&self, did: &Did, version_id: &str) -> Result<bool, ReadError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM cheqd_operations o
                   JOIN cheqd_transactions t ON t.hash = o.hash
                   WHERE did = ?1 AND version_id = ?2 AND chain_id = ?3 AND state = 'open')";
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_row(params![did.as_str(), version_id, self.chain_id], |row| {
                row.get(0)
            })
        })
    }

    /// The transaction that has brought a submission into a block, and the block where it is known.
    pub(crate) fn included(
        &self,
        submission: &Submission,
    ) -> Result<Option<(TxHash, u64)>, ReadError> {
        let sql = "SELECT hash, height FROM cheqd_transactions
                   WHERE chain_id = ?1 AND submission = ?2 AND state = 'included' AND height IS NOT NULL";
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let found = |row: &Row<'_>| Ok((hash_of(row)?, unsigned(row.get(1)?)));
            statement
                .query_row(params![self.chain_id, submission.id()], found)
                .optional()
        })
    }

    /// The highest block that is known to hold a transaction from here.
    pub(crate) fn highest_block(&self) -> Result<u64, ReadError> {
        let sql = "SELECT max(height) FROM cheqd_transactions WHERE chain_id = ?1";
        let highest = self.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_row(params![self.chain_id], |row| row.get::<_, Option<i64>>(0))
        });
        Ok(highest?.map_or(0, unsigned))
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, ReadError> {
        self.store.read(read).map_err(unread)
    }
}

fn open(row: &Row<'_>) -> Result<Open, rusqlite::Error> {
    Ok(Open {
        hash: hash_of(row)?,
        sequence: unsigned(row.get(1)?),
        timeout_height: unsigned(row.get(2)?),
        bytes: row.get(3)?,
    })
}

fn hash_of(row: &Row<'_>) -> Result<TxHash, rusqlite::Error> {
    Ok(TxHash::from_bytes(row.get(0)?))
}

/// Without knowing what was sent, nothing may be disclosed.
fn unread(error: StoreError) -> ReadError {
    tracing::error!(
        error = &error as &dyn std::error::Error,
        "the transactions made here cannot be read"
    );
    withheld("the transactions that were made here cannot be read")
}

fn unwritten(error: StoreError) -> ReadError {
    tracing::error!(%error, "a transaction cannot be written down");
    withheld("the transactions that are made here cannot be written down")
}

/// SQLite has signed numbers; no height or sequence comes near the end of them.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
