//! The witness that this program can be for other logs.
//!
//! It keeps, for each log, the newest checkpoint that it cosigned. The comparison with it and its replacement are one
//! transaction, on disk before the cosignature leaves memory.

use std::sync::Arc;

use proof::note::{Cosigner, Note, NoteVerifier};
use proof::witness::{
    self, Accepted, AddCheckpoint, Refusal, SIZE_CONTENT_TYPE, encode_cosignatures,
};
use proof::{Hash, sha256};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, params};
use store::{Store, StoreError};
use thiserror::Error;

use crate::rows::{signed, unsigned};
use clock::now_ms;

/// Logs that one witness looks after.
const LOGS_MAX: usize = 1024;
const TEXT: &str = "text/plain; charset=utf-8";

/// The witness. Clones are handles of the same one.
#[derive(Clone)]
pub struct WitnessStore {
    store: Store,
    logs: Arc<[NoteVerifier]>,
    cosigner: Arc<Cosigner>,
}

/// The list of logs cannot be looked after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a witness looks after 1 to {LOGS_MAX} keys of logs")]
pub struct InvalidLogs;

/// An answer as it goes over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessReply {
    /// The status code.
    pub status: u16,
    /// The value of `content-type`.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

/// Why a checkpoint was not stored.
enum NotStored {
    Refused(Refusal),
    Store(StoreError),
}

impl From<StoreError> for NotStored {
    fn from(error: StoreError) -> NotStored {
        NotStored::Store(error)
    }
}

impl From<rusqlite::Error> for NotStored {
    fn from(error: rusqlite::Error) -> NotStored {
        NotStored::Store(error.into())
    }
}

impl WitnessStore {
    /// A witness for these logs: one or more keys for each, named with the log's origin.
    ///
    /// # Errors
    ///
    /// [`InvalidLogs`] without a log, and with too many.
    pub fn new(
        store: Store,
        logs: Vec<NoteVerifier>,
        cosigner: Cosigner,
    ) -> Result<Self, InvalidLogs> {
        if !(1..=LOGS_MAX).contains(&logs.len()) {
            return Err(InvalidLogs);
        }
        Ok(Self {
            store,
            logs: logs.into(),
            cosigner: Arc::new(cosigner),
        })
    }

    /// Answers `POST <prefix>/add-checkpoint`. Of a body longer than [`witness::MAX_REQUEST_BYTES`] a byte more is
    /// enough.
    pub async fn add_checkpoint(&self, body: &[u8]) -> WitnessReply {
        let request = match AddCheckpoint::parse(body) {
            Ok(request) => request,
            Err(invalid) => return refused(&invalid.into()),
        };
        match self.accept(request).await {
            Ok(note) => {
                let line = self.cosigner.cosign(&note, now_ms() / 1000);
                WitnessReply::text(200, encode_cosignatures(&[line]))
            }
            Err(NotStored::Refused(refusal)) => refused(&refusal),
            Err(NotStored::Store(StoreError::Busy)) => {
                WitnessReply::text(503, "busy; try again\n".to_owned())
            }
            Err(NotStored::Store(error)) => failed(&error),
        }
    }

    /// The newest checkpoint that was cosigned of the log whose origin has this SHA-256, in hexadecimal: for
    /// `GET <prefix>/<hash>/checkpoint`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it cannot be read.
    pub fn checkpoint(&self, origin_hash_hex: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT note FROM publication_witnessed WHERE origin_hash = ?1";
        let note: Option<String> = self.store.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            statement
                .query_row([origin_hash_hex], |row| row.get(0))
                .optional()
        })?;
        Ok(note)
    }

    /// Decides and stores in one transaction.
    async fn accept(&self, request: AddCheckpoint) -> Result<Note, NotStored> {
        let logs = Arc::clone(&self.logs);
        let decide = move |connection: &Connection| {
            let known = known(connection, &request)?;
            let accepted = witness::decide(known, &request, &logs).map_err(NotStored::Refused)?;
            keep(connection, &accepted)?;
            Ok::<_, NotStored>(accepted.note)
        };
        self.store.write(decide).await
    }
}

impl WitnessReply {
    fn text(status: u16, body: String) -> Self {
        Self {
            status,
            content_type: TEXT,
            body: body.into_bytes(),
        }
    }
}

fn refused(refusal: &Refusal) -> WitnessReply {
    match refusal.size_body() {
        Some(body) => WitnessReply {
            status: refusal.status(),
            content_type: SIZE_CONTENT_TYPE,
            body: body.into_bytes(),
        },
        None => WitnessReply::text(refusal.status(), format!("{refusal}\n")),
    }
}

fn failed(error: &(dyn std::error::Error + 'static)) -> WitnessReply {
    tracing::error!(error, "the witness cannot read or write its checkpoints");
    WitnessReply::text(500, "the witness cannot write\n".to_owned())
}

/// The size and root that are known of the request's log.
fn known(
    connection: &Connection,
    request: &AddCheckpoint,
) -> Result<Option<(u64, Hash)>, rusqlite::Error> {
    // `decide` refuses a text that is not a checkpoint.
    let origin = request.checkpoint.lines().next().unwrap_or_default();
    let sql = "SELECT size, root FROM publication_witnessed WHERE origin = ?1";
    let read = |row: &rusqlite::Row<'_>| {
        let root: Vec<u8> = row.get(1)?;
        let root = <[u8; 32]>::try_from(root)
            .map_err(|_| rusqlite::Error::InvalidColumnType(1, "root".to_owned(), Type::Blob))?;
        Ok((unsigned(row.get(0)?), Hash::from(root)))
    };
    connection
        .prepare_cached(sql)?
        .query_row([origin], read)
        .optional()
}

fn keep(connection: &Connection, accepted: &Accepted) -> Result<(), rusqlite::Error> {
    let Accepted { checkpoint, note } = accepted;
    let sql = "INSERT OR REPLACE INTO publication_witnessed (origin, origin_hash, size, root, note)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    connection
        .prepare_cached(sql)?
        .execute(params![
            checkpoint.origin,
            sha256(checkpoint.origin.as_bytes()).to_string(),
            signed(checkpoint.size),
            checkpoint.root.as_bytes(),
            note.to_string()
        ])
        .map(drop)
}
