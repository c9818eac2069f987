//! The end of a DID: the complete set signs, or nothing happens.

use std::time::Duration;

use did::{
    Code, Did, IncompleteSet, MethodId, Proposal, PublicKey, Rejection, RequiredSet, Signature,
};
use ledger::{Ledger, SubmitError};

use crate::error::Unsigned;
use crate::prepare::Prepared;
use crate::signing::Named;
use crate::{Deactivate, Deactivated, Ending, Registrar, RegistrarError};

/// How often an end is prepared again because the document changed while it was being signed.
const ATTEMPTS_MAX: usize = 3;

/// How long at least a statement that is signed here stays good: it is submitted at once.
const VALID_FOR: Duration = Duration::from_secs(60);

impl Registrar {
    /// Ends a DID, signed by the complete set. Of a DID that has ended already it answers with that end.
    ///
    /// # Errors
    /// [`RegistrarError::Incomplete`] names every method whose key is not held or was not among those named.
    pub async fn deactivate(
        &self,
        tenant: &str,
        request: Deactivate,
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
                    return ended_before(&ledger, did);
                }
                Err(error) => return Err(error),
            };
            let proposal = self.signed_end(tenant, &prepared, &named)?;
            match ledger.submit(vec![proposal]).await {
                Ok(committed) => return ended_now(committed, did),
                Err(SubmitError::Rejected { rejection, .. }) if is_end_of(&rejection, &did) => {
                    return ended_before(&ledger, did);
                }
                Err(SubmitError::Rejected { rejection, .. }) => {
                    let outdated = prepared.is_outdated(&ledger)?;
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

    fn signed_end(
        &self,
        tenant: &str,
        prepared: &Prepared,
        named: &Named,
    ) -> Result<Proposal, RegistrarError> {
        let mut chosen = self.choose(tenant, &prepared.required, named)?;
        let sign = |keys: &[(MethodId, PublicKey)]| {
            let signed = self.keystore.sign_all(tenant, keys, &prepared.payload);
            signed.map_err(Unsigned::from)
        };
        let signatures = match sign(&chosen.keys) {
            Err(Unsigned::NotHeld(missing)) => {
                chosen.keys.retain(|(method, _)| !missing.contains(method));
                chosen.open += missing.len();
                sign(&chosen.keys)
            }
            signed => signed,
        };
        let mut signatures = signatures.map_err(|error| match error {
            Unsigned::Failed(error) => error,
            Unsigned::NotHeld(_) => RegistrarError::Busy,
        })?;
        if !chosen.is_whole() {
            signatures = self.explain(tenant, prepared, named, signatures, chosen.surplus)?;
        }
        Ok(prepared.signed(signatures)?)
    }

    /// The keys that are to sign, of those that the set asks for.
    fn choose(
        &self,
        tenant: &str,
        required: &RequiredSet,
        named: &Named,
    ) -> Result<Chosen, RegistrarError> {
        let mut chosen = Chosen {
            keys: Vec::new(),
            surplus: Vec::new(),
            open: 0,
        };
        for (method, key) in required.methods() {
            if named.allows(key) {
                chosen.keys.push((method.clone(), key.clone()));
            } else {
                chosen.open += 1;
            }
        }
        for (_, methods) in required.signers() {
            let before = chosen.keys.len();
            for (method, key) in methods {
                let signs = if named.are_given() {
                    named.allows(key)
                } else {
                    // One is enough for each.
                    chosen.keys.len() == before
                        && self.keystore.find(tenant, &key.to_hex())?.is_some()
                };
                if signs {
                    chosen.keys.push((method.clone(), key.clone()));
                }
            }
            if chosen.keys.len() == before {
                chosen.open += 1;
            }
        }
        chosen.surplus = named.besides(chosen.keys.iter().map(|(_, key)| key));
        Ok(chosen)
    }

    /// Says, in the words of the rules, what a set lacks; gives it back if it lacks nothing.
    fn explain(
        &self,
        tenant: &str,
        prepared: &Prepared,
        named: &Named,
        signatures: Vec<Signature>,
        surplus: Vec<String>,
    ) -> Result<Vec<Signature>, RegistrarError> {
        named.check_owned(&self.keystore, tenant)?;
        let complete = prepared.required.complete(&prepared.payload, &signatures);
        let mut lacks = complete.err().unwrap_or_default();
        lacks.unexpected.extend(surplus);
        if lacks == IncompleteSet::default() {
            Ok(signatures)
        } else {
            Err(RegistrarError::incomplete(lacks))
        }
    }
}

struct Chosen {
    keys: Vec<(MethodId, PublicKey)>,
    /// Named keys that nobody asks for.
    surplus: Vec<String>,
    /// Places of the set for which no key is there.
    open: usize,
}

impl Chosen {
    fn is_whole(&self) -> bool {
        self.surplus.is_empty() && self.open == 0
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

fn ended_before(ledger: &Ledger, did: Did) -> Result<Deactivated, RegistrarError> {
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
