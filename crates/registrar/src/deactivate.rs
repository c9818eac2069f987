//! The end of a DID: the complete set signs, or nothing happens.

use std::time::Duration;

use did::{Code, Did, IncompleteSet, Rejection, RequiredSet};
use keystore::DraftKey;
use ledger::{Ledger, SubmitError};

use crate::signing::{Breadth, Named, Signers, Signs};
use crate::{Deactivate, Deactivated, Ending, Leave, Registrar, RegistrarError};

/// How often an end is prepared again because the document changed while it was being signed.
const ATTEMPTS_MAX: usize = 3;

/// How long at least a statement that is signed here stays good: it is submitted at once.
pub(crate) const VALID_FOR: Duration = Duration::from_secs(60);

impl Registrar {
    /// Ends a DID, signed by the complete set. Of a DID that has ended already it answers with that end, for which no
    /// leave is needed.
    ///
    /// # Errors
    /// [`RegistrarError::Incomplete`] names every method whose key is not held or was not among those named;
    /// [`RegistrarError::NoLeave`].
    pub async fn deactivate(
        &self,
        tenant: &str,
        request: Deactivate,
        mut leave: Leave,
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
                    return ended_before(ledger, did);
                }
                Err(error) => return Err(error),
            };
            let signers = self.signers_of_end(tenant, &prepared.required, &named, &[])?;
            let signatures = signers.sign(&mut leave, prepared.statement()).await?;
            let proposal = prepared.signed(signatures)?;
            leave.to_submit().await?;
            match ledger.submit(vec![proposal]).await {
                Ok(committed) => return ended_now(committed, did),
                Err(SubmitError::Rejected { rejection, .. }) if is_end_of(&rejection, &did) => {
                    return ended_before(ledger, did);
                }
                Err(SubmitError::Rejected { rejection, .. }) => {
                    let outdated = prepared.is_outdated(ledger)?;
                    let passing = outdated || is_about_signatures(&rejection);
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
    pub(crate) fn signers_of_end<'a>(
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
        // One is enough for each, but whoever is named signs.
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
        if lacks == IncompleteSet::default() {
            return Ok(signers);
        }
        named.check_owned(&self.keystore, tenant)?;
        lacks.missing.sort();
        lacks.missing.dedup();
        Err(RegistrarError::incomplete(lacks))
    }
}

fn ended_now(committed: Vec<ledger::Committed>, did: Did) -> Result<Deactivated, RegistrarError> {
    match committed.into_iter().next() {
        Some(end) => Ok(Deactivated {
            did,
            version_id: end.version_id,
            ending: Ending::Now,
        }),
        None => Err(RegistrarError::Ledger(SubmitError::Unknown)),
    }
}

fn ended_before(ledger: &dyn Ledger, did: Did) -> Result<Deactivated, RegistrarError> {
    match ledger.latest(&did)? {
        Some(latest) => Ok(Deactivated {
            did,
            version_id: latest.version_id,
            ending: Ending::Before,
        }),
        None => Err(RegistrarError::NotFound(did)),
    }
}

fn is_end_of(rejection: &Rejection, did: &Did) -> bool {
    rejection.code() == Code::DidDocDeactivated && rejection.description() == did.as_str()
}

fn is_about_signatures(rejection: &Rejection) -> bool {
    matches!(
        rejection.code(),
        Code::SignatureNotFound | Code::InvalidSignature | Code::VerificationMethodNotFound
    )
}
