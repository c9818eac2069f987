//! A last change and the deactivation of a DID, in one submission: both are accepted, or neither is.

use did::{Did, DidState, Head, Status};
use ledger::SubmitError;

use crate::create::judged;
use crate::deactivate::VALID_FOR;
use crate::signing::Named;
use crate::update::{SignedUpdate, UpdateSigning, live};
use crate::{
    BoundScope, Change, Deactivated, DeactivatedBy, Edits, Registrar, RegistrarError, SigningKeys,
    SigningPermit,
};

impl Registrar {
    /// Changes a document and deactivates its DID with it. The complete set of the old document signs the change, that
    /// of the new one the deactivation.
    ///
    /// # Errors
    /// [`RegistrarError::Incomplete`] names the keys that have not signed, [`RegistrarError::Deactivated`] is returned
    /// for a DID that was deactivated before; [`RegistrarError::PermitDenied`].
    pub async fn update_and_deactivate(
        &self,
        tenant: &str,
        did: &Did,
        edits: Edits,
        mut permit: SigningPermit,
    ) -> Result<Deactivated, RegistrarError> {
        let ledger = self.ledger_of_owned(tenant, did)?;
        let named = Named::of(SigningKeys::AllCustodial)?;
        let _turn = self.turns.of(did).await;
        let state = live(ledger, did)?;
        let signing = UpdateSigning {
            tenant,
            ledger,
            named: &named,
            permit: &mut permit,
        };
        let change = Change::Edits(edits);
        let SignedUpdate {
            operation: update,
            document,
            drafts,
            without_key,
        } = self.signed_update(signing, &state, change).await?;
        // The deactivation cannot be bound to a leaf: the one that it follows is not written yet.
        let changed = DidState {
            document,
            status: Status::Active,
            head: Head::UNWRITTEN,
        };
        let prepared = self.prepared(ledger, &changed, BoundScope::Authority, VALID_FOR)?;
        let signers = self.signers_of_deactivation(tenant, &prepared.required, &named, &drafts)?;
        let signatures = signers.sign(&mut permit, prepared.statement()).await?;
        let proposals = vec![update.into(), prepared.signed(signatures)?];
        if !drafts.is_empty() {
            judged(ledger, &proposals, &without_key)?;
            self.keep(drafts).await?;
        }
        permit.to_submit().await?;
        match ledger.submit(proposals).await {
            Ok(_) => Ok(Deactivated {
                did: did.clone(),
                version_id: prepared.version_id,
                deactivated_by: DeactivatedBy::ThisRequest,
            }),
            Err(SubmitError::Rejected { rejection, .. }) => {
                let now = ledger.state(did)?;
                if now.is_none_or(|now| now.head != state.head) {
                    return Err(RegistrarError::Busy);
                }
                Err(RegistrarError::refused(rejection, &without_key))
            }
            Err(error) => Err(error.into()),
        }
    }
}
