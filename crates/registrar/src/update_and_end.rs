//! A last change and the end of a DID, in one submission: both are accepted, or neither is.

use did::{Did, DidState, Head, Status};
use ledger::SubmitError;

use crate::create::judged;
use crate::deactivate::VALID_FOR;
use crate::signing::Named;
use crate::update::{SignedUpdate, UpdateSigning, live};
use crate::{
    BoundScope, Change, Deactivated, Edits, Ending, Leave, Registrar, RegistrarError, SigningKeys,
};

impl Registrar {
    /// Changes a document and ends its DID with it. The complete sets of both documents sign: that of the old one the
    /// change, that of the new one the end.
    ///
    /// # Errors
    /// [`RegistrarError::Incomplete`] names whoever has not signed, [`RegistrarError::Deactivated`] says that the DID
    /// has ended before; [`RegistrarError::NoLeave`].
    pub async fn update_and_deactivate(
        &self,
        tenant: &str,
        did: &Did,
        edits: Edits,
        mut leave: Leave,
    ) -> Result<Deactivated, RegistrarError> {
        let ledger = self.ledger_of_owned(tenant, did)?;
        let named = Named::of(SigningKeys::AllHeld)?;
        let _turn = self.turns.of(did).await;
        let state = live(ledger, did)?;
        let signing = UpdateSigning {
            tenant,
            ledger,
            named: &named,
            leave: &mut leave,
        };
        let change = Change::Edits(edits);
        let SignedUpdate {
            operation: update,
            document,
            drafts,
            unheld,
        } = self.signed_update(signing, &state, change).await?;
        // The end can be bound to no leaf: the one that it follows is not written yet.
        let changed = DidState {
            document,
            status: Status::Active,
            head: Head::UNWRITTEN,
        };
        let prepared = self.prepared(ledger, &changed, BoundScope::Authority, VALID_FOR)?;
        let signers = self.signers_of_end(tenant, &prepared.required, &named, &drafts)?;
        let signatures = signers.sign(&mut leave, prepared.statement()).await?;
        let proposals = vec![update.into(), prepared.signed(signatures)?];
        if !drafts.is_empty() {
            judged(ledger, &proposals, &unheld)?;
            self.keep(drafts).await?;
        }
        leave.to_submit().await?;
        match ledger.submit(proposals).await {
            Ok(_) => Ok(Deactivated {
                did: did.clone(),
                version_id: prepared.version_id,
                ending: Ending::Now,
            }),
            Err(SubmitError::Rejected { rejection, .. }) => {
                let now = ledger.state(did)?;
                if now.is_none_or(|now| now.head != state.head) {
                    return Err(RegistrarError::Busy);
                }
                Err(RegistrarError::refused(rejection, &unheld))
            }
            Err(error) => Err(error.into()),
        }
    }
}
