//! Seeds of the keys that sign checkpoints: one for each log, and another with each rotation of its key.

use clock::now_ms;
use rusqlite::{Connection, OptionalExtension, params};

use crate::KeystoreError;
use crate::keystore::Keystore;
use crate::limits::ORIGIN_BYTES_MAX;
use crate::seal::{Binding, Secret};

/// The seed (RFC 8032: 32 random bytes) of the Ed25519 key that signs one log's checkpoints.
///
/// Neither printable nor cloneable; wiped when dropped.
pub struct CheckpointSeed(Secret);

impl CheckpointSeed {
    /// The bytes, for the one that makes the signing key. They must not be copied further.
    #[must_use]
    pub fn reveal(&self) -> &[u8; 32] {
        self.0.bytes()
    }
}

impl Keystore {
    /// The first seed of the log with this origin, which it was made with. At the first call it is made, and is on disk
    /// when this answers; every later call answers with the same. Blocks: for start-up and the command line.
    ///
    /// # Errors
    ///
    /// Those of [`Keystore::checkpoint_seed_of`].
    pub fn checkpoint_seed(&self, origin: &str) -> Result<CheckpointSeed, KeystoreError> {
        self.checkpoint_seed_of(origin, 1)
    }

    /// A seed of the log with this origin, counted from 1: each key rotation takes the next one. It is made at the
    /// first call, if the one before it is there. Blocks.
    ///
    /// # Errors
    ///
    /// [`KeystoreError::InvalidOrigin`], [`KeystoreError::InvalidGeneration`], [`KeystoreError::Damaged`], or those of
    /// the store.
    pub fn checkpoint_seed_of(
        &self,
        origin: &str,
        generation: u32,
    ) -> Result<CheckpointSeed, KeystoreError> {
        if !(1..=ORIGIN_BYTES_MAX).contains(&origin.len()) {
            return Err(KeystoreError::InvalidOrigin);
        }
        let (store, root) = (&self.shared.store, &self.shared.root);
        let binding = Binding::CheckpointSeed { origin, generation };
        let sealed = match store.read(|connection| stored(connection, origin, generation))? {
            Some(sealed) => sealed,
            None => {
                let sealed = root.seal(binding, &Secret::random()?)?;
                let origin = origin.to_owned();
                let made: Result<Vec<u8>, KeystoreError> =
                    store.write_blocking(move |connection| {
                        insert(connection, &origin, generation, sealed)
                    });
                made?
            }
        };
        root.open(binding, &sealed)
            .map(CheckpointSeed)
            .map_err(|_| KeystoreError::Damaged {
                record: format!("checkpoint seed {generation} of {origin}"),
            })
    }

    /// How many seeds the log with this origin has. Blocks.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub fn checkpoint_generations(&self, origin: &str) -> Result<u32, KeystoreError> {
        Ok(self
            .shared
            .store
            .read(|connection| newest(connection, origin))?)
    }
}

fn stored(
    connection: &Connection,
    origin: &str,
    generation: u32,
) -> Result<Option<Vec<u8>>, rusqlite::Error> {
    let sql =
        "SELECT sealed FROM keystore_checkpoint_generations WHERE origin = ?1 AND generation = ?2";
    connection
        .prepare_cached(sql)?
        .query_row(params![origin, generation], |row| row.get(0))
        .optional()
}

fn newest(connection: &Connection, origin: &str) -> Result<u32, rusqlite::Error> {
    let sql = "SELECT coalesce(max(generation), 0) FROM keystore_checkpoint_generations WHERE origin = ?1";
    connection
        .prepare_cached(sql)?
        .query_row([origin], |row| row.get(0))
}

fn insert(
    connection: &Connection,
    origin: &str,
    generation: u32,
    sealed: Vec<u8>,
) -> Result<Vec<u8>, KeystoreError> {
    if let Some(sealed) = stored(connection, origin, generation)? {
        return Ok(sealed);
    }
    // A key after a gap could never be found again.
    let next = newest(connection, origin)?.saturating_add(1);
    if generation != next {
        return Err(KeystoreError::InvalidGeneration { generation, next });
    }
    let sql = "INSERT INTO keystore_checkpoint_generations (origin, generation, sealed, created_ms)
               VALUES (?1, ?2, ?3, ?4)";
    connection
        .prepare_cached(sql)?
        .execute(params![origin, generation, sealed, now_ms()])?;
    Ok(sealed)
}
