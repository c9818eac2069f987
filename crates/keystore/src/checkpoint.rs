//! Seeds of the keys that sign checkpoints: one for each log, made once.

use rusqlite::{Connection, OptionalExtension, params};

use crate::KeystoreError;
use crate::keystore::{Keystore, now_ms};
use crate::seal::{Binding, Secret};

/// Bytes of a log's origin.
pub const ORIGIN_BYTES_MAX: usize = 256;

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
    /// The seed of the log with this origin. At the first call it is made, and is on disk when this answers; every
    /// later call answers with the same. Blocks: for start-up and the command line.
    ///
    /// # Errors
    ///
    /// [`KeystoreError::InvalidOrigin`], [`KeystoreError::Damaged`], or those of the store.
    pub fn checkpoint_seed(&self, origin: &str) -> Result<CheckpointSeed, KeystoreError> {
        if !(1..=ORIGIN_BYTES_MAX).contains(&origin.len()) {
            return Err(KeystoreError::InvalidOrigin);
        }
        let (store, root) = (&self.shared.store, &self.shared.root);
        let sealed = match store.read(|connection| stored(connection, origin))? {
            Some(sealed) => sealed,
            None => {
                let sealed = root.seal(Binding::CheckpointSeed { origin }, &Secret::random()?)?;
                let origin = origin.to_owned();
                store.write_blocking(move |connection| insert(connection, &origin, sealed))?
            }
        };
        root.open(Binding::CheckpointSeed { origin }, &sealed)
            .map(CheckpointSeed)
            .map_err(|_| KeystoreError::Damaged {
                record: format!("the checkpoint seed of {origin}"),
            })
    }
}

fn stored(connection: &Connection, origin: &str) -> Result<Option<Vec<u8>>, rusqlite::Error> {
    connection
        .prepare_cached("SELECT sealed FROM keystore_checkpoint_seeds WHERE origin = ?1")?
        .query_row([origin], |row| row.get(0))
        .optional()
}

fn insert(
    connection: &Connection,
    origin: &str,
    sealed: Vec<u8>,
) -> Result<Vec<u8>, KeystoreError> {
    if let Some(sealed) = stored(connection, origin)? {
        return Ok(sealed);
    }
    connection
        .prepare_cached("INSERT INTO keystore_checkpoint_seeds (origin, sealed, created_ms) VALUES (?1, ?2, ?3)")?
        .execute(params![origin, sealed, now_ms()])?;
    Ok(sealed)
}
