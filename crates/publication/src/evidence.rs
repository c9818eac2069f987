//! What a checkpoint from elsewhere proves about this log. Only its signatures count, not who presents it.

use ledger::Assurance;
use proof::checkpoint::Checkpoint;
use proof::note::{Note, NoteRejection, NoteVerifier};

use crate::channel::Channel;
use crate::error::PresentError;
use crate::rows::Contradiction;
use clock::now_ms;

/// What a presented checkpoint has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it belongs to the history that is served.
    None {
        /// In words.
        reason: String,
    },
    /// Operations are refused and active DIDs not reported until the witness confirms the log again.
    Paused {
        /// The size that is known elsewhere.
        known_size: u64,
        /// By whom.
        by: String,
    },
    /// The log has signed two histories. This is permanent.
    Contradicted {
        /// In words.
        reason: String,
    },
}

/// A checkpoint's note, read and not believed yet.
pub(crate) struct Presented {
    pub(crate) checkpoint: Checkpoint,
    note: Note,
}

/// Who signed it.
enum SignedBy {
    /// A key of the log itself.
    Log,
    /// The witness at this position of the policy.
    Witness(usize),
}

impl Presented {
    pub(crate) fn parse(note: &[u8]) -> Result<Self, PresentError> {
        let garbage = |reason: String| PresentError::Garbage { reason };
        let note = Note::parse(note).map_err(|error| garbage(error.to_string()))?;
        let (checkpoint, _) =
            Checkpoint::parse(note.text()).map_err(|error| garbage(error.to_string()))?;
        Ok(Self { checkpoint, note })
    }
}

impl Channel {
    /// Compares a checkpoint of this log with what is served, and changes the assurance accordingly.
    pub(crate) async fn compare(&self, presented: &Presented) -> Result<Effect, PresentError> {
        let Presented { checkpoint, note } = presented;
        let signed_by = self.signed_by(checkpoint, note)?;
        // Read after the checkpoint arrived: everything signed before is in it.
        let head = self.ledger.published();
        let root = self.ledger.root_at(checkpoint.size);
        let fits = root.map_err(PresentError::Read)? == Some(checkpoint.root);
        match (fits, signed_by) {
            (true, _) => Ok(Effect::None {
                reason: "the checkpoint belongs to the history that is served".to_owned(),
            }),
            (false, SignedBy::Log) => {
                let reason = contradiction_of(checkpoint, head.size);
                self.contradict(reason.clone(), note).await?;
                Ok(Effect::Contradicted { reason })
            }
            (false, SignedBy::Witness(witness)) => {
                self.pause(witness, checkpoint.size);
                let name = self.policy.witnesses().get(witness);
                Ok(Effect::Paused {
                    known_size: checkpoint.size,
                    by: name.map_or_else(String::new, |witness| witness.name.clone()),
                })
            }
        }
    }

    /// The log's own signature counts more than a witness's; a wrong line of either voids the note.
    fn signed_by(&self, checkpoint: &Checkpoint, note: &Note) -> Result<SignedBy, PresentError> {
        let forged = |error: NoteRejection| PresentError::Forged {
            reason: error.to_string(),
        };
        let mut refused = PresentError::Unsigned;
        match note.verify(&self.own_keys) {
            Ok(signed) => match self.within_bounds(checkpoint, &signed) {
                None => return Ok(SignedBy::Log),
                Some(until) => refused = PresentError::ReplacedKey { until },
            },
            Err(NoteRejection::NoKnownSignature) => {}
            Err(wrong) => return Err(forged(wrong)),
        }
        for (at, witness) in self.policy.witnesses().iter().enumerate() {
            match witness.verifier.verify(note) {
                Ok(_) => return Ok(SignedBy::Witness(at)),
                Err(NoteRejection::NoKnownSignature) => {}
                Err(wrong) => return Err(forged(wrong)),
            }
        }
        Err(refused)
    }

    /// `None` if one of the keys may have signed this size; otherwise the last size that one of them may have signed.
    fn within_bounds(&self, checkpoint: &Checkpoint, signed: &[&NoteVerifier]) -> Option<u64> {
        let mut last = None;
        for key in signed {
            match self.policy.bound_of(key) {
                Some(bound) if bound.size < checkpoint.size => last = last.max(Some(bound.size)),
                _ => return None,
            }
        }
        last
    }

    async fn contradict(&self, reason: String, note: &Note) -> Result<(), PresentError> {
        tracing::error!(
            network = self.ledger.namespace(),
            reason,
            "the log has signed two histories; it accepts no operations any more"
        );
        // First in memory: nothing more is reported or accepted even if the disk is full.
        let assurance = Assurance::Contradicted {
            reason: reason.clone(),
        };
        self.ledger.set_assurance(assurance.clone());
        let found = Contradiction {
            reason,
            note: note.to_string(),
            found_ms: now_ms(),
        };
        let kept = self.rows.contradict(self.origin(), found).await;
        kept.map_err(|_| PresentError::NotKept { assurance })
    }
}

fn contradiction_of(checkpoint: &Checkpoint, head_size: u64) -> String {
    let size = checkpoint.size;
    if size > head_size {
        format!(
            "the log's own key has signed {size} entries, and this copy of the log has {head_size}"
        )
    } else {
        format!("the log's own key has signed another root over the first {size} entries")
    }
}
