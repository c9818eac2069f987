//! Completing a ceremony: it is submitted, exported, or cancelled.

use did::{OperationKind, Proposal, Signature};
use ledger::{Ledger, SubmitError};

use super::derive::check_open;
use super::links::slot_name;
use super::model::{Ceremony, CeremonyId, Owner, Release, SlotKeys, SlotState, State, Statement};
use super::rows::{Basis, Stored};
use super::{Ceremonies, CeremonyAccess, CeremonyError, Reach};
use crate::rows::Pending;
use crate::signing::infos;

/// A statement with all of its signatures, to be submitted later.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The statement.
    pub statement: Statement,
    /// Its signatures: the complete set.
    pub signatures: Vec<Signature>,
    /// Both as one message, in protobuf.
    pub message: Vec<u8>,
}

impl Ceremonies {
    /// Submits a ceremony that is complete. The owner or the holder of a link may; a repeated request gets the same
    /// answer, which is the ceremony with [`State::Committed`].
    ///
    /// # Errors
    /// [`CeremonyError::Incomplete`] names who has not signed; [`CeremonyError::Cooling`]; [`CeremonyError::Closed`];
    /// the ledger's refusal, which the ceremony then shows as [`State::Rejected`].
    pub async fn commit(&self, via: CeremonyAccess<'_>) -> Result<Ceremony, CeremonyError> {
        let (found, _) = self.found(via)?;
        let _turn = self.registrar.turns.of(&found.did).await;
        let (stored, _) = self.found(via)?;
        let ceremony = self.seen(&stored)?;
        if let State::Committed(_) = ceremony.state {
            self.list_created(&stored).await?;
            self.rows.settled(&stored.id, self.now_ms()).await?;
            return Ok(ceremony);
        }
        self.check_complete(&ceremony)?;
        let proposals = proposals(&stored, &ceremony)?;
        let ledger = self.registrar.networks.of(&stored.did)?;
        self.submit(&stored, ledger, proposals).await?;
        self.rows.settled(&stored.id, self.now_ms()).await?;
        self.seen(&stored)
    }

    /// The signed message of a ceremony that was started for [`Release::Export`] and is complete. An update of the DID
    /// voids it, as far as its scope says so; calling the ceremony off does not.
    ///
    /// # Errors
    /// [`CeremonyError::Unusable`] for a ceremony that was not started for it, and those of [`Ceremonies::commit`].
    pub fn export(&self, owner: &Owner, id: &CeremonyId) -> Result<Exported, CeremonyError> {
        let stored = self.owned(owner, id)?;
        if stored.release != Release::Export {
            return Err(CeremonyError::Unusable(
                "the signatures of this ceremony are not returned: its holders were asked to sign what is \
                 submitted here; start one that is signed beforehand"
                    .into(),
            ));
        }
        let ceremony = self.seen(&stored)?;
        self.check_complete(&ceremony)?;
        let proposal = proposals(&stored, &ceremony)?.into_iter().next();
        let statement = ceremony.statements.into_iter().next();
        let (proposal, statement) = proposal.zip(statement).ok_or(CeremonyError::NotFound)?;
        Ok(Exported {
            statement,
            signatures: proposal.operation.signatures().to_vec(),
            message: proposal.operation.to_message_bytes(),
        })
    }

    /// Cancels a ceremony, and deletes its signatures. Its owner may as long as it is open, the holder of a link during
    /// its cooling period. A repeated request changes nothing.
    ///
    /// # Errors
    /// [`CeremonyError::NotWithThisLink`]; [`CeremonyError::Closed`] when it is over otherwise.
    pub async fn cancel(&self, via: CeremonyAccess<'_>) -> Result<Ceremony, CeremonyError> {
        let (found, _) = self.found(via)?;
        let _turn = self.registrar.turns.of(&found.did).await;
        let (stored, reach) = self.found(via)?;
        let ceremony = self.seen(&stored)?;
        if let State::Cancelled { .. } = ceremony.state {
            return Ok(ceremony);
        }
        check_open(&ceremony.state)?;
        let cooling = matches!(ceremony.state, State::Complete { commit_from_ms } if self.now_ms() < commit_from_ms);
        if reach != Reach::Owner && !cooling {
            return Err(CeremonyError::NotWithThisLink(
                "with a link a ceremony can be cancelled only during its cooling period; refuse to sign instead",
            ));
        }
        self.rows.cancel(&stored.id, self.now_ms()).await?;
        self.read(via)
    }

    fn check_complete(&self, ceremony: &Ceremony) -> Result<(), CeremonyError> {
        check_open(&ceremony.state)?;
        match ceremony.state {
            State::Collecting | State::Refused => Err(incomplete(ceremony)),
            State::Complete { commit_from_ms } if self.now_ms() < commit_from_ms => {
                Err(CeremonyError::Cooling {
                    until_ms: commit_from_ms,
                })
            }
            _ => Ok(()),
        }
    }

    /// Submits, noting down a create before and its DID after, as every create does.
    async fn submit(
        &self,
        stored: &Stored,
        ledger: &dyn Ledger,
        proposals: Vec<Proposal>,
    ) -> Result<(), CeremonyError> {
        let rows = &self.registrar.rows;
        let pending = pending(stored);
        if let Some(pending) = &pending {
            rows.begin(pending.clone()).await?;
        }
        let result = match stored.basis {
            Basis::Version(head) => ledger.submit_on(head, proposals).await,
            Basis::Absent | Basis::Authority(_) => ledger.submit(proposals).await,
        };
        if let Some(pending) = pending {
            match &result {
                Ok(_) => rows.confirm(pending).await?,
                // It may have been accepted: the next start will know.
                Err(SubmitError::Unknown) => {}
                Err(_) => rows.forget(pending).await?,
            }
        }
        match result {
            Ok(_) => Ok(()),
            Err(error) => {
                if let SubmitError::Rejected { rejection, .. } = &error {
                    self.rows
                        .rejected(&stored.id, rejection.to_string())
                        .await?;
                }
                Err(CeremonyError::of_submission(error))
            }
        }
    }

    /// A create that another submission brought into the log meanwhile is this tenant's, too.
    async fn list_created(&self, stored: &Stored) -> Result<(), CeremonyError> {
        match pending(stored) {
            Some(pending) => Ok(self.registrar.rows.adopt(pending).await?),
            None => Ok(()),
        }
    }
}

fn incomplete(ceremony: &Ceremony) -> CeremonyError {
    let (mut missing, mut refused) = (Vec::new(), Vec::new());
    for slot in &ceremony.slots {
        let method = match &slot.keys {
            SlotKeys::Method { method, .. } => Some(method),
            SlotKeys::AnyOf(_) => None,
        };
        let name = slot_name(&slot.signer, method);
        match slot.state {
            SlotState::Missing | SlotState::Requested => missing.push(name),
            SlotState::Refused { .. } => {
                missing.push(name.clone());
                refused.push(name);
            }
            SlotState::Signed { .. } | SlotState::NotNeeded => {}
        }
    }
    for list in [&mut missing, &mut refused] {
        list.sort();
        list.dedup();
    }
    CeremonyError::Incomplete { missing, refused }
}

/// The statements with the signatures that count.
fn proposals(stored: &Stored, ceremony: &Ceremony) -> Result<Vec<Proposal>, CeremonyError> {
    let mut proposals = Vec::with_capacity(stored.statements.len());
    for (position, statement) in stored.statements.iter().enumerate() {
        let slots = stored.slots.iter().zip(&ceremony.slots);
        let signatures = slots.filter_map(|(stored, slot)| {
            let counts =
                slot.statement == position && matches!(slot.state, SlotState::Signed { .. });
            let signed = stored.signed.as_ref().filter(|_| counts)?;
            Some(Signature {
                method: signed.method.clone(),
                bytes: signed.bytes.clone()?,
            })
        });
        proposals.push(statement.signed(infos(signatures))?);
    }
    Ok(proposals)
}

/// The note of a create that a tenant's ceremony is about to submit.
fn pending(stored: &Stored) -> Option<Pending> {
    let create = stored
        .statements
        .first()
        .filter(|statement| statement.kind == OperationKind::Create)?;
    Some(Pending {
        tenant: stored.owner.tenant()?.to_owned(),
        did: stored.did.to_string(),
        version_id: create.version_id.clone(),
        network: stored.network.clone(),
        created_ms: i64::try_from(stored.started_ms).unwrap_or(i64::MAX),
    })
}
