//! Another key for the log.
//!
//! The rotation leaf names the new key, and the checkpoint of its batch carries the signatures of both: a verifier that
//! pins the old key can follow to the new one. Everything later is signed by the new key alone.

use std::io;

use proof::Hash;
use proof::leaf::{KeyRotation, Leaf, LogKey};
use proof::note::NoteSigner;
use thiserror::Error;

use crate::error::OpenError;
use crate::guard::GuardError;
use crate::log::{Position, Tail};
use crate::open::{Resumed, resume};
use crate::options::Options;
use crate::signers::Signers;
use crate::tip::{Tip, TipError};
use clock::now_ms;

/// A log under its new key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// Number of entries.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
    /// The checkpoint: of the batch of the rotation, signed by both keys, unless it was done before.
    pub checkpoint: String,
}

/// Why the key was not changed.
#[derive(Debug, Error)]
pub enum RotateError {
    /// The ledger cannot be opened with the old key.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The new key belongs to another log.
    #[error(
        "the new key is named `{found}`, and the log `{origin}`: a log signs under its own name"
    )]
    OtherName {
        /// The key's name.
        found: String,
        /// The log's origin.
        origin: String,
    },
    /// The new key has signed before.
    #[error("the new key has signed for this log before; make another one")]
    UsedBefore,
    /// The log or the guard cannot be written. The next start, with both keys, finds out how far it came.
    #[error("the rotation could not be written; start again with both keys")]
    Write(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Gives the log another key. The ledger must not be running.
///
/// After an interruption the ledger opens with the old key, or with both of them; doing it again completes it.
///
/// # Errors
/// [`RotateError`] states what prevents it.
pub fn rotate(options: &Options, old: NoteSigner, new: NoteSigner) -> Result<Rotated, RotateError> {
    let (name, public_key) = (new.name().to_owned(), new.public_key());
    let signers = Signers::from(vec![old, new]);
    let Resumed {
        locks: _locks,
        mut tip,
        reader,
        mut guard,
        head,
    } = resume(options, &signers)?;
    let identity = tip.identity();
    if name != identity.origin {
        return Err(RotateError::OtherName {
            found: name,
            origin: identity.origin.clone(),
        });
    }
    if public_key == identity.log_key {
        return Ok(Rotated {
            size: head.size,
            root: head.root,
            checkpoint: head.checkpoint,
        });
    }
    if identity.has_used(&public_key) {
        return Err(RotateError::UsedBefore);
    }
    let leaf = KeyRotation {
        network_id: identity.network_id,
        time_ms: now_ms().max(tip.time_ms()),
        log_keys: vec![LogKey::ed25519(&public_key)],
        previous_key: LogKey::ed25519(&identity.log_key),
    };
    let mut tail = Tail::new(
        reader.segments.clone(),
        *identity.network_id.as_bytes(),
        head.position,
        options.segment_bytes_max,
    )
    .map_err(write)?;
    let position = append(&mut tip, &mut tail, &Leaf::KeyRotation(leaf)).map_err(write)?;
    let head = tip.signed_head(position, &signers).map_err(write)?;
    guard.advance(&head).map_err(write)?;
    Ok(Rotated {
        size: head.size,
        root: head.root,
        checkpoint: head.checkpoint,
    })
}

fn write(error: impl std::error::Error + Send + Sync + 'static) -> RotateError {
    RotateError::Write(Box::new(error))
}

/// Why a leaf was not appended.
#[derive(Debug, Error)]
pub(crate) enum AppendError {
    #[error(transparent)]
    Tip(#[from] TipError),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Guard(#[from] GuardError),
}

/// Appends a leaf in which the log takes a turn, with its state leaf, as a frame. Nothing is signed yet.
pub(crate) fn append(tip: &mut Tip, tail: &mut Tail, leaf: &Leaf) -> Result<Position, AppendError> {
    let first_index = tip.size();
    let encode = |leaf: &Leaf| {
        leaf.encode().map_err(|_| TipError::Broken {
            index: first_index,
            reason: "it does not fit its format",
        })
    };
    let bytes = encode(leaf)?;
    match leaf {
        Leaf::KeyRotation(leaf) => tip.key_rotation(leaf, &bytes)?,
        Leaf::Recovery(leaf) => tip.recovery(leaf, &bytes)?,
        _ => {
            let reason = "it is not a leaf that changes the key or name of a log";
            let index = first_index;
            return Err(TipError::Broken { index, reason }.into());
        }
    }
    let state = tip.state_leaf(tip.time_ms(), tip.other_heads().to_vec())?;
    let state_bytes = encode(&Leaf::State(state.clone()))?;
    tip.state(&state, &state_bytes)?;
    Ok(tail.append(first_index, vec![bytes, state_bytes])?.position)
}
