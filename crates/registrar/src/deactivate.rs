//! The end of a DID: the complete set signs, or nothing happens.

use did::{
    Code, Did, IncompleteSet, Kind, MethodId, Operation, PublicKey, Rejection, RequiredSet,
    Signature, Status, proto,
};
use ledger::{Ledger, SubmitError};
use prost::Message;

use crate::error::Unsigned;
use crate::registrar::random_uuid;
use crate::signing::{Named, infos};
use crate::{Deactivate, Deactivated, Ending, Registrar, RegistrarError};

/// How often an end is prepared again because the document changed while it was being signed.
const ATTEMPTS_MAX: usize = 3;

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
        let did = request.did;
        let ledger = self.ledger_of_owned(tenant, &did)?;
        let named = Named::of(request.keys)?;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let state = ledger
                .state(&did)?
                .ok_or_else(|| RegistrarError::NotFound(did.clone()))?;
            if state.status == Status::Deactivated {
                named.check_owned(&self.keystore, tenant)?;
                return ended_before(&ledger, did);
            }
            let required = RequiredSet::of(&state.document, &mut ledger.known())??;
            let operation = self.signed_end(tenant, &did, &required, &named)?;
            match ledger.submit(vec![operation.into()]).await {
                Ok(committed) => return ended_now(committed, did),
                Err(SubmitError::Rejected { rejection, .. }) if is_end_of(&rejection, &did) => {
                    return ended_before(&ledger, did);
                }
                Err(SubmitError::Rejected { rejection, .. })
                    if is_about_signatures(&rejection) && attempt < ATTEMPTS_MAX => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn signed_end(
        &self,
        tenant: &str,
        did: &Did,
        required: &RequiredSet,
        named: &Named,
    ) -> Result<Operation, RegistrarError> {
        let payload = proto::MsgDeactivateDidDocPayload {
            id: did.to_string(),
            version_id: random_uuid(),
        };
        let payload = payload.encode_to_vec();
        let chosen = self.choose(tenant, required, named)?;
        let signatures = match self
            .keystore
            .sign_all(tenant, &chosen.keys, &payload)
            .map_err(Unsigned::from)
        {
            Ok(signatures) if chosen.is_whole() => signatures,
            Ok(signatures) => self.explain(
                tenant,
                required,
                named,
                &payload,
                signatures,
                chosen.surplus,
            )?,
            Err(Unsigned::NotHeld(missing)) => {
                let mut held = chosen.keys;
                held.retain(|(method, _)| !missing.contains(method));
                let signatures = self.keystore.sign_all(tenant, &held, &payload);
                let signatures = signatures.map_err(|error| match Unsigned::from(error) {
                    Unsigned::Failed(error) => error,
                    Unsigned::NotHeld(_) => RegistrarError::Busy,
                })?;
                self.explain(
                    tenant,
                    required,
                    named,
                    &payload,
                    signatures,
                    chosen.surplus,
                )?
            }
            Err(Unsigned::Failed(error)) => return Err(error),
        };
        Ok(Operation::parse(
            Kind::Deactivate,
            &payload,
            infos(signatures),
        )?)
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
        required: &RequiredSet,
        named: &Named,
        payload: &[u8],
        signatures: Vec<Signature>,
        surplus: Vec<String>,
    ) -> Result<Vec<Signature>, RegistrarError> {
        named.check_owned(&self.keystore, tenant)?;
        let mut lacks = required
            .complete(payload, &signatures)
            .err()
            .unwrap_or_default();
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
