//! Takes checkpoints to one witness, at the pace of that witness.

use std::sync::Arc;
use std::time::Duration;

use ledger::Embedded;
use proof::note::{CosignatureVerifier, Note, NoteSignature};
use proof::witness::{AddCheckpoint, parse_cosignatures};
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::client::{Reply, WitnessClient};

/// Requests for one checkpoint: the witness may name a size that it knows, and move on meanwhile.
const ATTEMPTS_MAX: usize = 4;
/// Waits between two tries when a witness cannot be asked.
const PAUSE_FIRST: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// A checkpoint that is taken to the witnesses.
pub(crate) struct Target {
    /// Counts the targets: the same checkpoint is taken again for a new time.
    pub(crate) number: u64,
    pub(crate) size: u64,
    /// Signed by the log alone.
    pub(crate) note: Note,
}

/// What a witness said about a target.
#[derive(Debug)]
pub(crate) enum Said {
    /// It has seen nothing else.
    Cosigned(Vec<NoteSignature>),
    /// It knows this size of another history, or of a later one. With the note that it shows, if it shows one.
    Knows { size: u64, shown: Option<Vec<u8>> },
    /// Nothing of use. It is asked again.
    Nothing(String),
}

/// An answer on its way to the publisher.
pub(crate) struct Answer {
    /// The number of the witness in the policy.
    pub(crate) witness: usize,
    /// The target that it is about.
    pub(crate) number: u64,
    pub(crate) said: Said,
}

/// The task of one witness.
pub(crate) struct Courier {
    pub(crate) witness: usize,
    pub(crate) client: WitnessClient,
    pub(crate) verifier: CosignatureVerifier,
    pub(crate) ledger: Embedded,
    pub(crate) targets: watch::Receiver<Option<Arc<Target>>>,
    pub(crate) answers: mpsc::Sender<Answer>,
    /// The size that the witness is believed to know; 0 when it was never asked.
    pub(crate) known_size: u64,
}

impl Courier {
    /// Runs until nobody sets targets or listens any more.
    pub(crate) async fn run(mut self) {
        while self.targets.changed().await.is_ok() {
            let Some(target) = self.targets.borrow_and_update().clone() else {
                continue;
            };
            if self.deliver(&target).await.is_none() {
                return;
            }
        }
    }

    /// Asks until there is a word about this target, or another target. `None` when nobody listens any more.
    async fn deliver(&mut self, target: &Target) -> Option<()> {
        let mut pause = PAUSE_FIRST;
        loop {
            let said = self.ask(target).await;
            let settled = !matches!(said, Said::Nothing(_));
            let answer = Answer {
                witness: self.witness,
                number: target.number,
                said,
            };
            self.answers.send(answer).await.ok()?;
            if settled {
                return Some(());
            }
            tokio::select! {
                moved = self.targets.changed() => {
                    // It is the next one's turn.
                    self.targets.mark_changed();
                    return moved.ok();
                }
                () = sleep(pause) => pause = (pause * 2).min(PAUSE_MAX),
            }
        }
    }

    async fn ask(&mut self, target: &Target) -> Said {
        for _ in 0..ATTEMPTS_MAX {
            if self.known_size > target.size {
                return self.knows(self.known_size).await;
            }
            let body = match self.body(target) {
                Ok(body) => body,
                Err(problem) => return Said::Nothing(problem),
            };
            match self.client.add_checkpoint(body).await {
                Ok(Reply::Cosigned(lines)) => return self.cosigned(target, &lines),
                Ok(Reply::Conflict { known_size }) => match known_size {
                    Some(other) if other != self.known_size => self.known_size = other,
                    // It has seen this very size with another root.
                    _ => return self.knows(self.known_size).await,
                },
                Ok(Reply::Inconsistent) => return self.knows(self.known_size).await,
                Err(error) => return Said::Nothing(chain_of(&error)),
            }
        }
        Said::Nothing(format!(
            "the witness named another size at each of {ATTEMPTS_MAX} attempts"
        ))
    }

    fn body(&self, target: &Target) -> Result<Vec<u8>, String> {
        let old_size = self.known_size;
        let proof = match old_size {
            0 => Vec::new(),
            _ => self
                .ledger
                .consistency(old_size, target.size)
                .map_err(|error| chain_of(&error))?
                .ok_or("the log has no such size yet")?,
        };
        let request = AddCheckpoint {
            old_size,
            proof,
            checkpoint: target.note.to_string(),
        };
        Ok(request.encode().into_bytes())
    }

    /// Takes the lines of this witness from its answer; those of others are passed over.
    fn cosigned(&mut self, target: &Target, lines: &[u8]) -> Said {
        let own: Vec<NoteSignature> = parse_cosignatures(lines)
            .unwrap_or_default()
            .into_iter()
            .filter(|line| self.verifier.time_in(target.note.text(), line).is_some())
            .collect();
        if own.is_empty() {
            return Said::Nothing(
                "the witness answered without a valid cosignature of its key".to_owned(),
            );
        }
        self.known_size = target.size;
        Said::Cosigned(own)
    }

    async fn knows(&mut self, size: u64) -> Said {
        if size == 0 {
            return Said::Nothing(
                "the witness refuses a log that it says it does not know".to_owned(),
            );
        }
        // What it believes now is asked anew next time.
        self.known_size = 0;
        let shown = self.client.checkpoint(self.ledger.origin()).await;
        Said::Knows {
            size,
            shown: shown.ok().flatten(),
        }
    }
}

/// An error and its causes in one line.
pub(crate) fn chain_of(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
