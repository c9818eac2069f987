//! What a verifier trusts (C2SP `tlog-policy`): keys of logs, keys of witnesses, and how many of these must have seen a
//! checkpoint.
//!
//! A sidecar beside the policy bounds log keys that were rotated out, and pins networks (`docs/policy.md`).

mod bounds;
mod lines;
mod quorum;

use std::str::FromStr;

use thiserror::Error;

pub use bounds::{Bound, InvalidBounds};
pub use lines::LineProblem;
pub use quorum::{Cosigned, Quorum};

use crate::NetworkId;
use crate::checkpoint::{Checkpoint, InvalidCheckpoint};
use crate::note::{CosignatureVerifier, InvalidNote, KeyId, Note, NoteRejection, NoteVerifier};
use bounds::Bounds;
use quorum::Rule;

/// Most bytes of a policy, and of its sidecar.
pub const MAX_POLICY_BYTES: usize = 256 * 1024;
/// Most logs of a policy; as many witnesses and as many groups.
pub const MAX_POLICY_ENTRIES: usize = 64;
/// Most bytes of the name of a witness or a group.
pub const MAX_POLICY_NAME_BYTES: usize = 255;
/// Most bytes of a URL.
pub const MAX_POLICY_URL_BYTES: usize = 2048;

/// The trusted logs and witnesses, and the required quorum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    log_keys: Vec<NoteVerifier>,
    witnesses: Vec<Witness>,
    rule: Rule,
    bounds: Bounds,
}

/// A witness of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Its name in this policy, without a meaning elsewhere. Bytes that are not UTF-8 become U+FFFD.
    pub name: String,
    /// Its key, under its own name.
    pub verifier: CosignatureVerifier,
    /// Its submission prefix (C2SP `tlog-witness`), if the policy names it. Not checked.
    pub url: Option<String>,
}

/// A checkpoint that satisfies a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The note it came in, with all its signatures.
    pub note: Note,
    /// The log's key that signed it: the first of the policy that did, within its bound.
    pub log_key: NoteVerifier,
    /// Who cosigned it, and when.
    pub quorum: Quorum,
}

/// The text is not a policy.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InvalidPolicy {
    /// More than [`MAX_POLICY_BYTES`].
    #[error("the policy has {bytes} bytes, more than the {MAX_POLICY_BYTES} that are read")]
    TooLarge {
        /// Its length in bytes.
        bytes: usize,
    },
    /// The last line has no newline, so its last part may be missing.
    #[error("the last line of the policy does not end with a newline: the file may be cut off")]
    CutOff,
    /// An invalid line.
    #[error("line {line} of the policy is wrong")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        #[source]
        problem: LineProblem,
    },
    /// There is no `quorum` line.
    #[error("the policy has no `quorum` line; `quorum none` requires no witness")]
    NoQuorum,
    /// The sidecar is wrong.
    #[error("the bounds beside the policy are wrong")]
    Bounds(#[from] InvalidBounds),
}

/// The policy does not accept the checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PolicyRejection {
    /// The bytes are not a signed note.
    #[error("the checkpoint is not a signed note")]
    Note(#[from] InvalidNote),
    /// The signed text is not a checkpoint.
    #[error("the signed text is not a checkpoint")]
    Text(#[from] InvalidCheckpoint),
    /// The policy lists no key of this log.
    #[error("the checkpoint is of the log `{origin}`, which the policy does not list")]
    UnknownLog {
        /// The log's name.
        origin: String,
    },
    /// A line of a listed key is wrong, or none of the log's listed keys has signed.
    #[error("the checkpoint is not signed as the policy requires")]
    Signature(#[from] NoteRejection),
    /// The log's key had been rotated out before it signed this.
    #[error(
        "the log's key {key_id} counts up to size {until}, but the checkpoint has size {size}: the key was replaced"
    )]
    BeyondBound {
        /// The key's id.
        key_id: KeyId,
        /// The last size that it may have signed.
        until: u64,
        /// The size that it signed.
        size: u64,
    },
    /// The policy pins another root of this log at this size.
    #[error("the policy pins another root of `{origin}` at size {size}: the log has two histories")]
    OtherRoot {
        /// The log's name.
        origin: String,
        /// The size that both claim.
        size: u64,
    },
    /// Too few witnesses, or not the right ones.
    #[error(
        "{cosigned} of the policy's {listed} witnesses have cosigned the checkpoint, which is not a quorum"
    )]
    NoQuorum {
        /// The number that cosigned it.
        cosigned: usize,
        /// The number that the policy lists.
        listed: usize,
    },
}

impl Policy {
    /// Reads a policy, and its sidecar if there is one. The policy is bytes: names and comments need not be UTF-8.
    ///
    /// # Errors
    ///
    /// [`InvalidPolicy`] names the line, or what is wrong with the sidecar.
    pub fn parse(
        policy_text: impl AsRef<[u8]>,
        bounds: Option<&str>,
    ) -> Result<Policy, InvalidPolicy> {
        let lines = lines::read(policy_text.as_ref())?;
        let bounds = bounds.map_or(Ok(Bounds::default()), |json| {
            Bounds::parse(json, &lines.log_keys)
        })?;
        Ok(Policy {
            log_keys: lines.log_keys,
            witnesses: lines.witnesses,
            rule: lines.rule,
            bounds,
        })
    }

    /// Reads a checkpoint and accepts it if a listed key of its log has signed it, within the key's bound, and a quorum
    /// of witnesses has cosigned it. One wrong line of any listed key, log or witness, voids it.
    ///
    /// A checkpoint below the bound of a key that was replaced is accepted: with a consistency proof up to
    /// [`Policy::bound_of`] a caller can tie it to the pinned root as well.
    ///
    /// # Errors
    ///
    /// [`PolicyRejection`] states which of these failed.
    pub fn open(&self, note_bytes: &[u8]) -> Result<Witnessed, PolicyRejection> {
        let note = Note::parse(note_bytes)?;
        let (checkpoint, _) = Checkpoint::parse(note.text())?;
        let log_key = self.signing_key(&note, &checkpoint)?.clone();
        let quorum = self.quorum(&note)?;
        Ok(Witnessed {
            checkpoint,
            note,
            log_key,
            quorum,
        })
    }

    /// Who cosigned the note, and since when and until when that was a quorum. The log's signature is not looked at.
    ///
    /// # Errors
    ///
    /// [`PolicyRejection::NoQuorum`], or [`PolicyRejection::Signature`] if a line of a listed witness does not verify.
    pub fn quorum(&self, note: &Note) -> Result<Quorum, PolicyRejection> {
        let mut seen = Vec::with_capacity(self.witnesses.len());
        for witness in &self.witnesses {
            seen.push(match witness.verifier.verify(note) {
                Ok(times_s) => Cosigned::of(&witness.name, &times_s),
                Err(NoteRejection::NoKnownSignature) => None,
                Err(wrong) => return Err(wrong.into()),
            });
        }
        let cosigned = seen.iter().flatten().count();
        let listed = self.witnesses.len();
        self.rule
            .judge(seen)
            .ok_or(PolicyRejection::NoQuorum { cosigned, listed })
    }

    /// Whether a quorum has cosigned the note, and no line of a listed witness is wrong.
    #[must_use]
    pub fn quorum_reached(&self, note: &Note) -> bool {
        self.quorum(note).is_ok()
    }

    /// Whether a checkpoint needs the cosignature of at least one witness: not so with `quorum none`.
    #[must_use]
    pub fn needs_witnesses(&self) -> bool {
        self.rule != Rule::None
    }

    /// The keys of the logs, each with its log's origin as name, in the order of the policy. May be empty.
    #[must_use]
    pub fn log_keys(&self) -> &[NoteVerifier] {
        &self.log_keys
    }

    /// The witnesses in the order of the policy.
    #[must_use]
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }

    /// The network that the leaves of this log must belong to, if it is pinned.
    #[must_use]
    pub fn network_id_of(&self, origin: &str) -> Option<NetworkId> {
        self.bounds.network_id_of(origin)
    }

    /// The last checkpoint that this log key may have signed, if the key was replaced.
    #[must_use]
    pub fn bound_of(&self, log_key: &NoteVerifier) -> Option<&Bound> {
        self.bounds.of(log_key)
    }

    /// The listed key that signed the checkpoint.
    fn signing_key(
        &self,
        note: &Note,
        checkpoint: &Checkpoint,
    ) -> Result<&NoteVerifier, PolicyRejection> {
        let origin = &checkpoint.origin;
        if !self.log_keys.iter().any(|key| key.name() == origin) {
            let origin = origin.clone();
            return Err(PolicyRejection::UnknownLog { origin });
        }
        let signed = note.verify(&self.log_keys)?;
        self.bounds.check_root(checkpoint)?;
        let mut refused = NoteRejection::NoKnownSignature.into();
        for key in signed.into_iter().filter(|key| key.name() == origin) {
            match self.bounds.check_size(key, checkpoint) {
                Ok(()) => return Ok(key),
                Err(beyond) => refused = beyond,
            }
        }
        Err(refused)
    }
}

impl Witnessed {
    /// See [`Quorum::at_latest_s`].
    #[must_use]
    pub fn at_latest_s(&self) -> Option<u64> {
        self.quorum.at_latest_s()
    }

    /// See [`Quorum::still_at_s`].
    #[must_use]
    pub fn still_at_s(&self) -> Option<u64> {
        self.quorum.still_at_s()
    }
}

/// A policy without a sidecar.
impl FromStr for Policy {
    type Err = InvalidPolicy;

    fn from_str(text: &str) -> Result<Self, InvalidPolicy> {
        Policy::parse(text, None)
    }
}
