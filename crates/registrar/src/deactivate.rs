//! Deactivating a DID: the complete set signs, or nothing happens.

use std::time::Duration;

use did::{Did, IncompleteSet, Rejection, RejectionCode, RequiredSet};
use keystore::DraftKey;
use ledger::{Ledger, SubmitError};

use crate::signing::{Breadth, Named, Signers, Signs};
use crate::{Deactivate, Deactivated, DeactivatedBy, Registrar, RegistrarError, SigningPermit};

/// How often a deactivation is prepared again because the document changed while it was being signed.
const ATTEMPTS_MAX: usize = 3;

/// How long at least a statement that is signed here stays good: it is submitted at once.
pub(crate) const VALID_FOR: Duration = Duration::from_secs(60);

impl Registrar {
    /// Deactivates a DID, signed by the complete set. For a deactivated DID it returns the earlier deactivation, which
    /// needs no permit.
    ///
    /// # Errors
    /// [`RegistrarError::Incomplete`] names every method whose key is not custodial or was not named;
    /// [`RegistrarError::PermitDenied`].
    pub async fn deactivate(
        &self,
        tenant: &str,
        request: Deactivate,
        mut permit: SigningPermit,
    ) -> Result<Deactivated, RegistrarError> {
        let Deactivate { did, keys, scope } = request;
        let ledger = self.ledger_of_owned(tenant, &did)?;
        let named = Named::of(keys)?;
        let _turn = self.turns.of(&did).await;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let prepared = match self.prepare_deactivation(&did, scope, VALID_FOR) {
                Ok(prepared) => prepared,
                Err(RegistrarError::Deactivated(_)) => {
                    named.check_owned(&self.keystore, tenant)?;
                    return deactivated_before(ledger, did);
                }
                Err(error) => return Err(error),
            };
            let signers = self.signers_of_deactivation(tenant, &prepared.required, &named, &[])?;
            let signatures = signers.sign(&mut permit, prepared.statement()).await?;
            let proposal = prepared.signed(signatures)?;
            permit.to_submit().await?;
            match ledger.submit(vec![proposal]).await {
                Ok(committed) => return deactivated_now(committed, did),
                Err(SubmitError::Rejected { rejection, .. })
                    if is_deactivation_of(&rejection, &did) =>
                {
                    return deactivated_before(ledger, did);
                }
                Err(SubmitError::Rejected { rejection, .. }) => {
                    let outdated = prepared.is_outdated(ledger)?;
                    let passing = outdated || rejection.code().is_about_signatures();
                    match (passing && attempt < ATTEMPTS_MAX, outdated) {
                        (true, _) => {}
                        (false, true) => return Err(RegistrarError::Busy),
                        (false, false) => return Err(rejection.into()),
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The keys that are to sign: the whole set, or an error that names what it lacks, and nothing is signed.
    pub(crate) fn signers_of_deactivation<'a>(
        &'a self,
        tenant: &'a str,
        required: &RequiredSet,
        named: &'a Named,
        drafts: &'a [DraftKey],
    ) -> Result<Signers<'a>, RegistrarError> {
        let mut signers = Signers::new(&self.keystore, tenant, named).with(drafts);
        let mut lacks = IncompleteSet::default();
        let signs = signers.add(required.methods())?;
        for ((method, _), signs) in required.methods().zip(signs) {
            if signs == Signs::No {
                lacks.missing.push(method.to_string());
            }
        }
        // One is enough for each, but every named key signs.
        let breadth = if named.are_given() {
            Breadth::All
        } else {
            Breadth::One
        };
        for (did, methods) in required.signers() {
            if signers.add_some(breadth, methods.iter())? == Signs::No {
                lacks.missing.push(did.to_string());
            }
        }
        lacks.unexpected = signers.unused();
        if lacks.is_empty() {
            return Ok(signers);
        }
        named.check_owned(&self.keystore, tenant)?;
        lacks.missing.sort();
        lacks.missing.dedup();
        Err(Rejection::from(lacks).into())
    }
}

fn deactivated_now(
    committed: Vec<ledger::Committed>,
    did: Did,
) -> Result<Deactivated, RegistrarError> {
    match committed.into_iter().next() {
        Some(end) => Ok(Deactivated {
            did,
            version_id: end.version_id,
            deactivated_by: DeactivatedBy::ThisRequest,
        }),
        None => Err(RegistrarError::Ledger(SubmitError::Unknown)),
    }
}

fn deactivated_before(ledger: &dyn Ledger, did: Did) -> Result<Deactivated, RegistrarError> {
    match ledger.latest(&did)? {
        Some(latest) => Ok(Deactivated {
            did,
            version_id: latest.version_id,
            deactivated_by: DeactivatedBy::EarlierRequest,
        }),
        None => Err(RegistrarError::NotFound(did)),
    }
}

fn is_deactivation_of(rejection: &Rejection, did: &Did) -> bool {
    rejection.code() == RejectionCode::DidDocDeactivated && rejection.description() == did.as_str()
}
