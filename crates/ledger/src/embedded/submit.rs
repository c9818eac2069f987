//! How operations come in: judged on the caller's own task, then committed by the writer.

use did::{Accepted, Circumstances, Head, JudgeError, OperationKind, Proposal, Rejection};
use proof::Hash;
use proof::leaf::{OtherHead, RESOURCE_SALT_BYTES, SubmissionPlace};
use tokio::sync::{SemaphorePermit, oneshot};

use super::Embedded;
use crate::committed::Committed;
use crate::draft::Draft;
use crate::error::{ReadError, SubmitError};
use crate::other_heads::NoteError;
use crate::submission::{check_head, data_bytes, within_limits};
use crate::unverified;
use crate::writer::{Job, Reply, Work};

/// How often a submission is judged again because something that it rests on changed meanwhile.
pub(crate) const ATTEMPTS_MAX: usize = 16;

impl Embedded {
    /// Judges a submission, writes it, and answers when it is durable, signed and visible. All of its operations are
    /// accepted or none. A repeated submission gets the same answer.
    ///
    /// # Errors
    /// [`SubmitError`] states whether anything was written: nothing, except for [`SubmitError::Unknown`].
    pub async fn submit(&self, proposals: Vec<Proposal>) -> Result<Vec<Committed>, SubmitError> {
        self.submit_over(proposals, None).await
    }

    /// As [`Embedded::submit`], if the DID of the first operation has not changed: its latest operation is this one.
    ///
    /// # Errors
    /// [`SubmitError::Moved`] when it does not, and those of [`Embedded::submit`].
    pub async fn submit_on(
        &self,
        head: Head,
        proposals: Vec<Proposal>,
    ) -> Result<Vec<Committed>, SubmitError> {
        self.submit_over(proposals, Some(head)).await
    }

    async fn submit_over(
        &self,
        proposals: Vec<Proposal>,
        expected: Option<Head>,
    ) -> Result<Vec<Committed>, SubmitError> {
        within_limits(&proposals)?;
        self.inner.shared.check_accepting()?;
        let _room = self.room_for_data(&proposals)?;
        for _ in 0..ATTEMPTS_MAX {
            let accepted = match self.judge(&proposals) {
                Ok(accepted) => accepted,
                Err(JudgeError::Rejected {
                    position,
                    rejection,
                }) => return self.repeated(&proposals, position, rejection),
                Err(JudgeError::Unreadable(error)) => {
                    self.stop_if_damaged(&error);
                    return Err(error.into());
                }
            };
            if let Some(expected) = expected {
                check_head(&proposals, &accepted, expected)?;
            }
            let drafts = self.drafts(&proposals, accepted)?;
            let (reply, answer) = oneshot::channel();
            let work = Work::Operations(drafts);
            self.enqueue(Job { work, reply })?;
            match answer.await {
                Ok(Reply::Committed(committed)) => return Ok(committed),
                Ok(Reply::Stale) => {}
                Ok(Reply::Held(assurance)) => return Err(SubmitError::Held(assurance)),
                Ok(Reply::Rejected {
                    position,
                    rejection,
                }) => {
                    return Err(SubmitError::Rejected {
                        position,
                        rejection,
                    });
                }
                Err(_) => return Err(SubmitError::Unknown),
            }
        }
        Err(SubmitError::Contended)
    }

    /// Room in memory for the data of resources, until it is dropped.
    fn room_for_data(
        &self,
        proposals: &[Proposal],
    ) -> Result<Option<SemaphorePermit<'_>>, SubmitError> {
        let found = data_bytes(proposals);
        match found.div_ceil(1024) as u32 {
            0 => Ok(None),
            kib => match self.inner.shared.data_room.try_acquire_many(kib) {
                Ok(room) => Ok(Some(room)),
                Err(_) => Err(SubmitError::Busy),
            },
        }
    }

    fn judge(&self, proposals: &[Proposal]) -> Result<Vec<Accepted>, JudgeError<ReadError>> {
        let identity = &self.inner.shared.identity;
        let circumstances = Circumstances {
            namespace: &identity.namespace,
            network_id: identity.network_id.as_bytes(),
            time_ms: clock::now_ms(),
        };
        unverified::judge(
            proposals,
            &circumstances,
            &self.inner.shared.reader,
            identity.unverified_below(),
        )
    }

    fn drafts(
        &self,
        proposals: &[Proposal],
        accepted: Vec<Accepted>,
    ) -> Result<Vec<Draft>, SubmitError> {
        let count = proposals.len() as u16;
        let pairs = (0..).zip(proposals.iter().zip(accepted));
        pairs
            .map(|(position, (proposal, accepted))| {
                let place = SubmissionPlace { position, count };
                let salt = salt_for(proposal)?;
                Draft::new(
                    &self.inner.shared.identity,
                    proposal.clone(),
                    accepted,
                    place,
                    salt,
                )
                .map_err(|rejection| SubmitError::Rejected {
                    position: usize::from(position),
                    rejection,
                })
            })
            .collect()
    }

    /// A submission that is refused because it is in the log already, to the last payload byte, gets the answer that
    /// it got then.
    fn repeated(
        &self,
        proposals: &[Proposal],
        position: usize,
        rejection: Rejection,
    ) -> Result<Vec<Committed>, SubmitError> {
        let mut committed = Vec::with_capacity(proposals.len());
        for proposal in proposals {
            match self.committed(proposal)? {
                Some(earlier) => committed.push(earlier),
                None => {
                    return Err(SubmitError::Rejected {
                        position,
                        rejection,
                    });
                }
            }
        }
        Ok(committed)
    }

    /// Notes the newest head of another log. Every state leaf from the next batch on contains it. A head older than the
    /// noted one changes nothing.
    ///
    /// # Errors
    /// [`NoteError`].
    pub fn note_head(&self, name: &str, size: u64, hash: Hash) -> Result<(), NoteError> {
        self.shared().noted.note(name, size, hash)
    }

    /// Waits until a durable, signed state leaf contains the heads that were noted before the call. Makes a batch
    /// without operations if needed. Writes nothing if the log already contains them.
    ///
    /// # Errors
    /// [`SubmitError`], as of a submission.
    pub async fn commit_heads(&self) -> Result<(), SubmitError> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Job {
            work: Work::Heads,
            reply,
        })?;
        match answer.await {
            Ok(Reply::Committed(_)) => Ok(()),
            Ok(Reply::Held(assurance)) => Err(SubmitError::Held(assurance)),
            Ok(Reply::Stale | Reply::Rejected { .. }) | Err(_) => Err(SubmitError::Unknown),
        }
    }

    /// The heads of other logs in the newest state leaf, names ascending.
    #[must_use]
    pub fn other_heads(&self) -> Vec<OtherHead> {
        self.published().other_heads.clone()
    }
}

/// Random for a resource, whose data is stored apart.
fn salt_for(proposal: &Proposal) -> Result<[u8; RESOURCE_SALT_BYTES], SubmitError> {
    let mut salt = [0; RESOURCE_SALT_BYTES];
    if proposal.operation.kind() == OperationKind::CreateResource {
        getrandom::fill(&mut salt).map_err(|error| SubmitError::Random(error.to_string()))?;
    }
    Ok(salt)
}
