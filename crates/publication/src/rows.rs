//! Published checkpoints and contradictions, in SQLite.

use proof::Hash;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use store::{Store, StoreError};

/// A checkpoint that had the quorum of witnesses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedCheckpoint {
    /// Number of entries of the log.
    pub size: u64,
    /// RFC 6962 root over them.
    pub root: Hash,
    /// By when a quorum had signed it, in Unix milliseconds; without witnesses, by the log's own clock.
    pub at_latest_ms: u64,
    /// After when a quorum still signed it, in the same way.
    pub still_at_ms: u64,
    /// The signed note, with the cosignatures.
    pub note: String,
}

/// What proves that a log has signed two histories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contradiction {
    pub(crate) reason: String,
    pub(crate) note: String,
    pub(crate) found_ms: u64,
}

/// The tables in a store.
#[derive(Clone)]
pub(crate) struct Rows(pub(crate) Store);

const COLUMNS: &str = "size, root, at_latest_ms, still_at_ms, note";

impl Rows {
    /// Records a checkpoint: the first of its size for ever, a later one in the place of the last.
    pub(crate) async fn record(
        &self,
        origin: &str,
        published: PublishedCheckpoint,
    ) -> Result<(), StoreError> {
        let origin = origin.to_owned();
        let record = move |connection: &Connection| {
            let first = "INSERT OR IGNORE INTO publication_checkpoints
                         (origin, size, occasion, root, at_latest_ms, still_at_ms, note)
                         VALUES (?1, ?2, 'first', ?3, ?4, ?5, ?6)";
            let last = "INSERT OR REPLACE INTO publication_checkpoints
                        (origin, size, occasion, root, at_latest_ms, still_at_ms, note)
                        VALUES (?1, ?2, 'last', ?3, ?4, ?5, ?6)";
            let values = params![
                origin,
                signed(published.size),
                published.root.as_bytes(),
                signed(published.at_latest_ms),
                signed(published.still_at_ms),
                published.note
            ];
            match connection.prepare_cached(first)?.execute(values)? {
                0 => connection.prepare_cached(last)?.execute(values).map(drop),
                _ => Ok(()),
            }
        };
        self.0.write(record).await
    }

    /// The first note of the smallest size that holds the entry with this index.
    pub(crate) fn covering(
        &self,
        origin: &str,
        index: u64,
    ) -> Result<Option<PublishedCheckpoint>, StoreError> {
        let condition = "size > ?2 AND occasion = 'first' ORDER BY size LIMIT 1";
        self.one(condition, params![origin, signed(index)])
    }

    /// The first note of this size.
    pub(crate) fn of_size(
        &self,
        origin: &str,
        size: u64,
    ) -> Result<Option<PublishedCheckpoint>, StoreError> {
        let condition = "size = ?2 AND occasion = 'first'";
        self.one(condition, params![origin, signed(size)])
    }

    /// The newest note.
    pub(crate) fn newest(&self, origin: &str) -> Result<Option<PublishedCheckpoint>, StoreError> {
        self.one(
            "1 ORDER BY size DESC, occasion DESC LIMIT 1",
            params![origin],
        )
    }

    /// The last that was current at `time_ms` or before.
    pub(crate) fn before(
        &self,
        origin: &str,
        time_ms: u64,
    ) -> Result<Option<PublishedCheckpoint>, StoreError> {
        let condition = "at_latest_ms <= ?2 ORDER BY at_latest_ms DESC, size DESC LIMIT 1";
        self.one(condition, params![origin, signed(time_ms)])
    }

    /// The first that was still current at `time_ms` or after.
    pub(crate) fn after(
        &self,
        origin: &str,
        time_ms: u64,
    ) -> Result<Option<PublishedCheckpoint>, StoreError> {
        let condition = "still_at_ms >= ?2 ORDER BY still_at_ms, size LIMIT 1";
        self.one(condition, params![origin, signed(time_ms)])
    }

    pub(crate) fn contradiction(&self, origin: &str) -> Result<Option<Contradiction>, StoreError> {
        let sql = "SELECT reason, note, found_ms FROM publication_contradictions WHERE origin = ?1";
        let read = |row: &Row<'_>| {
            Ok(Contradiction {
                reason: row.get(0)?,
                note: row.get(1)?,
                found_ms: unsigned(row.get(2)?),
            })
        };
        self.0.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_row([origin], read).optional()
        })
    }

    /// Keeps what proves a contradiction; the first one stays.
    pub(crate) async fn contradict(
        &self,
        origin: &str,
        found: Contradiction,
    ) -> Result<(), StoreError> {
        let origin = origin.to_owned();
        let keep = move |connection: &Connection| {
            let sql =
                "INSERT OR IGNORE INTO publication_contradictions (origin, reason, note, found_ms)
                       VALUES (?1, ?2, ?3, ?4)";
            connection
                .prepare_cached(sql)?
                .execute(params![
                    origin,
                    found.reason,
                    found.note,
                    signed(found.found_ms)
                ])
                .map(drop)
        };
        self.0.write(keep).await
    }

    fn one(
        &self,
        condition: &str,
        values: impl Params,
    ) -> Result<Option<PublishedCheckpoint>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM publication_checkpoints WHERE origin = ?1 AND {condition}"
        );
        self.0.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            statement.query_row(values, read).optional()
        })
    }
}

fn read(row: &Row<'_>) -> Result<PublishedCheckpoint, rusqlite::Error> {
    let root: Vec<u8> = row.get(1)?;
    let root = <[u8; 32]>::try_from(root)
        .map_err(|_| rusqlite::Error::InvalidColumnType(1, "root".to_owned(), Type::Blob))?;
    Ok(PublishedCheckpoint {
        size: unsigned(row.get(0)?),
        root: Hash::from(root),
        at_latest_ms: unsigned(row.get(2)?),
        still_at_ms: unsigned(row.get(3)?),
        note: row.get(4)?,
    })
}

/// SQLite's integers are signed; sizes and times never come near their limit.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}
